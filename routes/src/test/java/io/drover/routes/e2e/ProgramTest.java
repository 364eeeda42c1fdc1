package io.drover.routes.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.drover.converter.manifest.SoftwareVersion;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What only the process itself can show: its exit code, its environment. */
class ProgramTest {
  @TempDir private Path directory;

  @Test
  void theVersionIsOneLineOnStdout() throws Exception {
    Tool.Result result = Program.run(directory, "--version");
    assertEquals(0, result.exitCode(), result.stderr());
    assertEquals("drover " + SoftwareVersion.text() + "\n", result.stdout());
    String where =
        SoftwareVersion.class.getProtectionDomain().getCodeSource().getLocation().getPath();
    assertEquals(
        where.endsWith(".jar"), SoftwareVersion.text().matches("[0-9]+\\.[0-9]+.*"), where);
    assertEquals("", result.stderr());
  }

  @Test
  void helpGoesToStdout() throws Exception {
    Tool.Result result = Program.run(directory, "import", "--help");
    assertEquals(0, result.exitCode(), result.stderr());
    assertTrue(result.stdout().startsWith("Usage: drover import "), result.stdout());
    assertEquals("", result.stderr());
  }

  @Test
  void aWrongOptionEndsWithTwo() throws Exception {
    Refusal.assertUsage(Program.run(directory, "import", "--bogus"));
  }

  @Test
  void anUnknownKeyInTheEnvironmentIsNamed() throws Exception {
    ProcessBuilder program = Program.prepare(directory, "import", "a.raw", "s3://images/a/");
    program.environment().put("DROVER_PARALEL", "3");
    Tool.Result result = Tool.run(program);
    Refusal.assertUsage(result);
    assertTrue(result.stderr().contains("DROVER_PARALEL"), result.stderr());
  }
}
