package io.drover.converter.object;

import java.io.InterruptedIOException;

/**
 * A limit on bytes a second, for all who share it: a token bucket that holds a quarter of a
 * second's worth, so that a pause does not become a burst. Thread-safe.
 */
public final class RateLimit {
  private static final long NANOS = 1_000_000_000L;
  private static final long BURST_NANOS = NANOS / 4;
  private static final int LARGEST_STEP = 64 << 10;

  private final long bytesPerSecond;
  private long paidUntil = System.nanoTime();

  /**
   * @param bytesPerSecond at least 1
   */
  public RateLimit(long bytesPerSecond) {
    if (bytesPerSecond < 1) {
      throw new IllegalArgumentException(bytesPerSecond + " bytes a second");
    }
    this.bytesPerSecond = bytesPerSecond;
  }

  public long bytesPerSecond() {
    return bytesPerSecond;
  }

  /** Most bytes to take at a time, so that nobody waits for long at once. */
  int step() {
    return (int) Math.max(1, Math.min(LARGEST_STEP, bytesPerSecond / 20));
  }

  /** Waits until so many more bytes may go. */
  void take(int bytes) throws InterruptedIOException {
    long wait;
    synchronized (this) {
      long now = System.nanoTime();
      long from = paidUntil - (now - BURST_NANOS) < 0 ? now - BURST_NANOS : paidUntil;
      paidUntil = from + (long) ((double) bytes * NANOS / bytesPerSecond);
      wait = paidUntil - now;
    }
    if (wait <= 0) {
      return;
    }
    try {
      Thread.sleep(wait / 1_000_000, (int) (wait % 1_000_000));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while it waited for its turn to send");
    }
  }
}
