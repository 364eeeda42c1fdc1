package io.drover.converter.export;

import java.io.IOException;

/** Lets threads that work on numbered blocks go on in the order of the numbers. Thread-safe. */
final class Turns {
  private int next;
  private IOException failure;

  /**
   * Waits until all blocks before this one are done.
   *
   * @throws IOException why one of them never will be: as it was told, so that whoever listens to
   *     all threads learns the cause from each
   */
  synchronized void await(int block) throws IOException, InterruptedException {
    while (next != block) {
      if (failure != null) {
        throw failure;
      }
      wait();
    }
  }

  synchronized void done() {
    next++;
    notifyAll();
  }

  /** To be called by a thread that does not come to its turn, or not to its end. */
  synchronized void fail(IOException cause) {
    if (failure == null) {
      failure = cause;
    }
    notifyAll();
  }
}
