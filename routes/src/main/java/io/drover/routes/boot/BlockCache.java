package io.drover.routes.boot;

import io.drover.converter.object.ObjectLocation;
import io.drover.converter.object.StoredObject;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/**
 * Reads objects in aligned blocks, keeps the last used ones, and reads ahead where blocks are asked
 * for in order. Every block is read once however many ask for it at the same time. Thread-safe.
 *
 * <p>Memory: {@code capacity} blocks, and one for every reading thread beyond it.
 */
final class BlockCache {
  /** QEMU asks for 256 KiB to 2 MiB at a time; one S3 request costs about as much as 1 MiB. */
  static final int BLOCK_SIZE = 1 << 20;

  private static final int READ_AHEAD = 4;

  /** {@link io.drover.converter.object.ObjectStore#read}, which is all that is asked of a store. */
  @FunctionalInterface
  interface Source {
    void read(ObjectLocation location, String etag, long offset, ByteBuffer target)
        throws IOException;
  }

  private record Key(StoredObject object, long index) {}

  private final Source source;
  private final int capacity;
  private final Executor readAhead;
  private final Map<Key, CompletableFuture<byte[]>> blocks = new LinkedHashMap<>(16, 0.75f, true);

  /**
   * @param capacity blocks to keep, at least twice the read-ahead of {@value #READ_AHEAD}
   * @param readAhead runs the reads nobody waits for yet; may reject them
   */
  BlockCache(Source source, int capacity, Executor readAhead) {
    if (capacity < 2 * READ_AHEAD) {
      throw new IllegalArgumentException("capacity " + capacity + " < " + 2 * READ_AHEAD);
    }
    this.source = source;
    this.capacity = capacity;
    this.readAhead = readAhead;
  }

  /**
   * Fills {@code target} from {@code offset} of the object.
   *
   * @throws io.drover.converter.error.ImportException as {@link Source#read}
   */
  void read(StoredObject object, long offset, ByteBuffer target) throws IOException {
    long position = offset;
    while (target.hasRemaining()) {
      byte[] block = block(object, position / BLOCK_SIZE);
      int start = (int) (position % BLOCK_SIZE);
      int length = Math.min(block.length - start, target.remaining());
      target.put(block, start, length);
      position += length;
    }
  }

  private byte[] block(StoredObject object, long index) throws IOException {
    Key key = new Key(object, index);
    CompletableFuture<byte[]> mine = new CompletableFuture<>();
    CompletableFuture<byte[]> known;
    boolean sequential;
    synchronized (blocks) {
      known = blocks.get(key);
      if (known == null) {
        keep(key, mine);
      }
      sequential = index > 0 && blocks.containsKey(new Key(object, index - 1));
    }
    if (sequential) {
      readAhead(object, index + 1);
    }
    if (known != null) {
      try {
        return known.join();
      } catch (CompletionException e) {
        // somebody else's attempt; ours may do better, and has its own error to tell
        return fetch(key);
      }
    }
    load(key, mine);
    try {
      return mine.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof IOException cause) {
        throw cause;
      }
      throw e;
    }
  }

  private void readAhead(StoredObject object, long from) {
    long end = Math.min(from + READ_AHEAD, (object.size() + BLOCK_SIZE - 1) / BLOCK_SIZE);
    for (long index = from; index < end; index++) {
      Key key = new Key(object, index);
      CompletableFuture<byte[]> block = new CompletableFuture<>();
      synchronized (blocks) {
        if (blocks.containsKey(key)) {
          continue;
        }
        keep(key, block);
      }
      try {
        readAhead.execute(() -> load(key, block));
      } catch (RejectedExecutionException e) {
        forget(key, block);
        block.completeExceptionally(e);
        return;
      }
    }
  }

  private void load(Key key, CompletableFuture<byte[]> block) {
    try {
      block.complete(fetch(key));
    } catch (IOException | RuntimeException | Error e) {
      // the next one who asks tries again
      forget(key, block);
      block.completeExceptionally(e);
    }
  }

  private byte[] fetch(Key key) throws IOException {
    long offset = key.index() * BLOCK_SIZE;
    byte[] bytes = new byte[(int) Math.min(BLOCK_SIZE, key.object().size() - offset)];
    source.read(key.object().location(), key.object().etag(), offset, ByteBuffer.wrap(bytes));
    return bytes;
  }

  private void keep(Key key, CompletableFuture<byte[]> block) {
    blocks.put(key, block);
    if (blocks.size() > capacity) {
      blocks.remove(blocks.keySet().iterator().next());
    }
  }

  private void forget(Key key, CompletableFuture<byte[]> block) {
    synchronized (blocks) {
      blocks.remove(key, block);
    }
  }
}
