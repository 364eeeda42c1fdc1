package io.drover.converter.reader;

import static io.drover.converter.qcow2.QemuTools.img;
import static io.drover.converter.qcow2.QemuTools.io;

import io.drover.converter.image.DiskImage;
import io.drover.converter.image.Extent;
import io.drover.converter.image.ImageFormat;
import io.drover.converter.image.MapEntry;
import io.drover.converter.image.ReadPolicy;
import io.drover.converter.qcow2.QemuTools;
import io.drover.converter.storage.FileSource;
import io.drover.converter.storage.SymbolicLinks;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Images that qemu-img made, read whole and compared with what qemu-img reads. */
class Qcow2MatrixTest {
  private static final int SIZE = 3 << 19;

  @TempDir static Path shared;
  @TempDir Path directory;

  private static Path disk;

  /** Data, zeros, text and single sectors, with an end inside a cluster. */
  @BeforeAll
  static void makeDisk() throws IOException {
    byte[] bytes = new byte[SIZE + 512 * 3];
    Random random = new Random(20261122);
    for (int at = 0; at < bytes.length; ) {
      int length = Math.min(bytes.length - at, 512 * (1 + random.nextInt(400)));
      switch (random.nextInt(4)) {
        case 0 -> {
          byte[] noise = new byte[length];
          random.nextBytes(noise);
          System.arraycopy(noise, 0, bytes, at, length);
        }
        case 1 -> Arrays.fill(bytes, at, at + length, (byte) random.nextInt());
        case 2 -> {
          for (int i = 0; i < length; i++) {
            bytes[at + i] = (byte) ("drover ".charAt(i % 7) + (i >> 12));
          }
        }
        default -> Arrays.fill(bytes, at, at + length, (byte) 0);
      }
      at += length;
    }
    disk = Files.write(shared.resolve("disk.raw"), bytes);
  }

  @ParameterizedTest(name = "{0} {1}")
  @CsvSource(
      delimiter = '|',
      value = {
        "plain           | compat=0.10,cluster_size=512",
        "plain           | compat=0.10,cluster_size=64k",
        "plain           | compat=1.1,cluster_size=512",
        "plain           | compat=1.1,cluster_size=4k",
        "plain           | compat=1.1,cluster_size=64k",
        "plain           | compat=1.1,cluster_size=2M",
        "plain           | lazy_refcounts=on",
        "plain           | refcount_bits=1",
        "plain           | refcount_bits=2",
        "plain           | refcount_bits=8",
        "plain           | refcount_bits=64",
        "plain           | extended_l2=on,cluster_size=16k",
        "plain           | extended_l2=on,cluster_size=64k",
        "plain           | extended_l2=on,cluster_size=2M",
        "plain           | preallocation=metadata",
        "plain           | preallocation=falloc",
        "plain           | preallocation=full",
        "plain           | preallocation=metadata,extended_l2=on",
        "compressed      | compat=0.10,cluster_size=512",
        "compressed      | compat=0.10,cluster_size=64k",
        "compressed      | cluster_size=4k",
        "compressed      | cluster_size=64k",
        "compressed      | cluster_size=2M",
        "compressed      | cluster_size=64k,compression_type=zstd",
        "compressed      | cluster_size=512,compression_type=zstd",
        "compressed      | cluster_size=2M,compression_type=zstd",
        "compressed      | extended_l2=on,compression_type=zstd",
        "compressed      | extended_l2=on,cluster_size=16k",
      })
  void readsAsQemuDoes(String kind, String options) throws Exception {
    Path image = directory.resolve("image.qcow2");
    List<String> convert =
        new ArrayList<>(List.of("convert", "-f", "raw", "-O", "qcow2", "-o", options));
    if (kind.equals("compressed")) {
      convert.add("-c");
    }
    convert.addAll(List.of(disk.toString(), image.toString()));
    img(directory, convert.toArray(String[]::new));
    compare(image, ReadPolicy.DEFAULT);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "cluster_size=512               | 512",
        "cluster_size=64k               | 64k",
        "cluster_size=2M                | 1856k",
        "extended_l2=on                 | 64k",
        "extended_l2=on,cluster_size=2M | 1856k",
        "compat=0.10                    | 64k",
        "compression_type=zstd          | 64k"
      })
  void readsImagesWrittenInPlace(String options, String compressed) throws Exception {
    Path image = directory.resolve("image.qcow2");
    img(directory, "create", "-f", "qcow2", "-o", options, image.toString(), "8000k");
    String zeroes = options.contains("0.10") ? "write -z 3000k 100k" : "write -zu 3000k 100k";
    io(
        image,
        "write -P 1 0 1000",
        "write -P 2 70k 3k",
        "write -P 3 4096k 904k",
        "write -z 4200k 300k",
        "write -P 4 2900k 300k",
        zeroes,
        "discard 1024k 512k",
        "write -P 5 1100k 4k",
        "write -c -P 6 6144k " + compressed);
    compare(image, ReadPolicy.DEFAULT);
    img(directory, "snapshot", "-c", "before", image.toString());
    io(image, "write -P 7 60k 300k");
    compare(image, ReadPolicy.DEFAULT);
  }

  @ParameterizedTest
  @CsvSource({"0", "512", "65536", "100352", "1073742336"})
  void readsEmptyImages(String size) throws Exception {
    Path image = directory.resolve("image.qcow2");
    img(directory, "create", "-f", "qcow2", image.toString(), size);
    try (DiskImage opened = open(image, ReadPolicy.DEFAULT)) {
      Assertions.assertEquals(Long.parseLong(size), opened.virtualSize());
      Iterator<?> extents = opened.extents(0, opened.virtualSize());
      Assertions.assertEquals(opened.virtualSize() > 0, extents.hasNext());
    }
  }

  @ParameterizedTest
  @CsvSource({"'preallocation=metadata'", "'preallocation=metadata,extended_l2=on'"})
  void preallocatedClustersNeedNotBeRead(String options) throws Exception {
    Path image = directory.resolve("image.qcow2");
    img(directory, "create", "-f", "qcow2", "-o", options, image.toString(), "10M");
    try (DiskImage opened = open(image, ReadPolicy.DEFAULT)) {
      Iterator<Extent> extents = opened.extents(0, opened.virtualSize());
      Assertions.assertEquals(new Extent(0, 10 << 20, true), extents.next());
      Assertions.assertFalse(extents.hasNext());
    }
  }

  @Test
  void readsChainsOfBackingFiles() throws Exception {
    Path raw = directory.resolve("base.raw");
    Files.write(raw, Arrays.copyOf(Files.readAllBytes(disk), 2_000_000));
    img(directory, "create", "-f", "qcow2", "-b", "base.raw", "-F", "raw", "middle.qcow2", "1M");
    io(directory.resolve("middle.qcow2"), "write -P 9 100k 70k", "write -z 512k 64k");
    img(
        directory,
        "create",
        "-f",
        "qcow2",
        "-o",
        "extended_l2=on",
        "-b",
        "middle.qcow2",
        "-F",
        "qcow2",
        "top.qcow2",
        "3M");
    io(
        directory.resolve("top.qcow2"),
        "write -P 8 130k 10k",
        "write -z 200k 8k",
        "write -P 7 2M 1k");
    Path top = directory.resolve("top.qcow2");
    compare(top, ReadPolicy.DEFAULT.withBackingRoots(List.of(directory)));
  }

  @Test
  void parallelReadersGetTheSameBytes() throws Exception {
    Path image = directory.resolve("image.qcow2");
    img(directory, "convert", "-f", "raw", "-O", "qcow2", "-c", disk.toString(), image.toString());
    byte[] expected = Files.readAllBytes(disk);
    ExecutorService lanes = Executors.newFixedThreadPool(8);
    try (DiskImage opened = open(image, ReadPolicy.DEFAULT)) {
      List<Callable<byte[]>> readers = new ArrayList<>();
      for (int lane = 0; lane < 8; lane++) {
        int piece = 10_000 + lane * 7_777;
        readers.add(() -> GuestBytes.readAll(opened, piece));
      }
      for (Future<byte[]> guest : lanes.invokeAll(readers)) {
        Assertions.assertEquals(-1, Arrays.mismatch(expected, guest.get()));
      }
    } finally {
      lanes.shutdownNow();
    }
  }

  private static DiskImage open(Path image, ReadPolicy policy) throws IOException {
    return ImageOpener.open(
        FileSource.open(image, SymbolicLinks.REFUSE), ImageFormat.QCOW2, policy);
  }

  private static void compare(Path image, ReadPolicy policy) throws IOException {
    byte[] expected = QemuTools.guest(image, "qcow2");
    try (DiskImage opened = open(image, policy)) {
      GuestBytes.check(opened, expected);
      opened.requireUnchanged();
      List<MapEntry> map = new ArrayList<>();
      opened.map(0, opened.virtualSize()).forEachRemaining(map::add);
      Assertions.assertEquals(QemuMap.of(image, "qcow2"), QemuMap.comparable(map));
    }
  }
}
