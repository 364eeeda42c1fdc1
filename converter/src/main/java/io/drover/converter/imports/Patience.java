package io.drover.converter.imports;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.error.Outcome;
import io.drover.converter.object.UploadLostException;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Tries a step again while its failure is a passing one, for as long as the budget lasts: a store
 * that is away for minutes must not cost hours of work. Pauses are random up to a limit that
 * doubles (full jitter), so that many lanes do not come back at once. The store's own retries take
 * seconds and know the protocol; this is the layer above them. Thread-safe.
 */
final class Patience {
  private static final long FIRST_PAUSE_MILLIS = 1_000;
  private static final long LONGEST_PAUSE_MILLIS = 60_000;
  private static final long LOOK_MILLIS = 100;
  private static final int DENIALS = 3;
  private static final long DENIED_PAUSE_MILLIS = 100_000;

  private final Duration budget;
  private final Watcher watcher;
  private final Timing timing;

  /** A step that may be run again. */
  @FunctionalInterface
  interface Step<T> {
    T run() throws IOException;
  }

  /** Whoever has to know about it. */
  interface Watcher {
    /** Looks whether the import goes on at all; throws if not. */
    void requireGoing() throws ImportException;

    /** A step failed and will be tried again. */
    void retrying(ImportException cause);

    /** A step that had failed went well. */
    void recovered();
  }

  /**
   * @param budget from the first failure of a step to giving up
   */
  Patience(Duration budget, Watcher watcher, Timing timing) {
    this.budget = budget;
    this.watcher = watcher;
    this.timing = timing;
  }

  /**
   * Runs a step in the middle of an import. That the store denies what it has allowed before is
   * taken for a mistake that somebody corrects: a few looks, minutes apart, and then the import
   * ends so that it can be gone on with.
   */
  <T> T insist(Step<T> step) throws IOException {
    for (int denials = 0; ; denials++) {
      try {
        return insistFirst(step);
      } catch (ImportException e) {
        if (e.code() != ErrorCode.TARGET_DENIED || e.outcome() != Outcome.REFUSED) {
          throw e;
        }
        if (denials == DENIALS) {
          throw ImportException.resumable(e.code(), e.getMessage(), e);
        }
        watcher.retrying(e);
        waitFor(Math.min(DENIED_PAUSE_MILLIS, budget.toMillis() / DENIALS));
      }
    }
  }

  /** Runs a step that the store may deny for good: the first of its kind. */
  <T> T insistFirst(Step<T> step) throws IOException {
    long limit = FIRST_PAUSE_MILLIS;
    long deadline = 0;
    while (true) {
      try {
        T result = step.run();
        if (deadline != 0) {
          watcher.recovered();
        }
        return result;
      } catch (ImportException e) {
        if (e.outcome() != Outcome.RESUMABLE
            || e.code() == ErrorCode.CANCELLED
            || e.code() == ErrorCode.LEASE_LOST
            || e.code() == ErrorCode.LEASE_HELD
            || e.code() == ErrorCode.TARGET_CORRUPTED
            || e instanceof UploadLostException) {
          throw e;
        }
        long now = timing.nanoTime();
        if (deadline == 0) {
          deadline = now + budget.toNanos();
        }
        if (now - deadline >= 0) {
          throw e;
        }
        watcher.retrying(e);
        pause(Math.min(limit, TimeUnit.NANOSECONDS.toMillis(deadline - now) + 1));
        limit = Math.min(2 * limit, LONGEST_PAUSE_MILLIS);
      }
    }
  }

  private void pause(long limitMillis) throws IOException {
    waitFor(timing.random(limitMillis));
  }

  private void waitFor(long millis) throws IOException {
    long end = timing.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    while (timing.nanoTime() - end < 0) {
      watcher.requireGoing();
      try {
        timing.sleep(LOOK_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw ImportException.resumable(ErrorCode.CANCELLED, "interrupted", e);
      }
    }
    watcher.requireGoing();
  }
}
