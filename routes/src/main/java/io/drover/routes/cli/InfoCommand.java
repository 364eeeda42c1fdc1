package io.drover.routes.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.drover.converter.error.ImportException;
import io.drover.converter.error.Printable;
import io.drover.converter.object.ObjectStore;
import io.drover.converter.qcow2.Qcow2Facts;
import io.drover.converter.reader.ImageDescription;
import io.drover.converter.reader.ImageOpener;
import io.drover.converter.storage.RandomAccessSource;
import io.drover.routes.config.ByteSize;
import io.drover.routes.config.Settings;
import io.drover.routes.request.ImportTerms;
import io.drover.routes.request.SourceName;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code drover info}: safe on any file, since nothing that the image names is opened. */
@Command(
    name = "info",
    mixinStandardHelpOptions = true,
    description = {
      "Say what an image is, and whether it would be imported.",
      "Ends with exit code 3, and the reason on stderr, if it would be refused."
    })
final class InfoCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private CommonOptions common;
  @Mixin private ReadOptions reading;

  @Parameters(
      paramLabel = "SOURCE",
      description = "Path of the image, s3://bucket/key, or an http(s) URL")
  private String source;

  @Option(
      names = "--output",
      paramLabel = "human|json",
      description = "json: the names of qemu-img info")
  private Output output = Output.HUMAN;

  @Override
  public Integer call() throws Exception {
    Settings settings = reading.apply(common.settings());
    SourceName name = new SourceName(source);
    ImageDescription description;
    try (ObjectStore store = CommonOptions.storeFor(name, settings);
        RandomAccessSource file = ReadOptions.open(name, store)) {
      description = ImageOpener.describe(file, reading.format(name), ImportTerms.policy(settings));
    }
    PrintWriter out = spec.commandLine().getOut();
    Map<String, Object> fields = fields(description);
    if (output == Output.JSON) {
      out.println(new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(fields));
    } else {
      print(fields, out, "");
    }
    out.flush();
    if (description.refusal().isEmpty()) {
      return 0;
    }
    ImportException refusal = description.refusal().get();
    spec.commandLine().getErr().println(refusal.code() + ": " + refusal.getMessage());
    return refusal.outcome().exitCode();
  }

  private Map<String, Object> fields(ImageDescription description) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("filename", Printable.text(new SourceName(source).shown(), 1024));
    fields.put("format", description.format().label());
    if (description.virtualSize() != ImageDescription.UNKNOWN) {
      fields.put("virtual-size", description.virtualSize());
    }
    fields.put("file-size", description.fileSize());
    description.qcow2().ifPresent(facts -> qcow2(facts, fields));
    if (!description.warnings().isEmpty()) {
      fields.put("warnings", description.warnings());
    }
    description
        .refusal()
        .ifPresent(
            refusal -> {
              Map<String, Object> error = new LinkedHashMap<>();
              error.put("code", refusal.code().name());
              error.put("message", refusal.getMessage());
              if (refusal.offset() != ImportException.NO_OFFSET) {
                error.put("offset", refusal.offset());
              }
              fields.put("refusal", error);
            });
    return fields;
  }

  private static void qcow2(Qcow2Facts facts, Map<String, Object> fields) {
    known(fields, "cluster-size", facts.clusterSize());
    fields.put("encrypted", facts.encrypted());
    fields.put("dirty-flag", facts.dirty());
    facts.backingFile().ifPresent(name -> fields.put("backing-filename", name));
    facts.backingFormat().ifPresent(name -> fields.put("backing-filename-format", name));
    known(fields, "snapshots", facts.snapshots());
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("compat", facts.version() == 2 ? "0.10" : facts.version() == 3 ? "1.1" : "unknown");
    data.put("compression-type", facts.compressionType());
    known(data, "refcount-bits", facts.refcountBits());
    data.put("lazy-refcounts", facts.lazyRefcounts());
    data.put("corrupt", facts.corrupt());
    data.put("extended-l2", facts.extendedL2());
    facts.dataFile().ifPresent(name -> data.put("data-file", name));
    facts.dataFile().ifPresent(name -> data.put("data-file-raw", facts.rawDataFile()));
    data.put("extensions", facts.extensions());
    facts
        .counts()
        .ifPresent(
            counts -> {
              Map<String, Object> clusters = new LinkedHashMap<>();
              clusters.put("data", counts.data());
              clusters.put("zero", counts.zero());
              clusters.put("compressed", counts.compressed());
              data.put("clusters", clusters);
            });
    Map<String, Object> specific = new LinkedHashMap<>();
    specific.put("type", "qcow2");
    specific.put("data", data);
    fields.put("format-specific", specific);
  }

  private static void known(Map<String, Object> fields, String name, long value) {
    if (value != Qcow2Facts.UNKNOWN) {
      fields.put(name, value);
    }
  }

  private static void print(Map<?, ?> fields, PrintWriter out, String indent) {
    fields.forEach(
        (name, value) -> {
          if (value instanceof Map<?, ?> inner) {
            out.println(indent + name + ":");
            print(inner, out, indent + "    ");
          } else if (value instanceof Long bytes && name.toString().endsWith("size")) {
            out.printf("%s%s: %s (%d bytes)%n", indent, name, ByteSize.print(bytes), bytes);
          } else {
            out.println(indent + name + ": " + value);
          }
        });
  }
}
