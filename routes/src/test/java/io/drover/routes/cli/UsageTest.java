package io.drover.routes.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** What the commands say of themselves, and of command lines that are wrong. */
class UsageTest {
  /** Nothing listens there: a wrong command line must be found out before. */
  private static final String DESTINATION = "s3://images/a/ --endpoint-url http://127.0.0.1:9";

  @TempDir private Path directory;
  private final StringWriter stdout = new StringWriter();
  private final StringWriter stderr = new StringWriter();

  static Stream<String> commands() {
    return Drover.commandLine("--help").getSubcommands().keySet().stream();
  }

  @ParameterizedTest
  @MethodSource("commands")
  void everyCommandExplainsItself(String command) {
    assertEquals(0, run(command, "--help"));
    assertTrue(stdout.toString().contains("Usage: drover " + command + " "), stdout.toString());
    assertEquals("", stderr.toString());
  }

  @Test
  void theListOfCommandsIsThere() {
    assertEquals(0, run("--help"));
    commands().forEach(command -> assertTrue(stdout.toString().contains("\n  " + command)));
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
        "batch",
        "batch missing.csv DESTINATION",
        "batch . DESTINATION --jobs 0",
        "batch . DESTINATION --bandwidth fast --dry-run",
        "batch . DESTINATION --include [",
        "batch . DESTINATION --limit-rate 1",
        "batch . DESTINATION --submit",
        "batch . DESTINATION --submit --dry-run",
        "batch . DESTINATION --retry-failed missing.json",
        "batch . DESTINATION --report missing/report",
        "batch s3://images/ DESTINATION",
        "export DESTINATION disk.unknown",
        "export DESTINATION disk.raw -c",
        "export DESTINATION - -O qcow2",
        "export DESTINATION disk.qcow2 -c -o compression_type=lzo",
        "verify",
        "verify -r",
        "verify -r DESTINATION --source disk.raw",
        "import disk.raw DESTINATION -o cluster_size=3000",
        "import disk.raw DESTINATION -o cluster_size=4M",
        "import disk.raw DESTINATION -o data_file_raw=maybe",
        "import disk.raw DESTINATION -o bogus=1",
        "import disk.raw DESTINATION --part-size 1M",
        "import disk.raw DESTINATION --part-size 5X",
        "import disk.raw DESTINATION --part-size 6G",
        "import disk.raw DESTINATION --parallel 0",
        "import disk.raw DESTINATION --parallel=many",
        "import disk.raw DESTINATION --memory=0",
        "import disk.raw DESTINATION --max-virtual-size lots",
        "import disk.raw DESTINATION --checksum md5:00",
        "import disk.raw DESTINATION --output yaml",
        "import disk.raw DESTINATION --config missing.properties",
        "import disk.raw s3://images/a/ --endpoint-url not-a-url",
        "import disk.raw DESTINATION -Ddrover.bogus=1",
        "import disk.raw DESTINATION -Ddrover.memory=x",
        "import disk.raw DESTINATION -Dbogus=1",
        "info",
        "map disk.raw --output yaml",
        "verify DESTINATION --parallel 0",
        "boot DESTINATION --serve nonsense",
        "list",
        "abort DESTINATION --older-than soon",
        "abort DESTINATION --older-than 7d --force",
        "sandbox --s3-port 99999",
        "serve"
      })
  void whatIsNoCommandLineEndsWithTwo(String line) throws Exception {
    Path disk = Files.write(directory.resolve("disk.raw"), new byte[4096]);
    String[] words =
        line.isEmpty()
            ? new String[0]
            : line.replace("disk.raw", disk.toString())
                .replace("DESTINATION", DESTINATION)
                .split(" ");
    int exitCode = run(words);
    String said = stderr.toString();
    assertEquals(2, exitCode, said);
    assertEquals("", stdout.toString());
    assertFalse(said.isBlank());
    assertFalse(said.contains("\tat ") || said.contains("Exception"), said);
  }

  @Test
  void whatIsQuotedInAMessageCannotHarmATerminal() {
    String escape = "\u001b[2J\n";
    String server = "--endpoint-url=http://127.0.0.1:9";
    assertEquals(2, run("import", "a.raw", "s3://images/a/", server, "-o", escape + "=1"));
    assertEquals(2, run("import", "a.raw", "s3://images/a/", "--output", escape));
    assertEquals(2, run("import", "a.raw", "s3://images/a/", "-Ddrover." + escape + "=1"));
    assertEquals(2, run("import", "a.raw", "s3://images/a/", escape));
    assertEquals(2, run("import", "a." + escape, "s3://images/a/", server));
    assertEquals(2, run("import", "--" + escape));
    assertEquals(2, run(escape));
    assertFalse(stderr.toString().contains("\u001b"), stderr.toString().replace("\u001b", "<ESC>"));
  }

  private int run(String... arguments) {
    CommandLine line = Drover.commandLine(arguments);
    line.setOut(new PrintWriter(stdout, true));
    line.setErr(new PrintWriter(stderr, true));
    return line.execute(arguments);
  }
}
