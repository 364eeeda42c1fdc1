package io.drover.routes.cli;

import io.drover.converter.export.ExportFormat;
import io.drover.converter.export.Exporter;
import io.drover.converter.imports.Destination;
import io.drover.converter.object.ObjectStore;
import io.drover.converter.verify.CommittedDisk;
import io.drover.routes.config.ByteSize;
import io.drover.routes.config.ConfigException;
import io.drover.routes.config.Key;
import io.drover.routes.config.Settings;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintWriter;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code drover export}. */
@Command(
    name = "export",
    mixinStandardHelpOptions = true,
    description = {
      "Write an import to one self-contained file that any tool takes.",
      "Every block is compared with the manifest on its way; the file appears under its name when"
          + " it is complete."
    },
    footer = {
      "",
      "Example:",
      "  drover export s3://images/ubuntu/ ubuntu.qcow2 -c",
      "  drover export s3://images/ubuntu/ - -O raw | dd of=/dev/sdX"
    })
final class ExportCommand implements Callable<Integer> {
  private static final String STDOUT = "-";

  @Spec private CommandSpec spec;
  @Mixin private CommonOptions common;

  @Parameters(
      index = "0",
      paramLabel = "DESTINATION",
      description = "s3://bucket/prefix/ of the import")
  private String destination;

  @Parameters(
      index = "1",
      paramLabel = "FILE",
      description = "File to write, or - for a raw disk on standard output")
  private String file;

  @Option(
      names = {"-O", "--output-format"},
      paramLabel = "qcow2|raw",
      description = "Format of the file; by default its extension declares it")
  private String format;

  @Option(
      names = {"-c", "--compress"},
      description = "Compress the clusters of a qcow2")
  private boolean compress;

  @Option(
      names = "-o",
      paramLabel = "KEY=VALUE",
      split = ",",
      description = "compression_type=zlib|zstd (zlib)")
  private Map<String, String> options = new LinkedHashMap<>();

  @Option(names = "--parallel", paramLabel = "N", description = "Blocks read at a time (4)")
  private String parallel;

  @Option(names = "--overwrite", description = "Replace a file of this name")
  private boolean overwrite;

  @Option(
      names = {"-q", "--quiet"},
      description = "Say nothing but errors")
  private boolean quiet;

  @Override
  public Integer call() throws Exception {
    Settings settings = common.settings().with(Key.PARALLEL, parallel);
    int threads = settings.number(Key.PARALLEL, 1, 1_000);
    Destination source = Destination.parse(destination);
    ExportFormat chosen = format();
    if (file.equals(STDOUT) && chosen != ExportFormat.RAW) {
      throw new ConfigException(
          "standard output takes raw disks only: a qcow2 is written in places");
    }
    try (ObjectStore store = CommonOptions.store(settings)) {
      CommittedDisk disk = CommittedDisk.open(store, source);
      Exporter exporter = new Exporter(disk, threads, progress(disk.virtualSize()));
      if (file.equals(STDOUT)) {
        exporter.toStream(new FileOutputStream(FileDescriptor.out));
      } else {
        exporter.toFile(path(), chosen, overwrite);
      }
      clear();
      if (!quiet && !file.equals(STDOUT)) {
        spec.commandLine()
            .getOut()
            .printf("exported %s to %s, %s%n", source.uri(), file, disk.manifest().disk().digest());
      }
    }
    return 0;
  }

  private Path path() throws ConfigException {
    try {
      return Path.of(file);
    } catch (InvalidPathException e) {
      throw new ConfigException("'" + file + "' is no file name");
    }
  }

  private ExportFormat format() throws ConfigException {
    ExportFormat declared =
        format == null
            ? (file.equals(STDOUT)
                ? ExportFormat.RAW
                : ExportFormat.ofName(file)
                    .orElseThrow(
                        () ->
                            new ConfigException(
                                file + ": the extension is not .raw, .img or .qcow2: say -O")))
            : switch (format) {
              case "raw" -> ExportFormat.RAW;
              case "qcow2" -> ExportFormat.QCOW2;
              default ->
                  throw new ConfigException("-O " + format + ": the formats are raw and qcow2");
            };
    String type = options.getOrDefault("compression_type", "zlib");
    if (options.keySet().stream().anyMatch(key -> !key.equals("compression_type"))
        || !type.matches("zlib|zstd")) {
      throw new ConfigException("-o: the option is compression_type=zlib|zstd");
    }
    if (!compress) {
      return declared;
    }
    if (declared == ExportFormat.RAW) {
      throw new ConfigException("-c: a raw disk has no compression; say -O qcow2");
    }
    return type.equals("zstd") ? ExportFormat.QCOW2_ZSTD : ExportFormat.QCOW2_DEFLATE;
  }

  private LongConsumer progress(long size) {
    if (quiet || !Terminal.stderrIsOne()) {
      return bytes -> {};
    }
    PrintWriter err = spec.commandLine().getErr();
    AtomicLong done = new AtomicLong();
    long started = System.nanoTime();
    return bytes -> {
      long now = done.addAndGet(bytes);
      double seconds = Math.max(0.1, (System.nanoTime() - started) / 1e9);
      synchronized (done) {
        err.printf(
            Locale.ROOT,
            "\r%3d%%  %s/%s · %s/s\u001b[K",
            size == 0 ? 100 : now * 100 / size,
            ByteSize.print(now),
            ByteSize.print(size),
            ByteSize.print(Math.round(now / seconds)));
        err.flush();
      }
    };
  }

  private void clear() {
    if (!quiet && Terminal.stderrIsOne()) {
      spec.commandLine().getErr().print("\r\u001b[K");
      spec.commandLine().getErr().flush();
    }
  }
}
