package io.drover.converter.digest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.drover.converter.error.ImportException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PartDigesterTest {
  private static final int BLOCK = 4 << 20;

  /** The definition, in five lines. */
  private static String reference(byte[] disk) throws NoSuchAlgorithmException {
    MessageDigest all = MessageDigest.getInstance("SHA-256");
    for (int from = 0; from < disk.length; from += BLOCK) {
      byte[] block = Arrays.copyOfRange(disk, from, Math.min(from + BLOCK, disk.length));
      all.update(MessageDigest.getInstance("SHA-256").digest(block));
    }
    return "sha256-4m:" + HexFormat.of().formatHex(all.digest());
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void anySplitGivesTheDigestOfOnePass(long seed) throws Exception {
    Random random = new Random(seed);
    byte[] disk = sparseDisk(random);
    BlockDigests digests = new BlockDigests(disk.length);
    List<long[]> parts = new ArrayList<>();
    for (long start = 0; start < disk.length; ) {
      // odd seeds: parts that end anywhere, so that blocks lie in several of them
      long length =
          seed % 2 == 1 ? 1 + random.nextInt(2 * BLOCK) : (1 + random.nextInt(3)) * (long) BLOCK;
      long end = Math.min(start + length, disk.length);
      parts.add(new long[] {start, end});
      start = end;
    }
    Collections.shuffle(parts, random);
    parts.add(parts.get(0)); // run again
    for (long[] part : parts) {
      PartDigester digester = new PartDigester(digests, part[0], part[1]);
      feed(digester, disk, (int) part[0], random);
      digester.finish();
    }
    assertEquals(digests.count(), digests.firstMissing());
    assertEquals(reference(disk), digests.diskDigest());
    for (int block = 0; block < digests.count(); block++) {
      int from = block * BLOCK;
      boolean zero = allZeros(disk, from, Math.min(from + BLOCK, disk.length));
      assertEquals(zero, digests.isZero(block));
    }
  }

  /** Zeros go as a run now and then as bytes, whatever the split. */
  private static void feed(PartDigester digester, byte[] disk, int start, Random random)
      throws ImportException {
    int position = start;
    while (position < digester.feedEnd()) {
      assertEquals(position, digester.position());
      int length = (int) Math.min(digester.feedEnd() - position, 1 + random.nextInt(1 << 20));
      if (allZeros(disk, position, position + length) && random.nextInt(4) > 0) {
        digester.zeros(length);
      } else {
        ByteBuffer data = ByteBuffer.wrap(disk, position, length);
        digester.data(random.nextBoolean() ? data : data.asReadOnlyBuffer());
      }
      position += length;
    }
  }

  private static byte[] sparseDisk(Random random) {
    byte[] disk = new byte[(5 + random.nextInt(4)) * BLOCK + 512 * random.nextInt(8192)];
    for (int islands = random.nextInt(8); islands >= 0; islands--) {
      byte[] island = new byte[1 + random.nextInt(3 << 19)];
      random.nextBytes(island);
      System.arraycopy(island, 0, disk, random.nextInt(disk.length - island.length), island.length);
    }
    return disk;
  }

  private static boolean allZeros(byte[] disk, int from, int to) {
    for (int index = from; index < to; index++) {
      if (disk[index] != 0) {
        return false;
      }
    }
    return true;
  }

  @Test
  void zerosOfManyTebibytesAreNotHashed() throws ImportException {
    long size = (40L << 40) + 512;
    BlockDigests digests = new BlockDigests(size);
    PartDigester digester = new PartDigester(digests, 0, size);
    // hashing would take hours
    assertTimeout(
        Duration.ofMinutes(5),
        () -> {
          digester.zeros(size);
          digester.finish();
        });
    assertEquals(digests.count(), digests.firstMissing());
    assertTrue(digests.isZero(digests.count() - 1));
  }

  @Test
  void aPartWithinABlockOwnsNothing() throws ImportException {
    BlockDigests digests = new BlockDigests(2L * BLOCK);
    PartDigester digester = new PartDigester(digests, 1, BLOCK - 1);
    assertEquals(BLOCK - 1, digester.feedEnd());
    digester.data(ByteBuffer.wrap(new byte[] {1, 2, 3}));
    digester.zeros(BLOCK - 5);
    digester.finish();
    assertEquals(0, digests.firstMissing());
  }

  @Test
  void theOwnerOfABlocksFirstByteFinishesIt() {
    BlockDigests digests = new BlockDigests(3L * BLOCK - 512);
    assertEquals(BLOCK, new PartDigester(digests, 0, 1).feedEnd());
    assertEquals(2L * BLOCK, new PartDigester(digests, 1, BLOCK + 1).feedEnd());
    assertEquals(3L * BLOCK - 512, new PartDigester(digests, BLOCK, 2L * BLOCK + 1).feedEnd());
    assertEquals(2L * BLOCK, new PartDigester(digests, BLOCK, 2L * BLOCK).feedEnd());
    assertEquals(BLOCK, new PartDigester(digests, BLOCK, BLOCK).feedEnd());
  }

  @Test
  void tooMuchAndTooLittleAreErrors() throws ImportException {
    BlockDigests digests = new BlockDigests(2L * BLOCK);
    PartDigester digester = new PartDigester(digests, 0, BLOCK);
    digester.zeros(BLOCK - 1);
    assertThrows(IllegalStateException.class, digester::finish);
    assertThrows(IllegalArgumentException.class, () -> digester.zeros(2));
    assertThrows(IllegalArgumentException.class, () -> digester.zeros(-1));
    assertThrows(IllegalArgumentException.class, () -> digester.data(ByteBuffer.allocate(2)));
    assertThrows(
        IllegalArgumentException.class, () -> new PartDigester(digests, 1, 2L * BLOCK + 1));
  }
}
