package io.drover.routes.e2e;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.drover.converter.imports.Destination;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code drover export}; every opinion on the files is QEMU's. */
class ExportCommandTest {
  /** Not a whole number of clusters, nor of blocks. */
  private static final int SIZE = (21 << 20) + 512;

  @TempDir private Path directory;
  private final Destination destination = Servers.destination();

  @BeforeEach
  void importDisk() throws Exception {
    Random random = new Random(7);
    byte[] noise = new byte[100_000];
    try (RandomAccessFile disk = new RandomAccessFile(directory.resolve("d.raw").toFile(), "rw")) {
      disk.setLength(SIZE);
      for (int at : new int[] {0, 5 << 20, 11 << 20, SIZE - noise.length}) {
        random.nextBytes(noise);
        disk.seek(at);
        disk.write(noise);
        disk.seek((at + (1 << 20)) % (SIZE - 30_000));
        disk.write("what becomes smaller ".repeat(1000).getBytes());
      }
    }
    drover(0, "import", "d.raw", destination.uri());
  }

  @Test
  void everyFormIsTheDisk() throws Exception {
    for (String[] form :
        List.of(
            new String[] {"plain.qcow2"},
            new String[] {"deflate.qcow2", "-c"},
            new String[] {"zstd.qcow2", "-c", "-o", "compression_type=zstd"},
            new String[] {"disk.bin", "-O", "qcow2", "--parallel=1"})) {
      String[] command = new String[form.length + 2];
      command[0] = "export";
      command[1] = destination.uri();
      System.arraycopy(form, 0, command, 2, form.length);
      drover(0, command);
      String check = Tool.succeed(directory, "qemu-img", "check", "-f", "qcow2", form[0]);
      assertTrue(check.startsWith("No errors were found on the image."), check);
      assertEquals(
          "Images are identical.\n",
          Tool.succeed(
              directory, "qemu-img", "compare", "-f", "qcow2", "-F", "raw", form[0], "d.raw"));
    }
    assertTrue(
        Files.size(directory.resolve("deflate.qcow2"))
            < Files.size(directory.resolve("plain.qcow2")));
    drover(0, "export", destination.uri(), "out.raw");
    assertEquals(-1, Files.mismatch(directory.resolve("d.raw"), directory.resolve("out.raw")));
    assertEquals(SIZE, Files.size(directory.resolve("out.raw")));
    // the same import gives the same file
    drover(0, "export", destination.uri(), "again.qcow2", "-c", "--parallel=7");
    assertEquals(
        -1, Files.mismatch(directory.resolve("deflate.qcow2"), directory.resolve("again.qcow2")));
  }

  @Test
  void standardOutputTakesARawDisk() throws Exception {
    Process process = Program.prepare(directory, "export", destination.uri(), "-").start();
    byte[] disk = process.getInputStream().readAllBytes();
    assertEquals(0, process.waitFor());
    assertArrayEquals(Files.readAllBytes(directory.resolve("d.raw")), disk);
    drover(2, "export", destination.uri(), "-", "-O", "qcow2");
  }

  @Test
  void whatIsThereIsKeptAndWhatIsDamagedIsNotWritten() throws Exception {
    Files.writeString(directory.resolve("there.raw"), "mine");
    Tool.Result refused = drover(3, "export", destination.uri(), "there.raw");
    assertTrue(refused.stderr().startsWith("TARGET_EXISTS: "), refused.stderr());
    assertEquals("mine", Files.readString(directory.resolve("there.raw")));
    drover(0, "export", destination.uri(), "there.raw", "--overwrite");
    assertEquals(SIZE, Files.size(directory.resolve("there.raw")));

    Path object = Servers.directory(destination).resolve("disk.raw");
    try (RandomAccessFile data = new RandomAccessFile(object.toFile(), "rw")) {
      data.seek(11 << 20);
      data.write(data.read() ^ 1);
    }
    for (String file : List.of("new.qcow2", "new.raw")) {
      Tool.Result damaged = drover(1, "export", destination.uri(), file);
      assertTrue(damaged.stderr().startsWith("TARGET_CORRUPTED: "), damaged.stderr());
      assertFalse(Files.exists(directory.resolve(file)));
    }
    try (var files = Files.list(directory)) {
      assertTrue(files.noneMatch(file -> file.toString().endsWith(".part")));
    }
  }

  private Tool.Result drover(int exitCode, String... arguments) throws Exception {
    Tool.Result result = Program.run(directory, arguments);
    assertEquals(exitCode, result.exitCode(), result.stderr());
    return result;
  }
}
