package io.drover.converter.imports;

import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongConsumer;

/**
 * What the lanes of a process spend their time on, so that a bottleneck has a name. Two looks at
 * the clock for each read, run of clusters and part: too few to be noticed. Thread-safe.
 */
public final class StageTimes {
  /** What a lane does with bytes. */
  public enum Stage {
    /** Gets them from the source. */
    READ,
    /** Decompresses them. */
    DECODE,
    /** Digests them, block by block. */
    HASH,
    /** Brings a part to the server, its answer included. */
    SEND,
    /** Has the server fill or copy a part. */
    COPY
  }

  private static final LongConsumer NOBODY = nanos -> {};

  private final LongAdder[] nanos = adders();
  private final LongAdder[] bytes = adders();
  private volatile LongConsumer partListener = NOBODY;

  private static LongAdder[] adders() {
    LongAdder[] adders = new LongAdder[Stage.values().length];
    for (int index = 0; index < adders.length; index++) {
      adders[index] = new LongAdder();
    }
    return adders;
  }

  /** Time spent so far by all lanes together, which may be more than has passed. */
  public long nanos(Stage stage) {
    return nanos[stage.ordinal()].sum();
  }

  /** Guest bytes that have gone through so far. */
  public long bytes(Stage stage) {
    return bytes[stage.ordinal()].sum();
  }

  /**
   * Tells from now on how long each part took that was brought to the server, in nanoseconds, on
   * its lane's thread.
   *
   * @param listener must be quick, and must not throw
   */
  public void onPart(LongConsumer listener) {
    partListener = listener;
  }

  void add(Stage stage, long spentNanos, long count) {
    nanos[stage.ordinal()].add(spentNanos);
    bytes[stage.ordinal()].add(count);
  }

  void part(long spentNanos) {
    partListener.accept(spentNanos);
  }
}
