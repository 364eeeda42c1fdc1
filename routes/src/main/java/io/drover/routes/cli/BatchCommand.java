package io.drover.routes.cli;

import io.drover.converter.object.ObjectStore;
import io.drover.routes.app.DroverApp;
import io.drover.routes.batch.BatchItem;
import io.drover.routes.batch.EarlierFailures;
import io.drover.routes.batch.ImportTreatment;
import io.drover.routes.batch.NameFilter;
import io.drover.routes.batch.PlanTreatment;
import io.drover.routes.batch.Treatment;
import io.drover.routes.config.ConfigException;
import io.drover.routes.config.Key;
import io.drover.routes.config.Settings;
import io.drover.routes.report.BatchReport;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Predicate;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code drover batch}. */
@Command(
    name = "batch",
    mixinStandardHelpOptions = true,
    description = {
      "Import all images of a list, some at a time, and write a report.",
      "",
      "The same command again goes on: what is committed and unchanged is skipped, what was"
          + " interrupted is resumed, and all else is tried anew. An image or a line that is bad"
          + " never stops the others."
    },
    footer = {
      "",
      "LIST is a CSV whose first line names its columns (source, and as needed format, destination,"
          + " checksum, options), or one JSON object with these names on each line. Relative paths"
          + " are relative to the working directory. Or it is a folder, or s3://bucket/prefix/,"
          + " below which images are looked for. What a line says goes before -o.",
      "",
      "Exit codes: 4 if it was interrupted or anything failed for a passing reason (run it again);"
          + " else 3 if anything was refused; else 1 if anything failed; else 0.",
      "",
      "Example:",
      "  drover batch images.csv 's3://images/{name}/'",
      "  drover batch /srv/export s3://images/2026/ --jobs 8 --dry-run --bandwidth 1G"
    })
final class BatchCommand implements Callable<Integer> {
  /** Requests that are on their way at a time: as many as a crowd of workers may want. */
  private static final String SUBMITTED = "100";

  @Spec private CommandSpec spec;
  @Mixin private CommonOptions common;
  @Mixin private ReadOptions reading;
  @Mixin private TransferOptions transfer;
  @Mixin private ProgressOptions progress;

  @Parameters(
      index = "0",
      paramLabel = "LIST",
      description = "CSV or JSON lines (- for standard input), a folder, or s3://bucket/prefix/")
  private String list;

  @Parameters(
      index = "1",
      paramLabel = "DESTINATION",
      arity = "0..1",
      description =
          "Where images go whose line names no destination: s3://bucket/…, with {name}, {id} and"
              + " {relpath} filled in. Without any of them {relpath}/ is added")
  private String destination;

  @Option(
      names = "--include",
      paramLabel = "GLOB",
      description =
          "Take these files of a folder or prefix (repeatable); by default all with an image's"
              + " extension")
  private List<String> include = new ArrayList<>();

  @Option(
      names = "--exclude",
      paramLabel = "GLOB",
      description = "Leave out these files of a folder or prefix (repeatable)")
  private List<String> exclude = new ArrayList<>();

  @Option(
      names = {"-j", "--jobs"},
      paramLabel = "N",
      description = "Images at a time (2)")
  private String jobs;

  @Option(names = "--overwrite", description = "Replace other imports at the destinations")
  private boolean overwrite;

  @Option(names = "--fail-fast", description = "Begin no further image after the first failure")
  private boolean failFast;

  @Option(
      names = "--submit",
      description =
          "Have workers (drover serve) do it: put the images on the topic of requests, some at a"
              + " time (--jobs, here 100), and follow the events to their ends. Relative paths are"
              + " made absolute; the workers must see them")
  private boolean submit;

  @Option(
      names = "--dry-run",
      description = "Read metadata only: what would be sent, and what would be refused")
  private boolean dryRun;

  @Option(
      names = "--bandwidth",
      paramLabel = "BITS",
      description = "With --dry-run: bits a second to reckon the time with, as 100M or 1G")
  private String bandwidth;

  @Option(
      names = "--retry-failed",
      paramLabel = "REPORT.json",
      description = "Only the images that failed or were refused in this report")
  private Path retryFailed;

  @Option(
      names = "--report",
      paramLabel = "FILE",
      description =
          "Write the report to FILE.html and FILE.json; by default drover-batch-report in the"
              + " working directory; none: no report. A dry run writes one only where this is given")
  private String report;

  @Option(
      names = "--output",
      paramLabel = "human|json",
      description = "Results on stdout; json: one object on each line, the last is the summary")
  private Output output = Output.HUMAN;

  @Override
  public Integer call() throws Exception {
    Settings settings = settings();
    // what does not happen is no event, and what others do they tell themselves
    String ownEvents = dryRun || submit ? "" : null;
    long bits = Bandwidth.parse(bandwidth);
    Predicate<BatchItem> chosen =
        retryFailed == null ? item -> true : EarlierFailures.read(retryFailed)::has;
    ObjectStore store = CommonOptions.store(settings);
    try (DroverApp app = DroverApp.start(settings.with(Key.KAFKA_BROKERS, ownEvents), store);
        ListedImages images =
            ListedImages.open(
                list,
                destination,
                transfer.image(),
                new NameFilter(include, exclude),
                settings,
                reading,
                store);
        BatchReport written =
            ReportFiles.open(
                dryRun && report == null ? ReportFiles.NONE : report,
                "drover-batch-report",
                "drover batch",
                list);
        Submission submission = submit ? Submission.start(settings, store, app) : null) {
      Treatment treatment =
          submit
              ? submission.treatment()
              : dryRun
                  ? new PlanTreatment(store, overwrite)
                  : new ImportTreatment(store, overwrite, app::run);
      return new BatchRun(
              settings,
              new BatchOutput(
                  output,
                  progress.quiet(),
                  spec.commandLine().getOut(),
                  spec.commandLine().getErr()),
              spec.commandLine().getErr(),
              written,
              retryFailed == null ? images.expected() : -1,
              progress.wanted(),
              failFast,
              bits,
              submit ? submission.endings()::moving : List::of)
          .run(app, stop -> images.intake(chosen, stop), treatment);
    }
  }

  private Settings settings() throws ConfigException {
    Settings settings = transfer.apply(reading.apply(common.settings())).with(Key.JOBS, jobs);
    if (submit && (dryRun || overwrite)) {
      throw new ConfigException("--submit goes with neither --dry-run nor --overwrite");
    }
    return submit && jobs == null ? settings.with(Key.JOBS, SUBMITTED) : settings;
  }
}
