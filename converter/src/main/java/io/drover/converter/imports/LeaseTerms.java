package io.drover.converter.imports;

import java.time.Duration;

/**
 * How workers keep out of each other's way, see {@link Lease}. All workers on one store should use
 * the same.
 *
 * @param duration for which a lease holds unless it is renewed, 1 s to 10 min
 * @param patient whether an import waits for as long as another worker is on it, as a person at a
 *     command line would; else it is refused for a passing reason once that is known
 */
public record LeaseTerms(Duration duration, boolean patient) {
  static final Duration LEAST = Duration.ofSeconds(1);
  static final Duration MOST = Duration.ofMinutes(10);

  public LeaseTerms {
    if (duration.compareTo(LEAST) < 0 || duration.compareTo(MOST) > 0) {
      throw new IllegalArgumentException(
          "a lease of " + duration.toMillis() + " ms; it lasts 1 s to 10 min");
    }
  }
}
