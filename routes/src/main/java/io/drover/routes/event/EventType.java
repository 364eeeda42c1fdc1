package io.drover.routes.event;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

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

  /** The type of that label; empty if there is none. */
  public static Optional<EventType> ofLabel(String label) {
    return Arrays.stream(values()).filter(type -> type.label().equals(label)).findAny();
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
