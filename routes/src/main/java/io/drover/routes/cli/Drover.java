package io.drover.routes.cli;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.error.Printable;
import io.drover.routes.config.ConfigException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** The program {@code drover}. */
@Command(
    name = "drover",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    header = "Import disk images (raw, qcow2) into object storage, in one pass.",
    description = {
      "",
      "Each import becomes three objects below its destination: disk.raw, the whole disk that"
          + " anyone can read; disk.qcow2, its metadata; and manifest.json, which is written last.",
      ""
    },
    footer = {
      "",
      "Exit codes: 0 done, 1 failed, 2 usage, 3 refused, 4 interrupted or failed for a passing"
          + " reason: run the same command again.",
      "Try it without any server of your own: drover demo"
    })
public final class Drover {
  /** Every command by its name, in the order of the help. */
  private static final Map<String, Supplier<Object>> COMMANDS = new LinkedHashMap<>();

  static {
    COMMANDS.put("import", ImportCommand::new);
    COMMANDS.put("batch", BatchCommand::new);
    COMMANDS.put("info", InfoCommand::new);
    COMMANDS.put("map", MapCommand::new);
    COMMANDS.put("verify", VerifyCommand::new);
    COMMANDS.put("export", ExportCommand::new);
    COMMANDS.put("boot", BootCommand::new);
    COMMANDS.put("list", ListCommand::new);
    COMMANDS.put("abort", AbortCommand::new);
    COMMANDS.put("serve", ServeCommand::new);
    COMMANDS.put("doctor", DoctorCommand::new);
    COMMANDS.put("sandbox", SandboxCommand::new);
    COMMANDS.put("demo", DemoCommand::new);
    COMMANDS.put("generate-completion", AutoComplete.GenerateCompletion::new);
    COMMANDS.put("help", CommandLine.HelpCommand::new);
  }

  static final int EXIT_FAILED = 1;
  static final int EXIT_USAGE = 2;

  private Drover() {}

  public static void main(String[] arguments) {
    int exitCode = run(arguments);
    Interruption.commandEnded();
    System.exit(exitCode);
  }

  /** Runs a command and returns its exit code. */
  static int run(String... arguments) {
    Logging.prepare(arguments);
    return commandLine(arguments).execute(arguments);
  }

  /** The command line with the commands that these arguments can mean. */
  static CommandLine commandLine(String... arguments) {
    CommandLine line = new CommandLine(new Drover());
    // building all commands by reflection costs as much as a small import's reading and planning
    boolean one =
        arguments.length > 0 && COMMANDS.containsKey(arguments[0]) && !isAboutAll(arguments[0]);
    COMMANDS.forEach(
        (name, command) -> {
          if (!one || name.equals(arguments[0])) {
            line.addSubcommand(name, command.get());
          }
        });
    line.setExecutionExceptionHandler(Drover::handle);
    line.setParameterExceptionHandler(Drover::explain);
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.setUsageHelpAutoWidth(true);
    return line;
  }

  private static boolean isAboutAll(String command) {
    return command.equals("help") || command.equals("generate-completion");
  }

  /** As picocli does it, but for what the message quotes: a file name can be hostile text. */
  private static int explain(ParameterException wrong, String[] arguments) {
    CommandLine line = wrong.getCommandLine();
    line.getErr().println("drover: " + Printable.text(wrong.getMessage(), 1000));
    if (!UnmatchedArgumentException.printSuggestions(wrong, line.getErr())) {
      line.usage(line.getErr());
    }
    return EXIT_USAGE;
  }

  private static int handle(Exception failure, CommandLine line, ParseResult parsed) {
    if (failure instanceof ImportException named) {
      line.getErr().println(named.code() + ": " + named.getMessage());
      return named.outcome().exitCode();
    }
    if (failure instanceof ConfigException) {
      line.getErr().println("drover: " + Printable.text(failure.getMessage(), 2000));
      return EXIT_USAGE;
    }
    line.getErr().println(ErrorCode.INTERNAL + ": this is a defect of Drover:");
    failure.printStackTrace(line.getErr());
    return EXIT_FAILED;
  }
}
