package io.drover.converter.qcow2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.drover.converter.error.ImportException;
import io.drover.converter.error.Outcome;
import io.drover.converter.image.ReadPolicy;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Seeded mutations of metadata: refused with a name, or read as QEMU reads them. */
class MutatedImageTest {
  private static final long[] VALUES = {
    0,
    1,
    2,
    511,
    512,
    65535,
    65536,
    131072,
    1L << 20,
    1L << 31,
    1L << 32,
    1L << 40,
    1L << 55,
    1L << 56,
    1L << 62,
    Long.MIN_VALUE,
    Long.MAX_VALUE,
    -1,
    -512
  };

  /** Enough to meet acceptances; more by hand, since each asks qemu-img. */
  private static final int JUDGED_MAX = 12;

  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(
      strings = {"cluster_size=64k", "extended_l2=on,cluster_size=16k", "compression_type=zstd"})
  void refusedOrAsQemu(String options) throws IOException {
    Path image = directory.resolve("image.qcow2");
    QemuTools.img(directory, "create", "-f", "qcow2", "-o", options, image.toString(), "1M");
    QemuTools.io(
        image,
        "write -P 1 0 100k",
        "write -P 2 300k 64k",
        "write -c -P 3 512k 64k",
        "write -z 128k 64k");
    byte[] sound = Files.readAllBytes(image);
    Hostile places = new Hostile(sound);
    long[] targets = {0, places.reftable, places.refblock, places.l1, places.l2};
    Random random = new Random(options.hashCode());
    int refused = 0;
    int judged = 0;
    for (int round = 0; round < 1200; round++) {
      Hostile hostile = new Hostile(sound);
      StringBuilder pokes = new StringBuilder();
      for (int poke = 1 + random.nextInt(3); poke > 0; poke--) {
        long at =
            targets[random.nextInt(targets.length)] + 8L * random.nextInt(round % 2 == 0 ? 14 : 64);
        long value =
            switch (random.nextInt(3)) {
              case 0 -> VALUES[random.nextInt(VALUES.length)];
              case 1 -> hostile.u64(at) ^ 1L << random.nextInt(64);
              default -> targets[random.nextInt(targets.length)] | random.nextInt(4) * (1L << 62);
            };
        hostile.u64(at, value);
        pokes.append(String.format(" %d:%016x", at, value));
      }
      try {
        ByteBuffer guest = HostileCases.readAll(hostile.bytes(), small());
        if (judged < JUDGED_MAX && !java.util.Arrays.equals(sound, hostile.bytes())) {
          judged++;
          Path file = Files.write(directory.resolve("mutant.qcow2"), hostile.bytes());
          assertEquals(ByteBuffer.wrap(QemuTools.guest(file, "qcow2")), guest, "pokes" + pokes);
        }
      } catch (ImportException e) {
        assertEquals(Outcome.REFUSED, e.outcome(), e.getMessage());
        refused++;
      }
    }
    assertTrue(refused > 400, "refused only " + refused);
    assertEquals(JUDGED_MAX, judged);
  }

  private static ReadPolicy small() {
    return ReadPolicy.DEFAULT.withMaxVirtualSize(2 << 20);
  }
}
