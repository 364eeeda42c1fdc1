package io.drover.converter.hostile;

import static io.drover.converter.error.ErrorCode.*;

import com.github.luben.zstd.Zstd;
import io.drover.converter.error.ErrorCode;
import io.drover.converter.image.ImageFormat;
import io.drover.converter.image.ReadPolicy;
import io.drover.converter.qcow2.Qcow2Spec;
import io.drover.converter.storage.FileSource;
import io.drover.converter.storage.SymbolicLinks;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Small files of huge disks, built field by field in sparse files. */
final class SizeCases {
  private static final long TIB = 1L << 40;

  private final List<HostileCase> cases = new ArrayList<>();
  private final Path directory;

  private SizeCases(Path directory) {
    this.directory = directory;
  }

  /** Only those with many L2 tables, which are quickly read. */
  static List<HostileCase> manyTables(Path directory) throws IOException {
    SizeCases table = new SizeCases(directory);
    table.emptyTables();
    return table.cases;
  }

  static List<HostileCase> corpus(Path directory) throws IOException {
    SizeCases table = new SizeCases(directory);
    table.sparse();
    table.bombs();
    table.emptyTables();
    Path raw = directory.resolve("sparse.raw");
    write(raw, 8 * TIB - 1, ByteBuffer.allocate(1));
    table.add("raw of 8 TiB, all but a byte a hole", raw, ReadPolicy.DEFAULT, VIRTUAL_SIZE_LIMIT);
    table.add(
        "raw of 8 TiB, allowed",
        raw,
        ReadPolicy.DEFAULT.withMaxVirtualSize(8 * TIB),
        (ErrorCode) null);
    return table.cases;
  }

  private void sparse() throws IOException {
    ReadPolicy boundless = ReadPolicy.DEFAULT.withMaxVirtualSize(Long.MAX_VALUE);
    for (long size : new long[] {16 * TIB, 64 * TIB, 1L << 60, 1L << 61}) {
      int clusterBits = size > 64 * TIB ? 21 : 16;
      Path image = empty("size-" + size, clusterBits, size);
      add("a sparse disk of " + size, image, ReadPolicy.DEFAULT, VIRTUAL_SIZE_LIMIT);
      if (size == 16 * TIB) {
        add("a sparse disk of " + size + ", allowed", image, boundless, (ErrorCode) null);
      }
    }
    add(
        "128 GiB in clusters of 512 bytes",
        empty("small-clusters", 9, 128L << 30),
        ReadPolicy.DEFAULT,
        (ErrorCode) null);
    Path many = empty("many-clusters", 9, 1 << 20);
    write(many, 2 * TIB, ByteBuffer.allocate(1));
    add("a file of 2^32 clusters", many, ReadPolicy.DEFAULT, SOURCE_TOO_LARGE);
    add(
        "2^63-512 bytes",
        header("largest", 21, Long.MAX_VALUE - 511, (4 << 20) + 0L),
        ReadPolicy.DEFAULT,
        QCOW2_L1);
  }

  /** Disks that are large because the same or hardly any bytes stand for many clusters. */
  private void bombs() throws IOException {
    byte[] frame = Zstd.compress(new byte[2 << 20]);
    int clusters = 32_768;
    Path honest = zstd("honest", (long) clusters << 21);
    ByteBuffer l2 = ByteBuffer.allocate(clusters * 8);
    ByteBuffer data = ByteBuffer.allocate(clusters * frame.length);
    for (int cluster = 0; cluster < clusters; cluster++) {
      l2.putLong(descriptor((5L << 21) + data.position(), frame.length));
      data.put(frame);
    }
    write(honest, 4L << 21, l2.flip());
    write(honest, 5L << 21, data.flip());
    add("64 GiB in separate zstd frames", honest, ReadPolicy.DEFAULT, EXPANSION_LIMIT);
    add(
        "64 GiB in separate zstd frames, more than allowed to read",
        honest,
        ReadPolicy.DEFAULT.withMaxExpansion(100_000).withMaxDataBytes(1L << 30),
        EXPANSION_LIMIT);

    Path shared = zstd("shared", 512L << 30);
    ByteBuffer one = ByteBuffer.allocate(2 << 20);
    while (one.hasRemaining()) {
      one.putLong(descriptor(5L << 21, frame.length));
    }
    write(shared, 4L << 21, one.flip());
    write(shared, 5L << 21, ByteBuffer.wrap(frame));
    add("512 GiB in one zstd frame", shared, ReadPolicy.DEFAULT, EXPANSION_LIMIT);

    Path fan = empty("fan-out", 16, TIB);
    ByteBuffer l1 = ByteBuffer.allocate(2048 * 8);
    while (l1.hasRemaining()) {
      l1.putLong(Qcow2Spec.COPIED | 4 << 16);
    }
    write(fan, 3 << 16, l1.flip());
    write(fan, (5 << 16) - 1, ByteBuffer.allocate(1));
    add("1 TiB in one L2 table", fan, ReadPolicy.DEFAULT, QCOW2_CLUSTER_OVERLAP);
  }

  private void emptyTables() throws IOException {
    int tables = 8192;
    Path image = empty("empty-tables", 9, (long) tables * 64 * 512);
    ByteBuffer l1 = ByteBuffer.allocate(tables * 8);
    long first = (3L << 9) + l1.capacity();
    for (int table = 0; table < tables; table++) {
      l1.putLong(first + 512L * table | Qcow2Spec.COPIED);
    }
    write(image, 3 << 9, l1.flip());
    write(image, first + 512L * tables - 1, ByteBuffer.allocate(1));
    add("8,192 empty L2 tables", image, ReadPolicy.DEFAULT, (ErrorCode) null);
    Path bad = empty("bad-tables", 9, (long) tables * 64 * 512);
    write(bad, 3 << 9, l1.rewind());
    long last = first + 512L * tables - 8;
    write(bad, last, ByteBuffer.allocate(8).putLong(2).flip());
    add("8,192 L2 tables, of which the last entry is bad", bad, ReadPolicy.DEFAULT, QCOW2_L2);
    cases.add(cases.remove(cases.size() - 1).at(last));
  }

  private static long descriptor(long offset, int length) {
    long sectors = (offset + length - 1) / 512 - offset / 512;
    return Qcow2Spec.COMPRESSED | sectors << 62 - (21 - 8) | offset;
  }

  /** Header, refcount table and block, an L1 table with the fourth cluster as its only L2 table. */
  private Path zstd(String name, long size) throws IOException {
    Path image = header(name, 21, size, 1);
    write(
        image, 72, ByteBuffer.allocate(8).putLong(Qcow2Spec.INCOMPATIBLE_COMPRESSION_TYPE).flip());
    write(image, 104, ByteBuffer.wrap(new byte[] {1}));
    write(image, 3L << 21, ByteBuffer.allocate(8).putLong(Qcow2Spec.COPIED | 4L << 21).flip());
    return image;
  }

  private Path empty(String name, int clusterBits, long size) throws IOException {
    long entries = (size - 1 >>> clusterBits + clusterBits - 3) + 1;
    Path image = header(name, clusterBits, size, entries);
    write(image, (3L << clusterBits) + entries * 8 - 1, ByteBuffer.allocate(1));
    return image;
  }

  /** Refcount table, refcount block and L1 table in clusters 1, 2 and 3. */
  private Path header(String name, int clusterBits, long size, long l1Entries) throws IOException {
    Path image = directory.resolve(name + ".qcow2");
    ByteBuffer header = ByteBuffer.allocate(120);
    header.putInt(0, Qcow2Spec.MAGIC).putInt(4, 3).putInt(20, clusterBits).putLong(24, size);
    header.putInt(36, (int) l1Entries).putLong(40, 3L << clusterBits);
    header.putLong(48, 1L << clusterBits).putInt(56, 1).putInt(96, 4).putInt(100, 112);
    write(image, 0, header);
    write(image, 1L << clusterBits, ByteBuffer.allocate(8).putLong(2L << clusterBits).flip());
    write(image, (4L << clusterBits) - 1, ByteBuffer.allocate(1));
    return image;
  }

  private static void write(Path file, long offset, ByteBuffer bytes) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      while (bytes.hasRemaining()) {
        offset += channel.write(bytes, offset);
      }
    }
  }

  /** With null for a disk that must be accepted but is too large to transfer. */
  private void add(String name, Path file, ReadPolicy policy, ErrorCode expected) {
    ImageFormat format = ImageFormat.ofExtension(file.toString()).orElseThrow();
    cases.add(
        new HostileCase(
            name,
            format,
            policy,
            () -> FileSource.open(file, SymbolicLinks.REFUSE),
            expected == null ? Set.of() : Set.of(expected),
            Optional.empty()));
  }
}
