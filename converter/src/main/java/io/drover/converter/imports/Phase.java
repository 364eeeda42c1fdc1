package io.drover.converter.imports;

import java.util.Locale;

/** Where an import stands. */
public enum Phase {
  VALIDATE,
  PLAN,
  TRANSFER,
  COMMIT,
  DONE;

  /** As it stands in events. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
