package io.drover.routes.report;

/** Adds results up. Thread-safe. */
public final class BatchTally {
  private BatchTotals totals = BatchTotals.NONE;

  public synchronized void add(BatchResult result) {
    totals = totals.plus(result);
  }

  /** So far. */
  public synchronized BatchTotals totals() {
    return totals;
  }
}
