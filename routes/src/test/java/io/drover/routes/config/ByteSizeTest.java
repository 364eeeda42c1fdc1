package io.drover.routes.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ByteSizeTest {
  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "512, 512",
    "64k, 65536",
    "64K, 65536",
    "2M, 2097152",
    "2MiB, 2097152",
    "2mb, 2097152",
    "1 G, 1073741824",
    "2t, 2199023255552",
    "1P, 1125899906842624",
    "8191P, 9222246136947933184",
    "7B, 7"
  })
  void readsWhatQemuImgReads(String text, long bytes) {
    assertEquals(bytes, ByteSize.parse(text));
    assertEquals(bytes, ByteSize.parse("  " + text + " "));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "k",
        "-1",
        "+1",
        "1.5G",
        "1e3",
        "0x10",
        "64kk",
        "64 k i",
        "64x",
        "٣",
        "1\n2",
        "8192P",
        "999999999999999999k",
        "1234567890123456789"
      })
  void refusesTheRestAndQuotesIt(String text) {
    IllegalArgumentException refused =
        assertThrows(IllegalArgumentException.class, () -> ByteSize.parse(text));
    assertTrue(refused.getMessage().contains("'" + text + "'"), refused.getMessage());
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0 B",
    "1023, 1023 B",
    "1024, 1.00 KiB",
    "1536, 1.50 KiB",
    "10240, 10.0 KiB",
    "102400, 100 KiB",
    "1048575, 1.00 MiB",
    "1047961, 1023 KiB",
    "65536, 64.0 KiB",
    "9223372036854775807, 8.00 EiB"
  })
  void printsThreeDigits(long bytes, String text) {
    assertEquals(text, ByteSize.print(bytes));
  }

  @Test
  void printsWhatIsWithinHalfAPercent() {
    Random random = new Random(7);
    for (int round = 0; round < 2_000; round++) {
      long bytes = random.nextLong() >>> 1 + random.nextInt(60);
      String[] words = ByteSize.print(bytes).split(" ");
      long unit = words[1].equals("B") ? 1 : 1L << 10 * ("KMGTPE".indexOf(words[1].charAt(0)) + 1);
      double printed = Double.parseDouble(words[0]) * unit;
      assertEquals(bytes, printed, bytes * 0.006 + 0.5, words[0] + " " + words[1]);
    }
  }
}
