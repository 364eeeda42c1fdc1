package io.drover.converter.image;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Whether a cluster of 64 KiB is zero: all of it has to be looked at. */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class ZeroDetection {
  private byte[] window;

  @Setup
  public void fill() {
    window = new byte[1 << 20];
  }

  /** MiB per second: one operation is one MiB. */
  @Benchmark
  public boolean mebibyteOfZeroClusters() {
    boolean zero = true;
    for (int from = 0; from < window.length; from += 64 << 10) {
      zero &= Zeros.only(window, from, from + (64 << 10));
    }
    return zero;
  }
}
