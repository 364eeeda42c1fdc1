package io.drover.converter.imports;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A lock that is held while a request is under way: whoever waits for it waits by {@link Timing}.
 * Reentrant, thread-safe.
 */
final class RequestLock {
  private static final long LOOK_MILLIS = 20;

  private final ReentrantLock lock = new ReentrantLock();
  private final Timing timing;

  RequestLock(Timing timing) {
    this.timing = timing;
  }

  /**
   * @throws ImportException if the thread is interrupted, which stays so
   */
  void lock() throws ImportException {
    try {
      while (!lock.tryLock()) {
        timing.sleep(LOOK_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw ImportException.resumable(ErrorCode.CANCELLED, "interrupted", e);
    }
  }

  boolean tryLock() {
    return lock.tryLock();
  }

  void unlock() {
    lock.unlock();
  }
}
