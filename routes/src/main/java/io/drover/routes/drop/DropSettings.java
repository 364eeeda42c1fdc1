package io.drover.routes.drop;

import java.nio.file.Path;
import java.time.Duration;

/**
 * How a drop folder is watched.
 *
 * @param recursive whether folders below the inbox count, too
 * @param delay between two looks
 * @param settle how long a file must stand still
 * @param doneSuffix of the marker file that says that a file is complete; empty: no marker needed
 * @param destination template of where imports go
 * @param jobs imports at a time
 */
public record DropSettings(
    Path inbox,
    boolean recursive,
    Duration delay,
    Duration settle,
    String doneSuffix,
    String destination,
    int jobs) {
  public DropSettings {
    if (jobs < 1) {
      throw new IllegalArgumentException("jobs: " + jobs);
    }
    if (doneSuffix.indexOf('/') >= 0) {
      throw new IllegalArgumentException("marker suffix with a slash: " + doneSuffix);
    }
  }
}
