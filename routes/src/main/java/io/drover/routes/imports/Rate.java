package io.drover.routes.imports;

/**
 * A rate that follows changes within seconds and does not jump: an exponential average with a time
 * constant of {@value #MEMORY_MILLIS} ms. Not thread-safe.
 */
final class Rate {
  private static final double MEMORY_MILLIS = 5_000;

  private long lastMillis = -1;
  private long lastBytes;
  private double bytesPerMilli = -1;

  void sample(long nowMillis, long bytes) {
    long elapsed = nowMillis - lastMillis;
    if (lastMillis >= 0 && elapsed <= 0) {
      return;
    }
    if (lastMillis >= 0) {
      double now = Math.max(0, bytes - lastBytes) / (double) elapsed;
      double weight = bytesPerMilli < 0 ? 1 : 1 - Math.exp(-elapsed / MEMORY_MILLIS);
      bytesPerMilli = bytesPerMilli < 0 ? now : bytesPerMilli + weight * (now - bytesPerMilli);
    }
    lastMillis = nowMillis;
    lastBytes = bytes;
  }

  /** Negative while unknown. */
  long bytesPerSecond() {
    return bytesPerMilli < 0 ? -1 : Math.round(bytesPerMilli * 1000);
  }

  /** Seconds that so many bytes take; negative while unknown. */
  long secondsFor(long bytes) {
    return bytesPerMilli <= 0 ? -1 : (long) Math.ceil(Math.max(0, bytes) / bytesPerMilli / 1000);
  }
}
