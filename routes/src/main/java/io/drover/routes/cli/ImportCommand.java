package io.drover.routes.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.drover.converter.error.Printable;
import io.drover.converter.http.AddressPolicy;
import io.drover.converter.imports.Destination;
import io.drover.converter.imports.ImportOptions;
import io.drover.converter.imports.ImportRequest;
import io.drover.converter.imports.Importer;
import io.drover.converter.manifest.Manifest;
import io.drover.converter.manifest.ManifestJson;
import io.drover.converter.object.ObjectStore;
import io.drover.routes.app.DroverApp;
import io.drover.routes.config.ByteSize;
import io.drover.routes.config.Key;
import io.drover.routes.config.Settings;
import io.drover.routes.request.ImportTerms;
import io.drover.routes.request.SourceName;
import io.drover.routes.request.WantedImport;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code drover import}: one import, on the same route as all others. */
@Command(
    name = "import",
    mixinStandardHelpOptions = true,
    description = "Import one image.",
    footer = {
      "",
      "Example:",
      "  drover import ubuntu.qcow2 s3://images/ubuntu/",
      "  drover import -f raw -o cluster_size=1M disk.bin s3://images/disk/ --output json"
    })
final class ImportCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private CommonOptions common;
  @Mixin private ReadOptions reading;
  @Mixin private TransferOptions transfer;
  @Mixin private ProgressOptions progress;

  @Parameters(
      paramLabel = "SOURCE",
      description =
          "Path of the image, s3://bucket/key, an http(s) URL, or - for a raw disk on"
              + " standard input")
  private String source;

  @Parameters(paramLabel = "DESTINATION", description = "s3://bucket/prefix/")
  private String destination;

  @Option(
      names = "--output",
      paramLabel = "human|json",
      description = "Result on stdout; json: the manifest")
  private Output output = Output.HUMAN;

  @Option(names = "--dry-run", description = "Read metadata only and print the plan")
  private boolean dryRun;

  @Option(
      names = "--checksum",
      paramLabel = "sha256:HEX",
      description = "Digest of the source file; nothing is committed unless it matches")
  private String checksum;

  @Option(names = "--overwrite", description = "Replace a committed import at the destination")
  private boolean overwrite;

  @Option(
      names = "--restart",
      description =
          "Begin anew, where an interrupted import would be continued, and remove what it left")
  private boolean restart;

  @Override
  public Integer call() throws Exception {
    Settings settings = transfer.apply(reading.apply(common.settings()));
    if (dryRun) {
      // a local source needs no server, and no settings of one
      try (ObjectStore sources = CommonOptions.storeFor(new SourceName(source), settings)) {
        printPlan(Importer.dryRun(request(settings, sources)));
      }
      return 0;
    }
    ObjectStore store = CommonOptions.store(settings);
    ImportRequest request = request(settings, store);
    long started = System.nanoTime();
    Manifest manifest = run(settings, store, request);
    printResult(manifest, request, System.nanoTime() - started);
    return 0;
  }

  @SuppressWarnings(
      "try") // the bar and the hook are there while the import runs; nobody calls them
  private Manifest run(Settings settings, ObjectStore store, ImportRequest request)
      throws Exception {
    try (DroverApp app = DroverApp.start(settings, store);
        Interruption interruption = Interruption.of(app, settings.duration(Key.GRACE_PERIOD));
        ProgressBar bar = bar(app)) {
      return app.run(request);
    }
  }

  private ProgressBar bar(DroverApp app) {
    return progress.wanted()
        ? ProgressBar.start(app.active(), spec.commandLine().getErr(), Terminal.stderrIsOne())
        : ProgressBar.NONE;
  }

  private ImportRequest request(Settings settings, ObjectStore store) throws Exception {
    SourceName name = new SourceName(source);
    Settings changed = ImportTerms.with(settings, transfer.image());
    ImportOptions importOptions =
        ImportTerms.options(
            changed,
            ImportTerms.checksum(checksum),
            overwrite ? ImportOptions.Existing.OVERWRITE : ImportOptions.Existing.REFUSE);
    WantedImport wanted =
        new WantedImport(
            name,
            reading.format(name),
            Destination.parse(destination),
            importOptions.withRestart(restart),
            ImportTerms.policy(settings),
            // whoever types an address can reach it anyway
            AddressPolicy.ANY);
    return wanted.request(wanted.id(), store);
  }

  private void printPlan(Importer.DryRun plan) throws Exception {
    PrintWriter out = spec.commandLine().getOut();
    if (output == Output.JSON) {
      out.println(new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(plan));
      return;
    }
    out.printf("%s (%s), a plan only%n", plan.source(), plan.format());
    out.printf("  to            %s%n", plan.destination());
    out.printf(
        "  virtual size  %s (%d bytes)%n", ByteSize.print(plan.virtualSize()), plan.virtualSize());
    out.printf("  data          %s that must be read%n", ByteSize.print(plan.bytes().data()));
    out.printf(
        "  parts         %d to send, %d zero, %d to reuse%n",
        plan.parts().upload(), plan.parts().zero(), plan.parts().reuse());
    out.printf(
        "  to send       %s%s%n",
        ByteSize.print(plan.bytes().sent()),
        plan.upperBound() ? " at most: zeros are found while reading, and not sent" : "");
    out.printf("  requests      %d%n", plan.requests());
    plan.warnings().forEach(warning -> out.printf("  warning       %s%n", warning));
  }

  private void printResult(Manifest manifest, ImportRequest request, long nanos) throws Exception {
    if (progress.quiet() && output != Output.JSON) {
      return;
    }
    PrintWriter out = spec.commandLine().getOut();
    if (output == Output.JSON) {
      out.print(new String(ManifestJson.write(manifest), StandardCharsets.UTF_8));
      out.flush();
      return;
    }
    double seconds = nanos / 1e9;
    out.printf(
        Locale.ROOT,
        "imported %s: %s in %.1f s%n",
        Printable.text(request.source()),
        ByteSize.print(manifest.disk().virtualSize()),
        seconds);
    out.printf("  data      %s%n", request.destination().data().uri());
    out.printf("  metadata  %s%n", request.destination().metadata().uri());
    out.printf("  manifest  %s%n", request.destination().manifest().uri());
    out.printf("  digest    %s%n", manifest.disk().digest());
    out.printf(
        "  bytes     %s data, %s zeros, %s sent%n",
        ByteSize.print(manifest.bytes().data()),
        ByteSize.print(manifest.bytes().zero()),
        ByteSize.print(manifest.bytes().sent()));
    manifest.warnings().forEach(warning -> out.printf("  warning   %s%n", warning));
    out.printf("open it with: drover boot %s%n", request.destination().uri());
  }
}
