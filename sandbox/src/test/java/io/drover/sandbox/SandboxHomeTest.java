package io.drover.sandbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SandboxHomeTest {
  @TempDir Path root;
  private Path libraries;

  @BeforeEach
  void build() throws IOException {
    libraries = Files.createDirectories(root.resolve("sandbox/target/sandbox-lib"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "sandbox/target/classes",
        "sandbox/target/drover-sandbox-0.1.0.jar",
        "routes/target/lib/drover-sandbox-0.1.0.jar",
      })
  void isFoundFromWhereTheBuildPutsTheSandbox(String program) throws IOException {
    assertEquals(
        new SandboxHome(root.resolve(program), libraries),
        SandboxHome.find(root.resolve(program), null));
  }

  @Test
  void isWhatTheOperatorSays() throws IOException {
    Path program = root.resolve("sandbox/target/classes");
    Path configured = Files.createDirectory(root.resolve("elsewhere"));

    assertEquals(
        new SandboxHome(program, configured), SandboxHome.find(program, configured.toString()));
  }

  @Test
  void anOperatorsMistakeIsNotPaperedOver() {
    IOException missing =
        assertThrows(
            IOException.class,
            () ->
                SandboxHome.find(
                    root.resolve("sandbox/target/classes"), root.resolve("typo").toString()));

    assertTrue(missing.getMessage().startsWith("drover.sandbox.home names "), missing::getMessage);
  }

  @Test
  void whenMissingSaysWhereItLooked() throws IOException {
    Files.delete(libraries);
    Path program = root.resolve("routes/target/lib/drover-sandbox-0.1.0.jar");

    IOException missing = assertThrows(IOException.class, () -> SandboxHome.find(program, null));

    assertTrue(missing.getMessage().contains(program.toString()), missing::getMessage);
    assertTrue(missing.getMessage().contains("-Ddrover.sandbox.home"), missing::getMessage);
  }
}
