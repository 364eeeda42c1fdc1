package io.drover.converter.imports;

import io.drover.converter.error.ImportException;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What an import goes on in spite of, until it is stopped. Thread-safe. */
final class Trouble implements Patience.Watcher {
  private static final Logger LOG = LoggerFactory.getLogger(Trouble.class);

  private final String importId;
  private final LaneGate gate;
  private volatile ImportException current;

  Trouble(String importId, LaneGate gate) {
    this.importId = importId;
    this.gate = gate;
  }

  /** Why a step is tried again just now, if one is. */
  Optional<ImportException> current() {
    return Optional.ofNullable(current);
  }

  @Override
  public void retrying(ImportException cause) {
    if (current == null) {
      LOG.warn("import {}: {}: {}; trying again", importId, cause.code(), cause.getMessage());
    }
    current = cause;
  }

  @Override
  public void recovered() {
    current = null;
  }

  @Override
  public void requireGoing() throws ImportException {
    gate.requireGoing();
  }
}
