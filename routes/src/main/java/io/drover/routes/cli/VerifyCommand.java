package io.drover.routes.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.drover.converter.image.DiskImage;
import io.drover.converter.imports.Destination;
import io.drover.converter.object.ObjectStore;
import io.drover.converter.reader.ImageOpener;
import io.drover.converter.verify.Verifier;
import io.drover.converter.verify.VerifyReport;
import io.drover.routes.app.DroverApp;
import io.drover.routes.batch.CommittedScan;
import io.drover.routes.batch.VerifyTreatment;
import io.drover.routes.config.ConfigException;
import io.drover.routes.config.Key;
import io.drover.routes.config.Settings;
import io.drover.routes.report.BatchReport;
import io.drover.routes.request.ImportTerms;
import io.drover.routes.request.SourceName;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code drover verify}. */
@Command(
    name = "verify",
    mixinStandardHelpOptions = true,
    description = {
      "Read an import back and compare it with its manifest; or all of a prefix or a list.",
      "Every block of the disk is compared with its digest, and the metadata is made anew from the"
          + " data and compared, too. The first difference ends it, with its place and exit code 1."
    })
final class VerifyCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private CommonOptions common;
  @Mixin private ReadOptions reading;

  @Parameters(
      paramLabel = "DESTINATION",
      arity = "0..1",
      description =
          "s3://bucket/prefix/ of the import; with --list what was DESTINATION of drover batch")
  private String destination;

  @Option(
      names = {"-r", "--recursive"},
      description = "Verify every import below the prefix, and write a report")
  private boolean recursive;

  @Option(
      names = "--list",
      paramLabel = "LIST",
      description = "Verify the imports of a list of drover batch, and write a report")
  private String list;

  @Option(
      names = {"-j", "--jobs"},
      paramLabel = "N",
      description = "With --recursive or --list: imports at a time (2)")
  private String jobs;

  @Option(
      names = "--report",
      paramLabel = "FILE",
      description =
          "With --recursive or --list: write the report to FILE.html and FILE.json; by default"
              + " drover-verify-report in the working directory; none: no report")
  private String report;

  @Option(names = "--source", paramLabel = "SOURCE", description = "Compare with this image, too")
  private String source;

  @Option(names = "--parallel", paramLabel = "N", description = "Blocks read at a time (4)")
  private String parallel;

  @Option(names = "--output", paramLabel = "human|json", description = "Form of the report")
  private Output output = Output.HUMAN;

  @Override
  public Integer call() throws Exception {
    Settings settings =
        reading.apply(common.settings()).with(Key.PARALLEL, parallel).with(Key.JOBS, jobs);
    int threads = settings.number(Key.PARALLEL, 1, 1_000);
    if (recursive || list != null) {
      return verifyMany(settings, threads);
    }
    if (destination == null) {
      throw new ConfigException("what is to be verified? s3://bucket/prefix/, or --list LIST");
    }
    Destination target = Destination.parse(destination);
    try (ObjectStore store = CommonOptions.store(settings)) {
      print(verify(store, target, threads, settings));
    }
    return 0;
  }

  private int verifyMany(Settings settings, int threads) throws Exception {
    if (source != null || recursive && (list != null || destination == null)) {
      throw new ConfigException(
          "--recursive takes a prefix, --list a list; --source is for one import alone");
    }
    // what is read back is no event
    Settings silent = settings.with(Key.KAFKA_BROKERS, "");
    ObjectStore store = CommonOptions.store(silent);
    String named = recursive ? destination : list;
    try (DroverApp app = DroverApp.start(silent, store);
        ListedImages images =
            recursive ? null : ListedImages.open(list, destination, silent, reading, store);
        BatchReport written =
            ReportFiles.open(report, "drover-verify-report", "drover verify", named)) {
      Destination prefix = recursive ? Destination.parse(destination) : null;
      PrintWriter out = spec.commandLine().getOut();
      PrintWriter err = spec.commandLine().getErr();
      return new BatchRun(
              silent,
              new BatchOutput(output, false, out, err),
              err,
              written,
              -1,
              Terminal.stderrIsOne(),
              false,
              0,
              List::of)
          .run(
              app,
              stop ->
                  recursive
                      ? new CommittedScan(store, prefix, stop)
                      : images.intake(item -> true, stop),
              new VerifyTreatment(store, threads, () -> app.active().stopping()));
    }
  }

  private VerifyReport verify(ObjectStore store, Destination target, int threads, Settings settings)
      throws Exception {
    if (source == null) {
      return Verifier.verify(store, target, threads);
    }
    SourceName name = new SourceName(source);
    try (DiskImage image =
        ImageOpener.open(
            ReadOptions.open(name, store), reading.format(name), ImportTerms.policy(settings))) {
      return Verifier.verify(store, target, threads, image);
    }
  }

  private void print(VerifyReport report) throws Exception {
    spec.commandLine()
        .getOut()
        .println(
            output == Output.JSON
                ? new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(report)
                : report.destination() + ": " + report.summary());
  }
}
