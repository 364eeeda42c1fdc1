package io.drover.converter.imports;

import io.drover.converter.image.RawImage;
import io.drover.converter.image.ReadPolicy;
import io.drover.converter.storage.FileSource;
import io.drover.converter.storage.SymbolicLinks;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
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
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Reading a part of 16 MiB of a raw file in the page cache, chunk by chunk. */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class ChunkSplit {
  private static final int PART = 16 << 20;

  /** Bytes. */
  @Param({"4096", "65536", "2097152"})
  public int clusterSize;

  private final byte[] buffer = new byte[PART];
  private Path file;
  private RawImage image;

  @Setup
  public void open() throws IOException {
    file = Files.createTempFile("chunks", ".raw");
    Arrays.fill(buffer, (byte) 1);
    try (RandomAccessFile target = new RandomAccessFile(file.toFile(), "rw")) {
      target.write(buffer);
    }
    image = RawImage.open(FileSource.open(file, SymbolicLinks.REFUSE), ReadPolicy.DEFAULT);
  }

  @TearDown
  public void close() throws IOException {
    image.close();
    Files.delete(file);
  }

  /** Parts per second: one operation is 16 MiB. */
  @Benchmark
  public long part() {
    ChunkReader chunks =
        new ChunkReader(
            image,
            0,
            PART,
            clusterSize,
            (offset, length) -> ByteBuffer.wrap(buffer, (int) offset, length).slice(),
            read -> {});
    long bytes = 0;
    while (chunks.hasNext()) {
      bytes += chunks.next().length();
    }
    return bytes;
  }
}
