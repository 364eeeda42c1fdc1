package io.drover.converter.imports;

import io.drover.converter.error.ImportException;

/**
 * Lets lanes work on an import until it is stopped, and tells when the last one left. Thread-safe.
 */
final class LaneGate {
  private ImportException stopped;
  private int inside;

  /** Nobody enters any more; the first reason counts. */
  synchronized void stop(ImportException reason) {
    if (stopped == null) {
      stopped = reason;
    }
  }

  synchronized boolean stopped() {
    return stopped != null;
  }

  /**
   * @throws ImportException the reason, once stopped
   */
  synchronized void requireGoing() throws ImportException {
    if (stopped != null) {
      throw stopped;
    }
  }

  /**
   * @throws ImportException the reason, once stopped
   */
  synchronized void enter() throws ImportException {
    requireGoing();
    inside++;
  }

  synchronized void leave() {
    inside--;
    notifyAll();
  }

  /** Waits until nobody is inside; an interrupt is kept for later. */
  synchronized void awaitEmpty() {
    boolean interrupted = false;
    while (inside > 0) {
      try {
        wait();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
