package io.drover.converter.digest;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class BlockDigestsTest {
  private static final int BLOCK = 4 << 20;

  @Test
  void zerosHaveTheirPublishedConstant() throws ImportException {
    // head -c 4194304 /dev/zero | sha256sum
    String constant = "bb9f8df61474d25e71fa00722318cd387396ca1736605e1248821cc0de3d3af8";
    BlockDigests digests = new BlockDigests(BLOCK + 512L);
    digests.putZero(0);
    digests.putZero(1);
    assertEquals(constant, HexFormat.of().formatHex(digests.get(0)));
    // head -c 512 /dev/zero | sha256sum
    assertEquals(
        "076a27c79e5ace2a3d47f9dd2e83e4ff6ea8872b3c2218f66c92b89b55f36560",
        HexFormat.of().formatHex(digests.get(1)));
  }

  @Test
  void anEmptyDiskHasTheDigestOfNothing() {
    BlockDigests digests = new BlockDigests(0);
    assertEquals(0, digests.count());
    assertEquals(0, digests.firstMissing());
    assertEquals(
        "sha256-4m:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        digests.diskDigest());
  }

  @Test
  void blocksComeInAnyOrderFromManyThreads() throws Exception {
    int count = 4999; // the last is zeros, and short
    BlockDigests digests = new BlockDigests((long) count * BLOCK - 1);
    byte[] zerosOfABlock = MessageDigest.getInstance("SHA-256").digest(new byte[BLOCK]);
    byte[] zerosAtTheEnd = MessageDigest.getInstance("SHA-256").digest(new byte[BLOCK - 1]);
    MessageDigest expected = MessageDigest.getInstance("SHA-256");
    List<Integer> order = new ArrayList<>();
    for (int block = 0; block < count; block++) {
      order.add(block);
      order.add(block); // parts that are run again
      byte[] zeros = block == count - 1 ? zerosAtTheEnd : zerosOfABlock;
      expected.update(block % 3 == 0 ? zeros : sha256Of(block));
    }
    Collections.shuffle(order, new Random(4));
    ExecutorService lanes = Executors.newFixedThreadPool(4);
    List<Future<?>> running = new ArrayList<>();
    for (int lane = 0; lane < 4; lane++) {
      List<Integer> mine = order.subList(lane * order.size() / 4, (lane + 1) * order.size() / 4);
      running.add(
          lanes.submit(
              () -> {
                for (int block : mine) {
                  if (block % 3 == 0) {
                    digests.putZero(block);
                  } else {
                    digests.put(block, sha256Of(block));
                  }
                }
                return null;
              }));
    }
    for (Future<?> lane : running) {
      lane.get();
    }
    lanes.shutdown();
    assertEquals(count, digests.firstMissing());
    assertTrue(digests.isZero(3));
    assertFalse(digests.isZero(4));
    assertArrayEquals(sha256Of(4), digests.get(4));
    assertEquals("sha256-4m:" + HexFormat.of().formatHex(expected.digest()), digests.diskDigest());
  }

  @Test
  void whatIsMissingIsNoDigest() throws ImportException {
    BlockDigests digests = new BlockDigests(3L * BLOCK);
    digests.putZero(0);
    digests.put(2, sha256Of(2));
    assertEquals(1, digests.firstMissing());
    assertFalse(digests.isKnown(1));
    assertThrows(IllegalStateException.class, digests::diskDigest);
    assertThrows(IllegalStateException.class, () -> digests.get(1));
    assertThrows(IndexOutOfBoundsException.class, () -> digests.putZero(3));
    assertThrows(IllegalArgumentException.class, () -> digests.put(1, new byte[31]));
  }

  @Test
  void theDigestOfZerosMeansZeros() throws ImportException {
    BlockDigests digests = new BlockDigests(2L * BLOCK);
    digests.put(1, Sha256.ofZeros(BLOCK));
    digests.putZero(1);
    assertTrue(digests.isZero(1));
  }

  @Test
  void bytesThatDifferAtTheSecondReadingAreAnError() throws ImportException {
    BlockDigests digests = new BlockDigests(4L * BLOCK);
    digests.put(1, sha256Of(1));
    digests.put(1, sha256Of(1));
    digests.putZero(2);
    changed(() -> digests.put(1, sha256Of(2)));
    changed(() -> digests.putZero(1));
    changed(() -> digests.put(2, sha256Of(2)));
    assertArrayEquals(sha256Of(1), digests.get(1));
  }

  private static void changed(Executable put) {
    assertEquals(ErrorCode.SOURCE_CHANGED, assertThrows(ImportException.class, put).code());
  }

  private static byte[] sha256Of(int number) {
    MessageDigest digest = Sha256.start();
    digest.update((byte) (number >> 8));
    return digest.digest(new byte[] {(byte) number});
  }
}
