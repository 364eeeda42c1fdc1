package io.drover.converter.imports;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.storage.RandomAccessSource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * The SHA-256 of the source file, from its first byte to its last, computed beside the lanes: they
 * read guest order and skip holes, so they cannot do it. The page cache serves the second reader.
 */
final class SourceChecksum {
  private static final int WINDOW = 1 << 20;

  private final RandomAccessSource source;
  private final FutureTask<String> task;
  private volatile boolean stopped;

  private SourceChecksum(RandomAccessSource source) {
    this.source = source;
    this.task = new FutureTask<>(this::digest);
  }

  static SourceChecksum start(RandomAccessSource source) {
    SourceChecksum checksum = new SourceChecksum(source);
    Thread thread = new Thread(checksum.task, "source-checksum");
    thread.setDaemon(true);
    thread.start();
    return checksum;
  }

  /**
   * Waits for the digest.
   *
   * @param expected 64 hex digits
   * @throws ImportException {@code SOURCE_CHANGED} if it is another
   */
  String require(String expected) throws IOException {
    String found;
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

  private String digest() throws IOException {
    MessageDigest sha256;
    try {
      sha256 = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
    ByteBuffer window = ByteBuffer.allocateDirect(WINDOW);
    for (long offset = 0; offset < source.size() && !stopped; offset += WINDOW) {
      window.clear().limit((int) Math.min(WINDOW, source.size() - offset));
      source.readFully(offset, window);
      sha256.update(window.flip());
    }
    return HexFormat.of().formatHex(sha256.digest());
  }
}
