package io.drover.converter.object.s3;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import software.amazon.awssdk.services.s3.model.S3Response;

/**
 * The server's time, as each answer tells it. Workers' clocks differ, and what one of them takes
 * for old another may have written a moment ago.
 */
final class ServerClock {
  private ServerClock() {}

  /** When the answer was given; by our own clock where the server does not say. */
  static Instant of(S3Response answer) {
    return answer
        .sdkHttpResponse()
        .firstMatchingHeader("Date")
        .flatMap(
            date -> {
              try {
                return Optional.of(Instant.from(DateTimeFormatter.RFC_1123_DATE_TIME.parse(date)));
              } catch (DateTimeException e) {
                return Optional.empty();
              }
            })
        .orElseGet(Instant::now);
  }

  /** From then to now, not negative: dates have whole seconds; zero where the server gave none. */
  static Duration age(Instant then, Instant now) {
    return then == null || then.isAfter(now) ? Duration.ZERO : Duration.between(then, now);
  }
}
