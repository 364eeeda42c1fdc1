package io.drover.routes.boot;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.object.StoredObject;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Test;

class BlockCacheTest {
  private static final int MIB = BlockCache.BLOCK_SIZE;

  private final MemoryObjects store = new MemoryObjects();
  private final byte[] bytes = random(20 * MIB + 12_345);
  private final StoredObject object = store.add("disk.raw", bytes);

  @Test
  void readsAcrossBlocksAndTheShortLastOne() throws IOException {
    BlockCache cache = new BlockCache(store, 8, Runnable::run);
    Random random = new Random(7);
    for (int i = 0; i < 200; i++) {
      int offset = random.nextInt(bytes.length);
      int length = random.nextInt(Math.min(3 * MIB, bytes.length - offset) + 1);
      assertArrayEquals(
          Arrays.copyOfRange(bytes, offset, offset + length), read(cache, offset, length));
    }
  }

  @Test
  void readsABlockOnce() throws IOException {
    BlockCache cache = new BlockCache(store, 8, Runnable::run);
    read(cache, 5 * MIB + 1, 10);
    read(cache, 5 * MIB + 500_000, 10);
    assertEquals(1, store.reads.get());
  }

  @Test
  void readsAheadOnlyInSequence() throws IOException {
    BlockCache cache = new BlockCache(store, 8, Runnable::run);
    read(cache, 15L * MIB, 10);
    read(cache, 2L * MIB, 10);
    assertEquals(2, store.reads.get());
    read(cache, 3L * MIB, 10);
    // block 3 and the four behind it
    assertEquals(7, store.reads.get());
    read(cache, 4L * MIB, 4 * MIB);
    // those were there; one more is read ahead for each of the four
    assertEquals(11, store.reads.get());
  }

  @Test
  void forgetsTheOldestBlock() throws IOException {
    BlockCache cache = new BlockCache(store, 8, Runnable::run);
    for (int index = 0; index <= 16; index += 2) {
      read(cache, (long) index * MIB, 1);
    }
    assertEquals(9, store.reads.get());
    read(cache, 16L * MIB, 1);
    assertEquals(9, store.reads.get());
    read(cache, 0, 1);
    assertEquals(10, store.reads.get());
  }

  @Test
  void aFailureIsToldAndTriedAgain() throws IOException {
    BlockCache cache = new BlockCache(store, 8, Runnable::run);
    store.failure = ImportException.resumable(ErrorCode.TARGET_UNAVAILABLE, "no answer", null);
    assertSame(store.failure, assertThrows(ImportException.class, () -> read(cache, 0, 1)));
    store.failure = null;
    assertEquals(bytes[0], read(cache, 0, 1)[0]);
  }

  @Test
  void readsItselfWhatReadAheadDidNotTake() throws IOException {
    BlockCache cache =
        new BlockCache(
            store,
            8,
            task -> {
              throw new RejectedExecutionException("full");
            });
    assertArrayEquals(Arrays.copyOf(bytes, 6 * MIB), read(cache, 0, 6 * MIB));
  }

  @Test
  void aFailedReadAheadDoesNotFailTheReader() throws IOException {
    List<Runnable> waiting = new ArrayList<>();
    BlockCache cache = new BlockCache(store, 8, waiting::add);
    read(cache, 0, 1);
    read(cache, MIB, 1);
    store.failure = ImportException.resumable(ErrorCode.TARGET_UNAVAILABLE, "no answer", null);
    waiting.forEach(Runnable::run);
    store.failure = null;
    assertEquals(bytes[2 * MIB], read(cache, 2L * MIB, 1)[0]);
  }

  @Test
  void manyReadersShareTheReads() throws Exception {
    ExecutorService ahead = Executors.newFixedThreadPool(4);
    ExecutorService readers = Executors.newFixedThreadPool(8);
    try {
      BlockCache cache = new BlockCache(store, 32, ahead);
      Callable<byte[]> whole = () -> read(cache, 0, bytes.length);
      List<Future<byte[]>> results = readers.invokeAll(List.of(whole, whole, whole, whole, whole));
      for (Future<byte[]> result : results) {
        assertArrayEquals(bytes, result.get());
      }
      assertEquals(21, store.reads.get());
    } finally {
      readers.shutdownNow();
      ahead.shutdownNow();
    }
    assertTrue(readers.isShutdown());
  }

  private byte[] read(BlockCache cache, long offset, int length) throws IOException {
    ByteBuffer target = ByteBuffer.allocate(length);
    cache.read(object, offset, target);
    return target.array();
  }

  private static byte[] random(int length) {
    byte[] bytes = new byte[length];
    new Random(1).nextBytes(bytes);
    return bytes;
  }
}
