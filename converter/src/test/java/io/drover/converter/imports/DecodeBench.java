package io.drover.converter.imports;

import io.drover.converter.image.DiskImage;
import io.drover.converter.image.ImageFormat;
import io.drover.converter.image.ReadPolicy;
import io.drover.converter.reader.ImageOpener;
import io.drover.converter.storage.FileSource;
import io.drover.converter.storage.SymbolicLinks;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * How fast lanes read and decode an image when nobody takes the bytes. Arguments: a qcow2 file, the
 * number of lanes, of rounds, and whether libdeflate may be used. To be held against {@code
 * qemu-img convert -n -m 16 -W -f qcow2 FILE --target-image-opts driver=null-co,size=…}.
 */
public final class DecodeBench {
  private static final int PART = 16 << 20;

  private DecodeBench() {}

  public static void main(String[] arguments) throws Exception {
    int lanes = Integer.parseInt(arguments[1]);
    ReadPolicy policy = ReadPolicy.DEFAULT.withNativeInflate(Boolean.parseBoolean(arguments[3]));
    ExecutorService threads = Executors.newFixedThreadPool(lanes);
    for (int round = 0; round < Integer.parseInt(arguments[2]); round++) {
      long cpu = cpu();
      long wall = System.nanoTime();
      FileSource source = FileSource.open(Path.of(arguments[0]), SymbolicLinks.FOLLOW);
      try (DiskImage image = ImageOpener.open(source, ImageFormat.QCOW2, policy)) {
        List<Future<?>> parts = new ArrayList<>();
        for (long start = 0; start < image.virtualSize(); start += PART) {
          long offset = start;
          parts.add(threads.submit(() -> read(image, offset)));
        }
        for (Future<?> part : parts) {
          part.get();
        }
      }
      System.out.printf(
          "%.2f s wall %.2f s CPU%n", (System.nanoTime() - wall) / 1e9, (cpu() - cpu) / 1e9);
    }
    threads.shutdown();
  }

  private static void read(DiskImage image, long start) {
    byte[] buffer = new byte[PART];
    long end = Math.min(start + PART, image.virtualSize());
    new ChunkReader(
            image,
            start,
            end,
            64 << 10,
            (offset, length) ->
                ByteBuffer.wrap(buffer, Math.toIntExact(offset - start), length).slice(),
            bytes -> {})
        .forEachRemaining(chunk -> {});
  }

  private static long cpu() {
    return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getProcessCpuTime();
  }
}
