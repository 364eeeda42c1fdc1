package io.drover.routes.batch;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** However long a list is, it is never in memory. */
class MillionLinesTest {
  @TempDir private Path directory;

  @Test
  void aMillionLinesPassThrough64MegabytesOfHeap() throws Exception {
    Path said = directory.resolve("said");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                "-Ddrover.log-level=ERROR",
                MillionLines.class.getName(),
                "1000000")
            .redirectErrorStream(true)
            .redirectOutput(said.toFile())
            .start();
    try {
      assertEquals(
          true, process.waitFor(20, TimeUnit.MINUTES), () -> "does not end: " + text(said));
      assertEquals(0, process.exitValue(), () -> text(said));
      assertEquals(
          List.of("{imported=900000, refused=100000} {REQUEST_INVALID=100000}", "bounded"),
          Files.readAllLines(said));
    } finally {
      process.destroyForcibly();
    }
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (java.io.IOException e) {
      return e.toString();
    }
  }
}
