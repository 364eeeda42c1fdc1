package io.drover.converter.export;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What QEMU says of the files; small clusters make many tables. */
class Qcow2OutputTest {
  @TempDir private Path directory;

  @ParameterizedTest
  @CsvSource({
    "9, 0, false, 1",
    "9, 512, false, 2",
    "9, 3000320, false, 3",
    "9, 3000320, true, 4",
    "12, 20000256, false, 5",
    "12, 20000256, true, 6",
    "16, 9000448, false, 7",
    "16, 9000448, true, 8",
    "21, 9000448, true, 9",
  })
  void qemuFindsNoErrorAndTheSameDisk(int clusterBits, int size, boolean zstd, int seed)
      throws Exception {
    byte[] disk = disk(size, 1 << clusterBits, new Random(seed));
    Files.write(directory.resolve("disk.raw"), disk);
    write(directory.resolve("disk.qcow2"), disk, clusterBits, zstd, new Random(seed));
    String check = qemuImg("check", "-f", "qcow2", "disk.qcow2");
    assertTrue(check.startsWith("No errors were found on the image."), check);
    assertEquals(
        "Images are identical.\n",
        qemuImg("compare", "-f", "qcow2", "-F", "raw", "disk.qcow2", "disk.raw"));
  }

  /** Clusters of zeros, of noise, and of what becomes smaller by very much or a little. */
  private static byte[] disk(int size, int cluster, Random random) {
    byte[] disk = new byte[size];
    for (int at = 0; at < size; at += cluster) {
      int end = Math.min(size, at + cluster);
      int noise =
          new int[] {0, end - at, 3, (end - at) / 2, (end - at) * 9 / 10}[random.nextInt(5)];
      byte[] bytes = new byte[noise];
      random.nextBytes(bytes);
      System.arraycopy(bytes, 0, disk, at, noise);
    }
    return disk;
  }

  private static void write(Path file, byte[] disk, int clusterBits, boolean zstd, Random random)
      throws IOException {
    int cluster = 1 << clusterBits;
    byte[] padded = Arrays.copyOf(disk, (disk.length + cluster - 1) / cluster * cluster);
    byte[] smaller = new byte[cluster];
    try (FileChannel channel =
            FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        ClusterCompressor compressor =
            zstd ? new ClusterCompressor.Zstandard() : new ClusterCompressor.Deflate()) {
      Qcow2Output output = new Qcow2Output(channel, disk.length, clusterBits, zstd);
      for (int number = 0; number < padded.length / cluster; number++) {
        int at = number * cluster;
        if (io.drover.converter.image.Zeros.only(padded, at, at + cluster)) {
          continue;
        }
        int size = compressor.compress(padded, at, cluster, smaller);
        if (size < 0 || random.nextInt(8) == 0) {
          output.plain(number, ByteBuffer.wrap(padded, at, cluster));
        } else {
          output.compressed(number, ByteBuffer.wrap(smaller, 0, size));
        }
      }
      output.finish();
    }
  }

  private String qemuImg(String... arguments) throws Exception {
    List<String> command = new java.util.ArrayList<>(List.of("qemu-img"));
    command.addAll(List.of(arguments));
    Process process =
        new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), said);
    return said;
  }
}
