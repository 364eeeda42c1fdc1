package io.drover.converter.hostile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.drover.converter.image.FormatSignatures;
import io.drover.converter.image.FormatSignaturesTest;
import io.drover.converter.image.ImageFormat;
import io.drover.converter.qcow2.QemuTools;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** No disk that we call plain is an image to a QEMU that guesses. */
class ProbedDisksTest {
  private static final String[] LINES = {"# x\n", "#\n", "#x\r\n", " \n", "   \n", "  \r\n"};
  private static final String[] ODD = {"\n", "\r\n", "\0", "#", " ", "x", "4", "\t\n", "#\r"};

  @TempDir Path directory;

  @Test
  void qemuTakesPlainDisksForRaw() throws IOException {
    List<byte[]> disks = new ArrayList<>();
    FormatSignaturesTest.corpus().stream()
        .filter(it -> it.format() == ImageFormat.RAW && it.disk().isPresent())
        .forEach(it -> disks.add(it.disk().get().get()));
    assertTrue(disks.size() > 50);
    for (byte[] disk : disks) {
      assertTrue(isRaw(disk), Arrays.toString(Arrays.copyOf(disk, 40)));
    }
  }

  @Test
  void qemuKnowsTheVmdkDescriptorsThatWeKnow() throws IOException {
    int known = 0;
    for (long seed = 0; seed < 80; seed++) {
      byte[] text = descriptor(new Random(seed));
      boolean plain = FormatSignatures.looksLike(ByteBuffer.wrap(text)).isEmpty();
      assertEquals(isRaw(text), plain, "seed " + seed + ": " + new String(text).strip());
      known += plain ? 0 : 1;
    }
    assertTrue(known > 20 && known < 60, known + " of 80");
  }

  /** What QEMU makes of it; it fails on a descriptor that it knows, for want of extents. */
  private boolean isRaw(byte[] disk) throws IOException {
    Path file = Files.write(directory.resolve("disk"), disk);
    try {
      return QemuTools.img(directory, "info", file.toString()).contains("file format: raw");
    } catch (AssertionError refused) {
      return false;
    }
  }

  /** The beginning of a VMDK descriptor, most often with something wrong in it. */
  private static byte[] descriptor(Random random) {
    List<String> pieces = new ArrayList<>();
    for (int left = random.nextInt(4); left > 0; left--) {
      pieces.add(LINES[random.nextInt(LINES.length)]);
    }
    pieces.add("version=" + (1 + random.nextInt(3)));
    pieces.add(random.nextBoolean() ? "\n" : "\r\n");
    if (random.nextInt(3) > 0) {
      String odd = ODD[random.nextInt(ODD.length)];
      pieces.add(random.nextInt(pieces.size() + 1), odd);
    }
    return Arrays.copyOf(String.join("", pieces).getBytes(StandardCharsets.US_ASCII), 4096);
  }
}
