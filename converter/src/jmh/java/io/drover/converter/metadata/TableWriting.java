package io.drover.converter.metadata;

import java.io.IOException;
import java.io.OutputStream;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Writing the metadata of a disk of 64 GiB, every other cluster of which holds data. */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class TableWriting {
  private static final long SIZE = 64L << 30;

  /** Bytes. */
  @Param({"65536", "2097152"})
  public int clusterSize;

  private DataClusters clusters;

  @Setup
  public void mark() throws IOException {
    clusters = new DataClusters(SIZE, clusterSize);
    for (long offset = 0; offset < SIZE; offset += 2L * clusterSize) {
      clusters.mark(offset, clusterSize);
    }
  }

  /** Whole metadata files per second. */
  @Benchmark
  public long file() throws IOException {
    MetadataWriter writer = new MetadataWriter(clusters, new DataFile("disk.raw", true));
    writer.writeTo(OutputStream.nullOutputStream());
    return writer.length();
  }
}
