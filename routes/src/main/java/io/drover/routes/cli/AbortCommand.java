package io.drover.routes.cli;

import io.drover.converter.error.Printable;
import io.drover.converter.imports.Destination;
import io.drover.converter.imports.UnfinishedImport;
import io.drover.converter.imports.UnfinishedImports;
import io.drover.converter.object.ObjectStore;
import io.drover.routes.config.ConfigException;
import io.drover.routes.config.Settings;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code drover abort}. */
@Command(
    name = "abort",
    mixinStandardHelpOptions = true,
    description = {
      "Remove the unfinished import at a destination: its uploads, its checkpoint, its objects.",
      "A committed import is never touched, and one that somebody works on only with --force."
    },
    footer = {"", "Example, for a cron job:", "  drover abort s3://images/ --older-than 7d"})
final class AbortCommand implements Callable<Integer> {
  private static final Pattern AGE = Pattern.compile("(\\d{1,6})([smhd])");

  @Spec private CommandSpec spec;
  @Mixin private CommonOptions common;

  @Parameters(paramLabel = "DESTINATION", description = "s3://bucket/prefix/ of the import")
  private String destination;

  @Option(names = "--force", description = "Even if somebody may be at work on it")
  private boolean force;

  @Option(
      names = "--older-than",
      paramLabel = "TIME",
      description =
          "Remove all below the destination of which nothing was heard for so long: 12h, 7d")
  private String olderThan;

  @Option(names = "--output", paramLabel = "human|json", description = "Form of the list")
  private Output output = Output.HUMAN;

  @Override
  public Integer call() throws Exception {
    Settings settings = common.settings();
    if (force && olderThan != null) {
      throw new ConfigException("--force is for one destination, --older-than for all below it");
    }
    Duration age = olderThan == null ? Duration.ZERO : age(olderThan);
    Destination target = Destination.parse(destination);
    try (ObjectStore store = CommonOptions.store(settings)) {
      UnfinishedImports imports = new UnfinishedImports(store);
      List<UnfinishedImport> removed =
          olderThan == null
              ? imports.abort(target, force).stream().toList()
              : imports.sweep(target, age);
      ListCommand.print(spec, output, removed);
    }
    return 0;
  }

  private static Duration age(String text) throws ConfigException {
    Matcher match = AGE.matcher(text);
    if (!match.matches()) {
      throw new ConfigException(
          "--older-than " + Printable.text(text) + ": write a time like 90m, 12h or 7d");
    }
    long amount = Long.parseLong(match.group(1));
    return switch (match.group(2)) {
      case "s" -> Duration.ofSeconds(amount);
      case "m" -> Duration.ofMinutes(amount);
      case "h" -> Duration.ofHours(amount);
      default -> Duration.ofDays(amount);
    };
  }
}
