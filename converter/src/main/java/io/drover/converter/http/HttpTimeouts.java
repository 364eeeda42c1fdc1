package io.drover.converter.http;

import java.time.Duration;

/**
 * How long a server is waited for, and how often it is asked again.
 *
 * @param connect for a connection
 * @param silence for the next byte of an answer
 * @param attempts in a row that bring no byte before the server counts as away
 * @param firstPause upper bound of the first pause between two; doubled for each further one
 * @param longestPause upper bound of every pause
 */
public record HttpTimeouts(
    Duration connect, Duration silence, int attempts, Duration firstPause, Duration longestPause) {
  /** 10 s, 30 s; eight attempts within some 40 seconds at most. */
  public static final HttpTimeouts DEFAULT =
      new HttpTimeouts(
          Duration.ofSeconds(10),
          Duration.ofSeconds(30),
          8,
          Duration.ofMillis(250),
          Duration.ofSeconds(20));

  public HttpTimeouts {
    if (attempts < 1
        || connect.isNegative()
        || connect.isZero()
        || silence.isNegative()
        || silence.isZero()
        || firstPause.isNegative()
        || longestPause.isNegative()) {
      throw new IllegalArgumentException("attempts " + attempts + ", silence " + silence);
    }
  }

  /** The upper bound of the pause after so many failures, from 1. */
  long pauseMillis(int failures) {
    return Math.min(longestPause.toMillis(), firstPause.toMillis() << Math.min(failures - 1, 20));
  }
}
