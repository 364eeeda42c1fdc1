import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;

/** An image made from a seed; made once per size, found again by the next run. */
record Workload(String name, String format, Path file, long virtualSize, long data) {
  private static final int MIB = 1 << 20;
  private static final long SEED = 20_260_101;

  interface Recipe {
    void make(Path file, long size) throws Exception;
  }

  /** Every byte random: nothing to save. */
  static Workload dense(Path directory, long size) throws Exception {
    return raw(
        directory, "dense", size, size, (file, length) -> extents(file, length, length, length));
  }

  /** A file system of ten times the size of what lies in it. */
  static Workload fileSystem(Path directory, long size) throws Exception {
    return raw(
        directory,
        "sparse-ext4",
        4 * size,
        0,
        (file, length) -> {
          Path tree = file.resolveSibling("tree");
          Files.createDirectories(tree);
          Random random = new Random(SEED);
          byte[] content = new byte[4 * MIB];
          long total = 0;
          for (int index = 0; total < length / 10; index++) {
            random.nextBytes(content);
            // a few large files hold most of the bytes, many small ones most of the names
            int large = random.nextInt(4) == 0 ? content.length : 1 + random.nextInt(64 << 10);
            Path folder = Files.createDirectories(tree.resolve("d" + index % 50));
            Files.write(folder.resolve("f" + index), java.util.Arrays.copyOf(content, large));
            total += large;
          }
          Bench.succeed("truncate", "-s", Long.toString(length), file.toString());
          Bench.succeed("mkfs.ext4", "-q", "-F", "-d", tree.toString(), file.toString());
          Bench.succeed("rm", "-rf", tree.toString());
        });
  }

  /** Extents of one length, far apart. */
  static Workload scattered(Path directory, long size, int extent, int count) throws Exception {
    return raw(
        directory,
        "scattered-" + (extent < MIB ? (extent >> 10) + "k" : (extent >> 20) + "m"),
        4 * size,
        (long) extent * count,
        (file, length) -> extents(file, length, extent, length / count));
  }

  /** Text-like data that shrinks to about a half, as an operating system's files do. */
  static Workload compressed(Path directory, long size, String type) throws Exception {
    Path raw = directory.resolve("half-" + size + ".raw");
    if (!Files.exists(raw)) {
      compressible(raw, size);
    }
    Path file = directory.resolve(type + "-" + size + ".qcow2");
    if (!Files.exists(file)) {
      Bench.succeed(
          "qemu-img",
          "convert",
          "-c",
          "-f",
          "raw",
          "-O",
          "qcow2",
          "-W",
          "-m",
          "4",
          "-o",
          "compression_type=" + type,
          raw.toString(),
          file.toString());
    }
    return new Workload(type + "-qcow2", "qcow2", file, size, size);
  }

  private static Workload raw(Path directory, String name, long size, long data, Recipe recipe)
      throws Exception {
    Path file = directory.resolve(name + "-" + size + ".raw");
    if (!Files.exists(file)) {
      Path unfinished = directory.resolve(name + ".part");
      Files.deleteIfExists(unfinished);
      recipe.make(unfinished, size);
      Files.move(unfinished, file);
    }
    long allocated = data > 0 ? data : allocated(file);
    return new Workload(name, "raw", file, size, allocated);
  }

  private static long allocated(Path file) throws Exception {
    return 512L * Long.parseLong(Bench.output(List.of("stat", "-c", "%b", file.toString())).trim());
  }

  private static void extents(Path file, long size, long extent, long distance) throws IOException {
    Random random = new Random(SEED);
    byte[] block = new byte[(int) Math.min(extent, MIB)];
    try (RandomAccessFile target = new RandomAccessFile(file.toFile(), "rw")) {
      target.setLength(size);
      for (long start = 0; start < size; start += distance) {
        target.seek(start);
        for (long done = 0; done < Math.min(extent, size - start); done += block.length) {
          random.nextBytes(block);
          target.write(block);
        }
      }
    }
  }

  private static void compressible(Path file, long size) throws IOException {
    Random random = new Random(SEED);
    byte[] words = new byte[64 << 10];
    random.nextBytes(words);
    byte[] block = new byte[MIB];
    try (RandomAccessFile target = new RandomAccessFile(file.toFile(), "rw")) {
      for (long done = 0; done < size; done += block.length) {
        int at = 0;
        while (at < block.length) {
          // runs seen before, and as many bytes never seen
          int length = Math.min(block.length - at, 8 + random.nextInt(48));
          if (random.nextBoolean()) {
            System.arraycopy(words, random.nextInt(words.length - 64), block, at, length);
          } else {
            for (int index = 0; index < length; index++) {
              block[at + index] = (byte) random.nextInt(256);
            }
          }
          at += length;
        }
        target.write(block);
      }
    }
  }
}
