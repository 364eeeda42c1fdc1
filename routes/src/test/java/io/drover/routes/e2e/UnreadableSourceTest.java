package io.drover.routes.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.drover.converter.imports.Destination;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A source on a disk that fails: the kernel answers reads of it with EIO, by strace, from some read
 * of each thread on.
 */
class UnreadableSourceTest {
  private static final int SIZE = 30 << 20;

  @TempDir private Path directory;
  private final Destination destination = Servers.destination();
  private Path disk;

  @BeforeEach
  void write() throws Exception {
    disk = directory.resolve("disk.raw");
    Contents.FULL.write(disk, SIZE, 5);
  }

  @Test
  void aDiskThatStaysUnreadableEndsTheImportAndNothingIsLeft() throws Exception {
    Tool.Result result = importWhere("when=60+");
    assertEquals(1, result.exitCode(), result.stderr());
    Matcher error =
        Pattern.compile("(?m)^SOURCE_READ_ERROR: read disk.raw at offset (\\d+): .*")
            .matcher(result.stderr());
    assertTrue(error.find(), result.stderr());
    long offset = Long.parseLong(error.group(1));
    assertTrue(offset > 0 && offset < SIZE, result.stderr());
    for (String round : List.of("(1 of 3)", "(2 of 3)", "(3 of 3)")) {
      String line =
          "read disk.raw at offset " + offset + ": Input/output error; trying again " + round;
      assertTrue(result.stderr().contains(line), result.stderr());
    }
    Servers.assertNothingAt(destination);
  }

  @Test
  void aReadThatFailsTwiceIsDoneAgain() throws Exception {
    Tool.Result result = importWhere("when=60..61");
    assertEquals(0, result.exitCode(), result.stderr());
    assertTrue(result.stderr().contains("trying again (2 of 3)"), result.stderr());
    Servers.assertOnly(destination, disk);
  }

  private Tool.Result importWhere(String when) throws Exception {
    ProcessBuilder program =
        Program.prepare(directory, "import", "disk.raw", destination.uri(), "--part-size=5M");
    // the program's threads stop at reads of the disk only
    program
        .command()
        .addAll(
            0,
            List.of(
                "strace",
                "-f",
                "--seccomp-bpf",
                "-qq",
                "-o",
                Files.createTempFile(directory, "strace", ".txt").toString(),
                "-P",
                disk.toRealPath().toString(),
                "-e",
                "trace=pread64",
                "-e",
                "inject=pread64:error=EIO:" + when));
    return Tool.run(program);
  }
}
