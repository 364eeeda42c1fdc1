package io.drover.routes.bench;

import io.drover.converter.image.DiskImage;
import io.drover.converter.image.ImageFormat;
import io.drover.converter.image.ReadPolicy;
import io.drover.converter.reader.ImageOpener;
import io.drover.converter.storage.FileSource;
import io.drover.converter.storage.SymbolicLinks;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What reading a qcow2 costs, beside QEMU: every cluster is decompressed once and dropped, here by
 * as many threads as there are cores, there by {@code qemu-img convert -n -m 16 -W} into its null
 * driver. In turn, and the page cache holds the image. Give it compressed images.
 */
public final class DecodeCost {
  private static final int WARM_UP = 2;
  private static final int ROUNDS = 5;

  private DecodeCost() {}

  public static void main(String[] arguments) throws Exception {
    for (String argument : arguments) {
      compare(Path.of(argument));
    }
  }

  private static void compare(Path image) throws Exception {
    List<Double> own = new ArrayList<>();
    List<Double> peer = new ArrayList<>();
    long size = 0;
    for (int round = 1 - WARM_UP; round <= ROUNDS; round++) {
      long start = System.nanoTime();
      size = decode(image);
      double seconds = (System.nanoTime() - start) / 1e9;
      start = System.nanoTime();
      convert(image, size);
      double other = (System.nanoTime() - start) / 1e9;
      System.out.printf(
          "%s%s Drover %.2f s, qemu-img %.2f s%n",
          round <= 0 ? "warm-up: " : "", image.getFileName(), seconds, other);
      if (round > 0) {
        own.add(seconds);
        peer.add(other);
      }
    }
    double ratio = median(own) / median(peer);
    System.out.printf(
        "%s: %.2f s against %.2f s, ratio %.2f, %.0f MB/s%n",
        image.getFileName(), median(own), median(peer), ratio, size / 1e6 / median(own));
  }

  private static double median(List<Double> values) {
    return values.stream().sorted().skip(values.size() / 2).findFirst().orElseThrow();
  }

  private static long decode(Path path) throws Exception {
    int threads = Runtime.getRuntime().availableProcessors();
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    try (DiskImage image =
        ImageOpener.open(
            FileSource.open(path, SymbolicLinks.FOLLOW), ImageFormat.QCOW2, ReadPolicy.DEFAULT)) {
      AtomicLong next = new AtomicLong();
      List<Future<Void>> readers = new ArrayList<>();
      for (int thread = 0; thread < threads; thread++) {
        readers.add(pool.submit(() -> read(image, next)));
      }
      for (Future<Void> reader : readers) {
        reader.get();
      }
      return image.virtualSize();
    } finally {
      pool.shutdown();
    }
  }

  private static Void read(DiskImage image, AtomicLong next) throws IOException {
    int window = image.readSize();
    ByteBuffer buffer = ByteBuffer.allocate(window);
    for (long at = next.getAndAdd(window); at < image.virtualSize(); at = next.getAndAdd(window)) {
      buffer.clear().limit((int) Math.min(window, image.virtualSize() - at));
      image.read(at, buffer);
    }
    return null;
  }

  private static void convert(Path image, long size) throws Exception {
    int exit =
        new ProcessBuilder(
                "qemu-img",
                "convert",
                "-n",
                "-m",
                "16",
                "-W",
                "-f",
                "qcow2",
                "--target-image-opts",
                image.toString(),
                "driver=null-co,size=" + size)
            .inheritIO()
            .start()
            .waitFor();
    if (exit != 0) {
      throw new IOException("qemu-img: exit code " + exit);
    }
  }
}
