package io.drover.converter.object.s3;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/**
 * How often one request is tried before its failure is the caller's.
 *
 * @param attempts the first one included
 * @param base upper bound of the first pause; doubled for each further one
 * @param cap upper bound of every pause
 */
public record RetryPolicy(int attempts, Duration base, Duration cap) {
  /** Five attempts within some 6 seconds at most: longer outages are for the caller to ride out. */
  public static final RetryPolicy DEFAULT =
      new RetryPolicy(5, Duration.ofMillis(200), Duration.ofSeconds(10));

  public RetryPolicy {
    if (attempts < 1 || base.isNegative() || cap.compareTo(base) < 0) {
      throw new IllegalArgumentException(
          "attempts " + attempts + ", base " + base + ", cap " + cap);
    }
  }

  /**
   * "Full jitter": anything from zero to the bound, so that lanes that failed together do not come
   * back together.
   *
   * @param failures attempts that have failed, from 1
   */
  Duration pauseAfter(int failures) {
    long bound = Math.min(cap.toMillis(), base.toMillis() << Math.min(failures - 1, 20));
    return Duration.ofMillis(ThreadLocalRandom.current().nextLong(bound + 1));
  }
}
