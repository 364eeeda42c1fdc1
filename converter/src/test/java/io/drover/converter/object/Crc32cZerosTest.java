package io.drover.converter.object;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.Random;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;

class Crc32cZerosTest {
  @Test
  void knowsThePublishedValueOf32Zeros() {
    assertEquals(0x8A9136AA, Crc32c.ofZeros(32)); // RFC 3720, appendix B.4
  }

  @Test
  void concatenationsAgreeWithTheWhole() {
    Random random = new Random(32);
    for (int round = 0; round < 500; round++) {
      byte[] bytes = new byte[random.nextInt(5000)];
      random.nextBytes(bytes);
      int combined = 0;
      int from = 0;
      while (from < bytes.length) {
        int to = from + 1 + random.nextInt(bytes.length - from);
        combined = Crc32c.combine(combined, crc(Arrays.copyOfRange(bytes, from, to)), to - from);
        from = to;
      }
      assertEquals(crc(bytes), combined);
    }
  }

  @Test
  void zerosAgreeWithTheirBytes() {
    Random random = new Random(33);
    for (int round = 0; round < 200; round++) {
      int length = random.nextInt(100_000) >> random.nextInt(17);
      assertEquals(crc(new byte[length]), Crc32c.ofZeros(length));
    }
    assertEquals(0, Crc32c.ofZeros(0));
  }

  @Test
  void lengthsReachTheLargestObject() {
    // 48.8 TiB at once, and in 10,000 pieces
    long piece = 5L << 30;
    int crc = 0;
    for (int part = 0; part < 10_000; part++) {
      crc = Crc32c.combine(crc, Crc32c.ofZeros(piece), piece);
    }
    assertEquals(Crc32c.ofZeros(10_000 * piece), crc);
    byte[] fourMebibytes = new byte[4 << 20];
    CRC32C reference = new CRC32C();
    for (long fed = 0; fed < piece / 20; fed += fourMebibytes.length) {
      reference.update(fourMebibytes);
    }
    assertEquals((int) reference.getValue(), Crc32c.ofZeros(piece / 20));
  }

  @Test
  void emptyPiecesChangeNothing() {
    assertEquals(0x12345678, Crc32c.combine(0x12345678, 0, 0));
    assertEquals(0x12345678, Crc32c.combine(0, 0x12345678, 77));
    assertThrows(IllegalArgumentException.class, () -> Crc32c.combine(0, 0, -1));
    assertThrows(IllegalArgumentException.class, () -> Crc32c.ofZeros(-1));
  }

  private static int crc(byte[] bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    return (int) crc.getValue();
  }
}
