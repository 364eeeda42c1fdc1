package io.drover.converter.imports;

import java.time.Instant;

/** A process's own clock and pauses, and what runs beside it. */
final class SimulatedClock implements Timing {
  private static final Instant EPOCH = Instant.parse("2026-01-01T00:00:00Z");

  private final SimulatedTime time;
  private final SimulatedTime.Process process;
  private int beside;

  SimulatedClock(SimulatedTime time, SimulatedTime.Process process) {
    this.time = time;
    this.process = process;
  }

  /** Whether nothing runs beside the process any more. */
  boolean quiet() {
    return beside == 0;
  }

  @Override
  public long nanoTime() {
    return time.now();
  }

  @Override
  public Instant now() {
    return EPOCH.plusNanos(time.now());
  }

  @Override
  public void sleep(long millis) {
    // never less, and on a busy machine more
    time.sleep((1 + time.some(40)) * millis * SimulatedTime.MILLI);
  }

  @Override
  public long random(long most) {
    return (long) (time.random().nextDouble() * (most + 1));
  }

  @Override
  public Runnable start(String name, Runnable task) {
    beside++;
    time.start(
        process,
        () -> {
          try {
            task.run();
          } finally {
            beside--;
          }
        });
    // what sleeps wakes up by itself
    return () -> {};
  }
}
