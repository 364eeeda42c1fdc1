package io.drover.converter.imports;

import java.time.Instant;
import java.util.concurrent.ThreadLocalRandom;

/**
 * The time that an import waits by, and the chance in its pauses: all of it goes through here, so
 * that a quarter of an hour of an import's life can pass at once. Thread-safe.
 */
interface Timing {
  /** The machine's. */
  Timing SYSTEM =
      new Timing() {
        @Override
        public long nanoTime() {
          return System.nanoTime();
        }

        @Override
        public Instant now() {
          return Instant.now();
        }

        @Override
        public void sleep(long millis) throws InterruptedException {
          Thread.sleep(millis);
        }

        @Override
        public long random(long most) {
          return ThreadLocalRandom.current().nextLong(most + 1);
        }

        @Override
        public Runnable start(String name, Runnable task) {
          Thread thread = new Thread(LogContext.carried(task), name);
          thread.setDaemon(true);
          thread.start();
          return thread::interrupt;
        }
      };

  /** For differences only, as {@link System#nanoTime}. */
  long nanoTime();

  /** For people to read. */
  Instant now();

  void sleep(long millis) throws InterruptedException;

  /** From 0 to {@code most}. */
  long random(long most);

  /**
   * Runs a task beside the others, on a thread of its own that keeps no process alive.
   *
   * @return what wakes it if it sleeps
   */
  Runnable start(String name, Runnable task);
}
