package io.drover.routes.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.drover.converter.image.DiskImage;
import io.drover.converter.imports.Destination;
import io.drover.converter.object.ObjectStore;
import io.drover.converter.reader.ImageOpener;
import io.drover.converter.verify.Verifier;
import io.drover.converter.verify.VerifyReport;
import io.drover.routes.config.Key;
import io.drover.routes.config.Settings;
import io.drover.routes.request.ImportTerms;
import io.drover.routes.request.SourceName;
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
      "Read an import back and compare it with its manifest.",
      "Every block of the disk is compared with its digest, and the metadata is made anew from the"
          + " data and compared, too. The first difference ends it, with its place and exit code 1."
    })
final class VerifyCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private CommonOptions common;
  @Mixin private ReadOptions reading;

  @Parameters(paramLabel = "DESTINATION", description = "s3://bucket/prefix/ of the import")
  private String destination;

  @Option(names = "--source", paramLabel = "SOURCE", description = "Compare with this image, too")
  private String source;

  @Option(names = "--parallel", paramLabel = "N", description = "Blocks read at a time (4)")
  private String parallel;

  @Option(names = "--output", paramLabel = "human|json", description = "Form of the report")
  private Output output = Output.HUMAN;

  @Override
  public Integer call() throws Exception {
    Settings settings = reading.apply(common.settings()).with(Key.PARALLEL, parallel);
    int threads = settings.number(Key.PARALLEL, 1, 1_000);
    Destination target = Destination.parse(destination);
    try (ObjectStore store = CommonOptions.store(settings)) {
      print(verify(store, target, threads, settings));
    }
    return 0;
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
