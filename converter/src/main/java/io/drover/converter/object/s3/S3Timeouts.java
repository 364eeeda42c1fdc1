package io.drover.converter.object.s3;

import java.time.Duration;

/**
 * How long to wait for the server.
 *
 * @param connect for a connection
 * @param silence for the next byte of an answer
 * @param completion for the next byte where the server works before it answers: joining parts
 * @param slowestBytesPerSecond a part may take {@code silence} and its length at this rate, after
 *     which the attempt counts as stalled: a socket's timeout does not cover writing
 */
public record S3Timeouts(
    Duration connect, Duration silence, Duration completion, long slowestBytesPerSecond) {
  /** 10 s, 60 s, 15 min, 128 KiB/s. */
  public static final S3Timeouts DEFAULT =
      new S3Timeouts(
          Duration.ofSeconds(10), Duration.ofSeconds(60), Duration.ofMinutes(15), 128 << 10);

  public S3Timeouts {
    requirePositive(connect);
    requirePositive(silence);
    requirePositive(completion);
    if (slowestBytesPerSecond <= 0) {
      throw new IllegalArgumentException(slowestBytesPerSecond + " bytes per second");
    }
  }

  /** For one attempt at a request with a body of this many bytes. */
  Duration forBody(long length) {
    return silence.plusSeconds(length / slowestBytesPerSecond);
  }

  private static void requirePositive(Duration duration) {
    if (duration.isNegative() || duration.isZero()) {
      throw new IllegalArgumentException("timeout " + duration);
    }
  }
}
