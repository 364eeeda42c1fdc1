package io.drover.routes.event;

import java.util.Locale;

/** The types of import events, by contract. */
public enum EventType {
  ACCEPTED,
  STARTED,
  PROGRESS,
  RESUMED,
  RETRYING,
  PAUSED,
  COMPLETED,
  FAILED,
  CANCELLED;

  /** As it stands in the CloudEvent: {@code drover.import.completed}. */
  public String label() {
    return "drover.import." + name().toLowerCase(Locale.ROOT);
  }

  /** Whether nothing of this run of the import comes after it. */
  public boolean last() {
    return terminal() || this == PAUSED;
  }

  /** Whether nothing of this import comes after it. */
  public boolean terminal() {
    return this == COMPLETED || this == FAILED || this == CANCELLED;
  }
}
