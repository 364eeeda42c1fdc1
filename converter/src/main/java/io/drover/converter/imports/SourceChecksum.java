package io.drover.converter.imports;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.storage.RandomAccessSource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.Function;

/**
 * The SHA-256 of the source, from its first byte to its last. Lanes read in any order and skip
 * holes, so they cannot compute it: a second reader does, which the page cache serves; or whoever
 * reads the source in order.
 */
final class SourceChecksum {
  private static final int WINDOW = 1 << 20;

  private final FutureTask<String> task;
  private volatile boolean stopped;

  private SourceChecksum(Function<SourceChecksum, Callable<String>> digest) {
    this.task = new FutureTask<>(digest.apply(this));
  }

  /** Reads the source in a thread of its own. */
  static SourceChecksum start(RandomAccessSource source) {
    SourceChecksum checksum = new SourceChecksum(it -> () -> it.digest(source));
    Thread thread = new Thread(LogContext.carried(checksum.task), "source-checksum");
    thread.setDaemon(true);
    thread.start();
    return checksum;
  }

  /** Of bytes that somebody else reads; asked for when all of them were. */
  static SourceChecksum of(Callable<String> digest) {
    return new SourceChecksum(it -> digest);
  }

  /**
   * Waits for the digest.
   *
   * @param expected 64 hex digits
   * @throws ImportException {@code SOURCE_CHANGED} if it is another
   */
  String require(String expected) throws IOException {
    String found;
    // where no thread does it
    task.run();
    try {
      found = task.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw ImportException.resumable(ErrorCode.CANCELLED, "interrupted", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException failure) {
        throw failure;
      }
      throw new IllegalStateException(e.getCause());
    }
    if (!found.equals(expected)) {
      throw ImportException.refused(
          ErrorCode.SOURCE_CHANGED,
          "the source's SHA-256 is "
              + found
              + ", but "
              + expected
              + " was expected: it is another file, or was damaged on its way; nothing was"
              + " committed");
    }
    return found;
  }

  void stop() {
    stopped = true;
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }

  private String digest(RandomAccessSource source) throws IOException {
    MessageDigest sha256 = sha256();
    ByteBuffer window = ByteBuffer.allocateDirect(WINDOW);
    for (long offset = 0; offset < source.size() && !stopped; offset += WINDOW) {
      window.clear().limit((int) Math.min(WINDOW, source.size() - offset));
      source.readFully(offset, window);
      sha256.update(window.flip());
    }
    return HexFormat.of().formatHex(sha256.digest());
  }
}
