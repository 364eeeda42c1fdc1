package io.drover.converter.qcow2;

import io.drover.converter.image.DiskImage;
import io.drover.converter.image.ImageFormat;
import io.drover.converter.image.ReadPolicy;
import io.drover.converter.reader.ImageOpener;
import io.drover.converter.storage.FileSource;
import io.drover.converter.storage.SymbolicLinks;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
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

/** Reading compressed clusters of an image that qemu-img wrote, ratio about 0.55. */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class Decompression {
  private static final int SIZE = 16 << 20;

  @Param({"zlib", "zstd"})
  public String type;

  private final ByteBuffer target = ByteBuffer.allocate(SIZE);
  private Path directory;
  private DiskImage image;

  @Setup
  public void open() throws IOException, InterruptedException {
    directory = Files.createTempDirectory("decompression");
    byte[] data = new byte[SIZE];
    Random random = new Random(1);
    random.nextBytes(data);
    for (int index = 0; index < SIZE; index++) {
      data[index] = (index >> 3) % 2 == 0 ? data[index] : (byte) 'x';
    }
    try (RandomAccessFile raw = new RandomAccessFile(directory.resolve("raw").toFile(), "rw")) {
      raw.write(data);
    }
    int exit =
        new ProcessBuilder(
                "qemu-img",
                "convert",
                "-c",
                "-f",
                "raw",
                "-O",
                "qcow2",
                "-o",
                "compression_type=" + type,
                "raw",
                "qcow2")
            .directory(directory.toFile())
            .start()
            .waitFor();
    if (exit != 0) {
      throw new IOException("qemu-img failed");
    }
    image =
        ImageOpener.open(
            FileSource.open(directory.resolve("qcow2"), SymbolicLinks.REFUSE),
            ImageFormat.QCOW2,
            ReadPolicy.DEFAULT);
  }

  @TearDown
  public void close() throws IOException {
    image.close();
    Files.delete(directory.resolve("raw"));
    Files.delete(directory.resolve("qcow2"));
    Files.delete(directory);
  }

  /** Operations of 16 MiB of guest data per second. */
  @Benchmark
  public ByteBuffer disk() throws IOException {
    image.read(0, target.clear());
    return target;
  }
}
