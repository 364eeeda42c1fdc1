package io.drover.converter.metadata;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A program as an independent judge, run in a directory with a time limit. */
public final class Tool {
  private static final long LIMIT_SECONDS = 120;

  /**
   * What a program said.
   *
   * @param output standard output and standard error
   */
  public record Result(int exitCode, String output) {}

  private Tool() {}

  /** Runs a program; the first word is its name. */
  public static Result run(Path directory, String... command) throws IOException {
    Path output = Files.createTempFile(directory, "output", ".txt");
    Process process =
        new ProcessBuilder(List.of(command))
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    try {
      if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
        throw new AssertionError(String.join(" ", command) + " hangs");
      }
      return new Result(
          process.exitValue(), new String(Files.readAllBytes(output), StandardCharsets.UTF_8));
    } catch (InterruptedException exception) {
      Thread.currentThread().interrupt();
      throw new AssertionError(exception);
    } finally {
      process.destroyForcibly();
      Files.delete(output);
    }
  }

  /** Runs a program that must succeed; gives what it said. */
  public static String succeed(Path directory, String... command) throws IOException {
    Result result = run(directory, command);
    assertEquals(0, result.exitCode(), () -> String.join(" ", command) + ": " + result.output());
    return result.output();
  }
}
