package io.drover.routes.e2e;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.drover.converter.imports.Destination;
import java.io.BufferedReader;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Ctrl-C and a service manager's stop, in the middle of an import. */
class InterruptedImportTest {
  /** With something in every part, so that none is spared the wire. */
  private static final long SIZE = 2L << 30;

  @TempDir private Path directory;

  @ParameterizedTest
  @ValueSource(strings = {"INT", "TERM"})
  void leavesNothingAndSaysThatItCanBeRunAgain(String signal) throws Exception {
    try (RandomAccessFile disk = new RandomAccessFile(directory.resolve("d.raw").toFile(), "rw")) {
      disk.setLength(SIZE);
      for (long at = 0; at < SIZE; at += 4 << 20) {
        disk.seek(at + 4096);
        disk.writeLong(at + 1);
      }
    }
    Destination destination = Servers.destination();
    Process process =
        Program.prepare(
                directory, "import", "d.raw", destination.uri(), "--part-size=5M", "--parallel=1")
            .start();
    try (BufferedReader stderr = process.errorReader()) {
      // from here on there is something to clean up
      await()
          .atMost(Duration.ofSeconds(60))
          .until(
              () ->
                  !Servers.store()
                      .openUploads(destination.bucket(), destination.prefix())
                      .isEmpty());
      Tool.succeed(directory, "kill", "-" + signal, Long.toString(process.pid()));
      List<String> rest = stderr.lines().toList();
      assertTrue(process.waitFor(60, TimeUnit.SECONDS));
      assertEquals(4, process.exitValue(), rest.toString());
      assertTrue(rest.get(rest.size() - 1).startsWith("CANCELLED: "), rest.toString());
      assertEquals("", new String(process.getInputStream().readAllBytes()));
    } finally {
      process.destroyForcibly();
    }
    Servers.assertNothingAt(destination);
  }
}
