package io.drover.routes.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.drover.converter.doctor.Finding;
import io.drover.converter.doctor.Finding.Verdict;
import io.drover.converter.imports.Destination;
import io.drover.converter.object.s3.S3Examination;
import io.drover.converter.object.s3.S3Settings;
import io.drover.routes.config.Settings;
import io.drover.routes.doctor.KafkaExamination;
import io.drover.routes.doctor.MachineExamination;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code drover doctor}. */
@Command(
    name = "doctor",
    mixinStandardHelpOptions = true,
    description = {
      "Examine what imports depend on: credentials, the S3 server, Kafka, clock, this machine.",
      "The server's abilities are found out by content, with a few objects (16 MiB in all) below"
          + " DESTINATION that are removed again: some servers accept a condition or a checksum and"
          + " ignore it. Exit code 0 if imports will work, 1 if not."
    })
final class DoctorCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private CommonOptions common;

  @Parameters(
      arity = "0..1",
      paramLabel = "DESTINATION",
      description = "s3://bucket/prefix/ that may be written to; without, nothing is written")
  private String destination;

  @Option(names = "--output", paramLabel = "human|json", description = "Form of the findings")
  private Output output = Output.HUMAN;

  @Override
  public Integer call() throws Exception {
    Settings settings = common.settings();
    List<Finding> findings = new ArrayList<>();
    report(findings, s3(settings));
    report(findings, KafkaExamination.examine(settings));
    report(findings, MachineExamination.examine(settings));
    boolean works = findings.stream().noneMatch(finding -> finding.verdict() == Verdict.FAIL);
    if (output == Output.JSON) {
      out()
          .println(
              new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(findings));
    } else {
      out().println(works ? "Imports will work." : "Imports will fail: see FAIL above.");
    }
    return works ? 0 : Drover.EXIT_FAILED;
  }

  private List<Finding> s3(Settings settings) throws Exception {
    S3Settings server = CommonOptions.s3Settings(settings);
    if (destination == null) {
      return S3Examination.greet(server);
    }
    Destination target = Destination.parse(destination);
    return S3Examination.examine(server, target.bucket(), target.prefix());
  }

  /** A person sees each area as soon as it is known. */
  private void report(List<Finding> all, List<Finding> found) {
    all.addAll(found);
    if (output == Output.HUMAN) {
      for (Finding finding : found) {
        String verdict = finding.verdict().name();
        out()
            .printf(
                "%-4s  %-7s  %-22s  %s%n",
                finding.verdict() == Verdict.FAIL ? verdict : verdict.toLowerCase(Locale.ROOT),
                finding.area(),
                finding.check(),
                finding.text());
      }
      out().flush();
    }
  }

  private PrintWriter out() {
    return spec.commandLine().getOut();
  }
}
