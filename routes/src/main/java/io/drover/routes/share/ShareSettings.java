package io.drover.routes.share;

import java.time.Duration;

/**
 * @param group the share group
 * @param slots records that are worked on at the same time
 * @param lock how long the broker keeps a record for a silent consumer
 */
public record ShareSettings(String topic, String group, int slots, Duration lock) {
  public ShareSettings {
    if (slots < 1 || lock.toMillis() < 100) {
      throw new IllegalArgumentException(slots + " slots, a lock of " + lock.toMillis() + " ms");
    }
  }
}
