package io.drover.converter.export;

/** Lets threads that work on numbered blocks go on in the order of the numbers. Thread-safe. */
final class Turns {
  private int next;
  private boolean broken;

  /**
   * Waits until all blocks before this one are done.
   *
   * @throws InterruptedException also if one of them never will be
   */
  synchronized void await(int block) throws InterruptedException {
    while (next != block) {
      if (broken) {
        throw new InterruptedException("an earlier block failed");
      }
      wait();
    }
  }

  synchronized void done() {
    next++;
    notifyAll();
  }

  /** To be called by a thread that does not come to its turn, or not to its end. */
  synchronized void broken() {
    broken = true;
    notifyAll();
  }
}
