package io.drover.converter.qcow2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.github.luben.zstd.Zstd;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.zip.DataFormatException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Frame headers that want memory are refused by us, before the library sees them. */
class UnzstdTest {
  private static final int CLUSTER = 4096;

  @ParameterizedTest
  @CsvSource({
    // window descriptors: exponent and eighths; RFC 8878, section 3.1.1.1.2
    "28b52ffd 00 69 00000000, 9437184",
    "28b52ffd 00 6f 00000000, 15728640",
    "28b52ffd 00 70 00000000, 16777216",
    "28b52ffd 00 f8 00000000, 2199023255552",
    "28b52ffd 00 ff 00000000, 4123168604160",
    // one segment: the content's size in 4 or 8 bytes, after a dictionary's number of 0 to 4
    "28b52ffd a0 01008000, 8388609",
    "28b52ffd a0 ffffffff, 4294967295",
    "28b52ffd a1 07 01008000, 8388609",
    "28b52ffd a2 0707 01008000, 8388609",
    "28b52ffd a3 07070707 01008000, 8388609",
    "28b52ffd e0 0000000000000040, 4611686018427387904",
    "28b52ffd e0 ffffffffffffffff, 18446744073709551615"
  })
  void windowsBeyondTheLimitAreRefused(String frame, String window) {
    assertEquals(
        "a frame wants a window of " + window + " bytes, at most 8388608 are allowed",
        refusal(frame));
  }

  @ParameterizedTest
  @CsvSource({
    "28b52ffd 00 68 00000000",
    "28b52ffd a0 00008000 00",
    "28b52ffd 60 ffff 00",
    "28b52ffd 20 ff 00"
  })
  void windowsUpToTheLimitAreLeftToTheLibrary(String frame) {
    assertTrue(!refusal(frame).contains("window"), refusal(frame));
  }

  @ParameterizedTest
  @CsvSource({
    "28b52ffd00, the data ends where a frame should begin",
    "28b52ffe0000, no frame begins with fe2fb528"
  })
  void whatIsNoFrameIsNamed(String frame, String message) {
    assertEquals(message, refusal(frame));
  }

  @Test
  void aDecompressorWorksAgainAfterDamage() throws DataFormatException {
    byte[] frame = Zstd.compress(new byte[CLUSTER]);
    try (Unzstd unzstd = new Unzstd()) {
      for (int cut = 6; cut < frame.length; cut++) {
        ByteBuffer part = direct(frame).limit(cut);
        assertThrows(
            DataFormatException.class,
            () -> unzstd.decompress(part, ByteBuffer.allocateDirect(CLUSTER)));
        ByteBuffer cluster = ByteBuffer.allocateDirect(CLUSTER);
        unzstd.decompress(direct(frame), cluster);
        assertEquals(0, cluster.remaining());
      }
    }
  }

  private static String refusal(String frame) {
    ByteBuffer compressed = direct(HexFormat.of().parseHex(frame.replace(" ", "")));
    try (Unzstd unzstd = new Unzstd()) {
      return assertThrows(
              DataFormatException.class,
              () -> unzstd.decompress(compressed, ByteBuffer.allocateDirect(CLUSTER)))
          .getMessage();
    }
  }

  private static ByteBuffer direct(byte[] bytes) {
    return ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
  }
}
