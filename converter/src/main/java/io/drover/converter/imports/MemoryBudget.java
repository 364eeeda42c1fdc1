package io.drover.converter.imports;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * The memory for part buffers, shared by all lanes of the process: a lane waits here until there is
 * room, and that is what holds the readers back. Thread-safe.
 *
 * <p>Bytes held at any time, used or kept for reuse, never exceed the budget.
 */
public final class MemoryBudget {
  private final long limit;
  private final Deque<byte[]> idle = new ArrayDeque<>();
  private long held;

  public MemoryBudget(long limit) {
    if (limit < 1) {
      throw new IllegalArgumentException("memory budget " + limit);
    }
    this.limit = limit;
  }

  /** Bytes. */
  public long limit() {
    return limit;
  }

  /** Bytes that lanes hold just now; what is kept for them to use again does not count. */
  public synchronized long used() {
    long used = held;
    for (byte[] buffer : idle) {
      used -= buffer.length;
    }
    return used;
  }

  /**
   * Waits for a buffer of at least {@code length} bytes; its content is undefined.
   *
   * @throws IllegalArgumentException if the whole budget is smaller
   */
  synchronized byte[] acquire(int length) throws InterruptedException {
    if (length > limit) {
      throw new IllegalArgumentException("buffer of " + length + " out of a budget of " + limit);
    }
    while (true) {
      byte[] buffer = takeIdle(length);
      if (buffer != null) {
        return buffer;
      }
      while (held + length > limit && !idle.isEmpty()) {
        held -= idle.removeLast().length;
      }
      if (held + length <= limit) {
        held += length;
        return new byte[length];
      }
      wait();
    }
  }

  synchronized void release(byte[] buffer) {
    idle.addFirst(buffer);
    notifyAll();
  }

  private byte[] takeIdle(int length) {
    for (byte[] buffer : idle) {
      // a buffer of another import's part size would hide how much is really needed
      if (buffer.length == length) {
        idle.remove(buffer);
        return buffer;
      }
    }
    return null;
  }
}
