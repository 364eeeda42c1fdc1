package io.drover.converter.object;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

class Crc32cTest {
  @Test
  void checkValue() {
    // the catalogue's value for "123456789" (CRC-32/ISCSI)
    byte[] digits = "123456789".getBytes(StandardCharsets.US_ASCII);
    assertEquals(0xE3069283, Crc32c.of(digits, 0, digits.length));
  }

  @Test
  void combinedIsThatOfBothTogether() {
    Random random = new Random(42);
    byte[] bytes = new byte[70_000];
    random.nextBytes(bytes);
    for (int round = 0; round < 300; round++) {
      int lengthA = random.nextInt(1 << random.nextInt(16));
      int lengthB = random.nextInt(1 << random.nextInt(16));
      assertEquals(
          Crc32c.of(bytes, 0, lengthA + lengthB),
          Crc32c.combine(Crc32c.of(bytes, 0, lengthA), Crc32c.of(bytes, lengthA, lengthB), lengthB),
          lengthA + " and " + lengthB);
    }
  }

  @Test
  void combinedOverMoreThanFourGigabytesOfZeros() {
    // zeros by doubling; 2^36 is beyond the period where zlib's table of powers would go wrong
    int one = Crc32c.of(new byte[1], 0, 1);
    int crc = one;
    for (int power = 0; power < 36; power++) {
      crc = Crc32c.combine(crc, crc, 1L << power);
    }
    int bytewise = Crc32c.of(new byte[1 << 16], 0, 1 << 16);
    int large = bytewise;
    for (int power = 16; power < 36; power++) {
      large = Crc32c.combine(large, large, 1L << power);
    }
    assertEquals(large, crc);
    assertEquals(Crc32c.combine(one, crc, 1L << 36), Crc32c.combine(crc, one, 1));
  }

  @Test
  void nothingAddsNothing() {
    assertEquals(0xE3069283, Crc32c.combine(0xE3069283, 0, 0));
    assertEquals(0xE3069283, Crc32c.combine(0, 0xE3069283, 9));
    assertThrows(IllegalArgumentException.class, () -> Crc32c.combine(0, 0, -1));
  }
}
