package io.drover.converter.imports;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/** What an import has done so far; lanes add, anybody looks. Thread-safe. */
final class Counters {
  private final LongAdder logical = new LongAdder();
  private final LongAdder data = new LongAdder();
  private final LongAdder zero = new LongAdder();
  private final LongAdder read = new LongAdder();
  private final LongAdder sent = new LongAdder();
  private final LongAdder copied = new LongAdder();
  private final AtomicInteger partsDone = new AtomicInteger();

  void addData(long bytes) {
    data.add(bytes);
  }

  void addZero(long bytes) {
    zero.add(bytes);
  }

  long read() {
    return read.sum();
  }

  void addRead(long bytes) {
    read.add(bytes);
  }

  void addSent(long bytes) {
    sent.add(bytes);
  }

  void addCopied(long bytes) {
    copied.add(bytes);
  }

  /** A part is on the server: only then its bytes count as finished. */
  void partDone(long bytes) {
    logical.add(bytes);
    partsDone.incrementAndGet();
  }

  /** A part was on the server, and is no longer. */
  void partUndone(long bytes) {
    logical.add(-bytes);
    partsDone.decrementAndGet();
  }

  /** Bytes of the disk that are in no part, since the object ends before them. */
  void addTail(long bytes) {
    logical.add(bytes);
    zero.add(bytes);
  }

  /** What is known at the end counts, where clusters lay in two parts. */
  void settle(long dataBytes, long zeroBytes) {
    data.add(dataBytes - data.sum());
    zero.add(zeroBytes - zero.sum());
  }

  long data() {
    return data.sum();
  }

  long zero() {
    return zero.sum();
  }

  long sent() {
    return sent.sum();
  }

  Progress look(Phase phase, long virtualSize, int partsTotal) {
    return new Progress(
        phase,
        virtualSize,
        logical.sum(),
        data.sum(),
        zero.sum(),
        read.sum(),
        sent.sum(),
        copied.sum(),
        partsTotal,
        partsDone.get());
  }

  long copied() {
    return copied.sum();
  }
}
