package io.drover.converter.qcow2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.image.ReadPolicy;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Images cut at every sector: refused as cut, or whole. QEMU reads most of them as zeros. */
class CutImageTest {
  private static final Set<ErrorCode> CUT =
      Set.of(ErrorCode.SOURCE_TRUNCATED, ErrorCode.QCOW2_HEADER_TRUNCATED);

  @TempDir Path directory;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "''  | cluster_size=512",
        "''  | cluster_size=4k,compat=0.10",
        "''  | cluster_size=64k",
        "''  | cluster_size=16k,extended_l2=on",
        "-c  | cluster_size=64k",
        "-c  | cluster_size=4k,compression_type=zstd"
      })
  void everyCutIsRefusedOrHarmless(String compress, String options) throws IOException {
    byte[] disk = new byte[150_000 / 512 * 512];
    for (int i = 0; i < disk.length; i++) {
      disk[i] = (byte) (i / 4096 % 3 == 0 ? 0 : i * 7 + i / 77);
    }
    Path raw = Files.write(directory.resolve("disk.raw"), disk);
    Path image = directory.resolve("image.qcow2");
    if (compress.isEmpty()) {
      QemuTools.img(
          directory,
          "convert",
          "-f",
          "raw",
          "-O",
          "qcow2",
          "-o",
          options,
          raw.toString(),
          image.toString());
    } else {
      QemuTools.img(
          directory,
          "convert",
          compress,
          "-f",
          "raw",
          "-O",
          "qcow2",
          "-o",
          options,
          raw.toString(),
          image.toString());
    }
    byte[] whole = Files.readAllBytes(image);
    int refused = 0;
    for (int length = 512; length < whole.length; length += 512) {
      try {
        ByteBuffer guest = HostileCases.readAll(Arrays.copyOf(whole, length), ReadPolicy.DEFAULT);
        assertEquals(ByteBuffer.wrap(disk), guest, "cut to " + length + ": other bytes");
      } catch (ImportException e) {
        assertTrue(
            CUT.contains(e.code()), "cut to " + length + ": " + e.code() + " " + e.getMessage());
        refused++;
      }
    }
    assertTrue(refused > whole.length / 512 * 2 / 3, "only " + refused + " cuts refused");
  }
}
