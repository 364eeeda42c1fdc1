package io.drover.routes.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.drover.converter.imports.Destination;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the process says of itself, and to command lines that are wrong. */
@Execution(ExecutionMode.CONCURRENT)
class CommandLineTest {
  private static final Pattern COMMAND =
      Pattern.compile("(?m)^ {2}([a-z-]+)(?:, [a-z-]+)* {2,}\\S");

  @TempDir private Path directory;
  private final Destination destination = Servers.destination();

  static Stream<String> commands() throws Exception {
    Tool.Result result = Program.run(Path.of("."), "--help");
    String list = result.stdout().substring(result.stdout().indexOf("Commands:"));
    List<String> commands = COMMAND.matcher(list).results().map(found -> found.group(1)).toList();
    assertTrue(commands.containsAll(List.of("import", "verify", "boot", "help")), list);
    return commands.stream();
  }

  @ParameterizedTest
  @MethodSource("commands")
  void everyCommandExplainsItself(String command) throws Exception {
    Tool.Result result = Program.run(directory, command, "--help");
    assertEquals(0, result.exitCode(), result.stderr());
    assertTrue(result.stdout().contains("Usage: drover " + command + " "), result.stdout());
    assertEquals("", result.stderr());
  }

  @Test
  void theVersionIsOneLine() throws Exception {
    Tool.Result result = Program.run(directory, "--version");
    assertEquals(0, result.exitCode());
    Matcher line = Pattern.compile("drover \\S+\\n").matcher(result.stdout());
    assertTrue(line.matches(), result.stdout());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "bogus",
        "import",
        "import disk.raw",
        "import disk.raw DESTINATION more",
        "import --bogus disk.raw DESTINATION",
        "import -f vmdk disk.raw DESTINATION",
        "import disk.unknown DESTINATION",
        "import disk.raw DESTINATION -o cluster_size=3000",
        "import disk.raw DESTINATION -o cluster_size=4M",
        "import disk.raw DESTINATION -o data_file_raw=maybe",
        "import disk.raw DESTINATION -o bogus=1",
        "import disk.raw DESTINATION --part-size 1M",
        "import disk.raw DESTINATION --part-size 5X",
        "import disk.raw DESTINATION --part-size 256M --memory 64M",
        "import disk.raw DESTINATION --parallel 0",
        "import disk.raw DESTINATION --checksum md5:00",
        "import disk.raw DESTINATION --output yaml",
        "import disk.raw DESTINATION --config missing.properties",
        "import disk.raw DESTINATION --endpoint-url not-a-url",
        "import disk.raw DESTINATION -Ddrover.bogus=1",
        "import disk.raw DESTINATION -Dbogus=1",
        "boot DESTINATION --serve nonsense",
        "serve"
      })
  void whatIsNoCommandLineEndsWithTwo(String line) throws Exception {
    Contents.SPARSE.write(directory.resolve("disk.raw"), 1 << 20, 1);
    String[] words =
        line.isEmpty() ? new String[0] : line.replace("DESTINATION", destination.uri()).split(" ");
    Refusal.assertUsage(Program.run(directory, words));
    Servers.assertNothingAt(destination);
  }

  @Test
  void anUnknownKeyInTheEnvironmentIsNamed() throws Exception {
    ProcessBuilder program = Program.prepare(directory, "import", "disk.raw", destination.uri());
    program.environment().put("DROVER_PARALEL", "3");
    Tool.Result result = Tool.run(program);
    Refusal.assertUsage(result);
    assertTrue(result.stderr().contains("DROVER_PARALEL"), result.stderr());
  }
}
