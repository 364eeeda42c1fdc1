package io.drover.routes.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A program, run to its end in a directory; one that does not end in time fails the test. */
final class Tool {
  /** What takes seconds takes minutes on a machine that has much else to do. */
  static final Duration LIMIT = Duration.ofMinutes(6);

  /** What a program said. */
  record Result(int exitCode, String stdout, String stderr) {}

  private Tool() {}

  /** Runs a program; the first word is its name. */
  static Result run(Path directory, String... command) throws IOException, InterruptedException {
    return run(new ProcessBuilder(command).directory(directory.toFile()));
  }

  static Result run(ProcessBuilder program) throws IOException, InterruptedException {
    Path stdout = Files.createTempFile("tool", ".out");
    Path stderr = Files.createTempFile("tool", ".err");
    Process process =
        program.redirectOutput(stdout.toFile()).redirectError(stderr.toFile()).start();
    try {
      process.getOutputStream().close();
      if (!process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
        throw new AssertionError("does not end: " + String.join(" ", program.command()));
      }
      return new Result(process.exitValue(), Files.readString(stdout), Files.readString(stderr));
    } finally {
      List<ProcessHandle> children = process.descendants().toList();
      process.destroyForcibly();
      children.forEach(ProcessHandle::destroyForcibly);
      Files.delete(stdout);
      Files.delete(stderr);
    }
  }

  /** Runs a program that must succeed; gives its standard output. */
  static String succeed(Path directory, String... command)
      throws IOException, InterruptedException {
    Result result = run(directory, command);
    assertEquals(0, result.exitCode(), () -> String.join(" ", command) + ": " + result);
    return result.stdout();
  }

  /** Has qemu-io do something to an image; each argument is one of its commands. */
  static void qemuIo(Path image, String... commands) throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(List.of("qemu-io", "-t", "unsafe", "-f", "qcow2", image.toString()));
    for (String each : commands) {
      command.addAll(List.of("-c", each));
    }
    String said = succeed(image.getParent(), command.toArray(String[]::new));
    // it ends with 0 even if a command failed
    if (said.contains("failed") || said.contains("error")) {
      throw new AssertionError(said);
    }
  }
}
