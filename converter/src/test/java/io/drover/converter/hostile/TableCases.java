package io.drover.converter.hostile;

import static io.drover.converter.error.ErrorCode.*;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.image.ImageFormat;
import io.drover.converter.image.ReadPolicy;
import io.drover.converter.qcow2.Hostile;
import io.drover.converter.qcow2.Qcow2Spec;
import io.drover.converter.qcow2.QemuTools;
import io.drover.converter.storage.FileSource;
import io.drover.converter.storage.SymbolicLinks;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/** Tables of small images: headers cut at every byte, snapshot tables, sizes, shared clusters. */
final class TableCases {
  private static final int SIZE = 256 << 10;

  private final List<HostileCase> cases = new ArrayList<>();
  private final byte[] disk;
  private final byte[] plain;
  private final Path directory;

  private TableCases(Path directory) throws IOException {
    this.directory = directory;
    this.disk = SoundImages.disk(SIZE);
    this.plain = image(disk, "cluster_size=4k");
  }

  static List<HostileCase> corpus(Path directory) throws IOException {
    TableCases table = new TableCases(directory);
    table.headers();
    table.references();
    table.refcounts();
    table.snapshots();
    table.guests();
    return table.cases;
  }

  private void headers() {
    for (int length = 0; length <= 112; length++) {
      int end = length;
      refused("header cut to " + length, it -> it.cut(end), QCOW2_HEADER_TRUNCATED);
    }
    accepted("refcount_order 0", it -> it.u32(96, 0));
    accepted("unknown compatible bits", it -> it.u64(80, -1L << 1));
    accepted("unknown autoclear bits", it -> it.u64(88, -1L << 2));
    refused("bit 31 with no name", it -> it.incompatible(1L << 31), QCOW2_FEATURE_UNKNOWN);
    for (int length : new int[] {8, 16, 24, 32, 40, 48, 56, 64}) {
      refused("header_length " + length, it -> it.u32(100, length), QCOW2_HEADER_LENGTH);
    }
    accepted("header_length 104", it -> it.extension(0, 0).put(104, new byte[16]).u32(100, 104));
    accepted(
        "header_length of a whole cluster",
        it -> it.extension(0, 0).put(104, new byte[4096 - 104]).u32(100, 4096));
    refused("header_length beyond the cluster", it -> it.u32(100, 4104), QCOW2_HEADER_LENGTH);
    cases.add(
        HostileCase.accepted(
            "virtual size 0 with no L1",
            ImageFormat.QCOW2,
            ReadPolicy.DEFAULT,
            () -> poked(it -> it.u64(24, 0).u32(36, 0)),
            () -> new byte[0]));
  }

  /** Bitmaps are not read, but an extension that makes no sense is refused. */
  private void bitmaps(int count, int reserved, long size, long offset, boolean sound) {
    ByteBuffer data = ByteBuffer.allocate(24);
    data.putInt(count).putInt(reserved).putLong(size).putLong(offset);
    String name = "bitmaps: " + count + ", " + reserved + ", " + size + " bytes at " + offset;
    Consumer<Hostile> pokes =
        it -> it.extension(Qcow2Spec.EXTENSION_BITMAPS, 24, data.array()).u64(88, 1).u32(96, 4);
    if (sound) {
      accepted(name, pokes);
    } else {
      refused(name, pokes, QCOW2_BITMAP);
    }
  }

  private void references() throws IOException {
    refused(
        "refcount block at 2^40",
        it -> it.u64(it.reftable, 1L << 40),
        QCOW2_REFCOUNT,
        SOURCE_TRUNCATED);
    refused("refcount block at 2^63", it -> it.u64(it.reftable, Long.MIN_VALUE), QCOW2_REFCOUNT);
    refused(
        "two refcount blocks in one",
        it -> it.u64(it.reftable + 8, it.refblock),
        QCOW2_CLUSTER_OVERLAP);
    refused("refcount block = header", it -> it.u64(it.reftable, 1L << 63), QCOW2_REFCOUNT);
    refused(
        "an L1 entry too few for bytes that are rounded away",
        it -> it.u64(24, (2 << 20) + 1).u32(36, 1),
        QCOW2_L1);
    accepted("as many bytes as the L1 entry covers, rounded", it -> it.u64(24, SIZE + 511));
    refused(
        "compressed, at the very end",
        it -> {
          it.append(new byte[1]);
          it.entry(3, it.compressed(it.length(), 512));
        },
        QCOW2_CLUSTER_RANGE);
    accepted("65,536 snapshots", it -> it.u32(60, 65_536).u64(64, it.firstData));
    Path large = Files.write(directory.resolve("2m.qcow2"), image(disk, "cluster_size=2M"));
    cases.add(
        new HostileCase(
            "clusters of 2 MiB",
            ImageFormat.QCOW2,
            ReadPolicy.DEFAULT,
            () -> FileSource.open(large, SymbolicLinks.REFUSE),
            Set.of(),
            Optional.of(() -> disk)));
    bitmaps(65_535, 0, 1, 4096, true);
    bitmaps(1, 0, 64 << 20, 0, true);
    bitmaps(0, 0, 32, 4096, false);
    bitmaps(65_536, 0, 32, 4096, false);
    bitmaps(1, 1, 32, 4096, false);
    bitmaps(1, 0, 0, 4096, false);
    bitmaps(1, 0, (64 << 20) + 1, 4096, false);
    bitmaps(1, 0, 32, 4097, false);
    refused(
        "L2 at the end of the file",
        it -> {
          it.append(new byte[1]);
          it.u64(it.l1, it.length() | Qcow2Spec.COPIED);
        },
        QCOW2_L1);
    // of an L2 table only the entries below the virtual size are needed
    accepted("an L2 table cut behind its last entry", it -> lastTable(it, 8 * SIZE / 4096));
    refused(
        "an L2 table cut inside its last entry",
        it -> lastTable(it, 8 * SIZE / 4096 - 1),
        SOURCE_TRUNCATED);
    // one stretch of the file, but only its second half claims to be nobody else's
    refused(
        "data owned twice, right behind data that is shared",
        it -> {
          it.entry(3, it.firstData + 4096);
          it.entry(4, it.firstData + 2 * 4096 | Qcow2Spec.COPIED);
          for (int cluster = 0; cluster < 3; cluster++) {
            it.entry(cluster, it.firstData + 4096L * cluster | Qcow2Spec.COPIED);
          }
        },
        QCOW2_CLUSTER_OVERLAP);
    refused("L1 = L2", it -> it.u64(40, it.l2), QCOW2_CLUSTER_RANGE);
    refused("L1 = data", it -> it.u64(40, it.firstData), QCOW2_L1);
    refused("L2 = header", it -> it.u64(it.l1, Long.MIN_VALUE), QCOW2_L1);
    refused(
        "L2 = data",
        it -> it.u64(it.l1, it.firstData),
        QCOW2_L2,
        QCOW2_CLUSTER_RANGE,
        QCOW2_CLUSTER_OVERLAP);
    refused("L2 at 2^55", it -> it.u64(it.l1, 1L << 55), QCOW2_L1);
    for (long bit = 56; bit < 62; bit++) {
      long high = 1L << bit;
      refused("L2 entry with bit " + bit, it -> it.entry(3, it.entry(0) | high), QCOW2_L2);
    }
    for (int bit = 1; bit < 9; bit++) {
      long low = 1L << bit;
      refused("L2 entry with bit " + bit, it -> it.entry(3, it.entry(0) | low), QCOW2_L2);
    }
    refused("L2 entry at the header", it -> it.entry(3, Long.MIN_VALUE), QCOW2_L2);
    refused(
        "compressed, in the L2 table",
        it -> it.entry(3, it.compressed(it.l2 + 100, 300)),
        QCOW2_CLUSTER_OVERLAP);
    refused(
        "compressed, in the refcounts",
        it -> it.entry(3, it.compressed(it.refblock, 4096)),
        QCOW2_CLUSTER_OVERLAP);
    refused(
        "plain data taken for compressed",
        it -> it.entry(3, it.compressed(it.firstData + 9, 700)),
        QCOW2_COMPRESSED_DATA);
  }

  /** Moves the L2 table to the end of the file, which then ends inside it. */
  private static void lastTable(Hostile image, int length) {
    byte[] table = Arrays.copyOfRange(image.bytes(), (int) image.l2, (int) image.l2 + 4096);
    long at = image.append(table);
    image.u64(image.l1, at | Qcow2Spec.COPIED).cut(at + length);
  }

  /** They tell a file that was cut from a pointer that lies, whatever their width. */
  private void refcounts() throws IOException {
    for (int bits = 1; bits <= 64; bits *= 2) {
      byte[] image = image(disk, "cluster_size=4k,refcount_bits=" + bits);
      long end = (image.length + 4095) / 4096 * 4096L;
      for (long cluster : new long[] {0, 1, 5, 64}) {
        Hostile lying = new Hostile(image);
        lying.entry(3, end + cluster * 4096);
        cases.add(
            HostileCase.refused(
                    bits + " refcount bits, data " + cluster + " clusters beyond the end",
                    ImageFormat.QCOW2,
                    ReadPolicy.DEFAULT,
                    lying::bytes,
                    QCOW2_CLUSTER_RANGE)
                .at(lying.place().getAsLong()));
      }
      for (int lost = 1; lost < 10; lost++) {
        byte[] cut = Arrays.copyOf(image, (int) end - 4096 * lost);
        cases.add(
            HostileCase.refused(
                bits + " refcount bits, " + lost + " clusters lost",
                ImageFormat.QCOW2,
                ReadPolicy.DEFAULT,
                () -> cut,
                SOURCE_TRUNCATED));
      }
    }
    refused("L2 at the end of what the refcounts cover", it -> it.u64(it.l1, 4L << 30), QCOW2_L1);
    accepted(
        "a refcount table inside which the file ends",
        it -> {
          long at = it.append(ByteBuffer.allocate(8).putLong(it.refblock).array());
          it.u64(48, at).cut(at + 24);
        });
  }

  /** The table of snapshots is no part of the disk: what it says must not matter. */
  private void snapshots() {
    for (long count : new long[] {65_537, 1L << 31, 0xFFFFFFFFL}) {
      refused(count + " snapshots", it -> it.u32(60, count), QCOW2_SNAPSHOT_TABLE);
    }
    refused(
        "65,536 snapshots beyond",
        it -> it.u32(60, 65_536).u64(64, 1L << 40),
        QCOW2_SNAPSHOT_TABLE,
        SOURCE_TRUNCATED);
    snapshot(
        "names of 65,535 bytes", entry -> entry.putShort(12, (short) -1).putShort(14, (short) -1));
    snapshot("an L1 table beyond", entry -> entry.putLong(0, 1L << 40));
    snapshot("an L1 table of 2^28", entry -> entry.putInt(8, 1 << 28));
    snapshot("a VM state of 2^63", entry -> entry.putLong(40, Long.MIN_VALUE));
    snapshot("extra data of 4 GiB", entry -> entry.putInt(36, -1));
    snapshot("nothing but ones", entry -> Arrays.fill(entry.array(), (byte) -1));
  }

  private void snapshot(String what, Consumer<ByteBuffer> damage) {
    ByteBuffer entry = ByteBuffer.allocate(64);
    entry.putInt(36, 24);
    damage.accept(entry);
    accepted(
        "a snapshot with " + what,
        it -> {
          long at = it.append(entry.array());
          it.u32(60, 1).u64(64, at);
        });
  }

  /** Disks that begin with what somebody else might take for an image; sizes that are odd. */
  private void guests() throws IOException {
    byte[] inner = new Hostile(plain).backing("/etc/passwd").bytes();
    byte[] guest = Arrays.copyOf(inner, (inner.length + 511) / 512 * 512);
    for (String options : List.of("cluster_size=4k", "cluster_size=64k,extended_l2=on")) {
      byte[] outer = image(guest, options);
      cases.add(
          HostileCase.accepted(
              "a guest that wrote a qcow2 header, " + options,
              ImageFormat.QCOW2,
              ReadPolicy.DEFAULT,
              () -> outer,
              () -> guest));
    }
    cases.add(
        HostileCase.refused(
            "a raw disk with a qcow2 header",
            ImageFormat.RAW,
            ReadPolicy.DEFAULT,
            () -> inner,
            FORMAT_MISMATCH));
    cases.add(
        HostileCase.refused(
            "raw bytes declared qcow2",
            ImageFormat.QCOW2,
            ReadPolicy.DEFAULT,
            () -> disk,
            FORMAT_MISMATCH));
    for (int size : new int[] {1, 511, 512, 513, 65_537}) {
      byte[] raw = Arrays.copyOf(disk, size);
      raw[0] = 0;
      cases.add(
          HostileCase.accepted(
              "raw of " + size,
              ImageFormat.RAW,
              ReadPolicy.DEFAULT,
              () -> raw,
              () -> Arrays.copyOf(raw, (size + 511) / 512 * 512)));
    }
    byte[] checkerboard = new byte[1 << 20];
    for (int at = 0; at < checkerboard.length; at += 1024) {
      Arrays.fill(checkerboard, at, at + 512, (byte) 0x5A);
    }
    byte[] board = image(checkerboard, "cluster_size=512");
    cases.add(
        HostileCase.accepted(
            "every other cluster of 512 bytes",
            ImageFormat.QCOW2,
            ReadPolicy.DEFAULT,
            () -> board,
            () -> checkerboard));
  }

  private void refused(String name, Consumer<Hostile> pokes, ErrorCode... expected) {
    Hostile poked = new Hostile(plain);
    pokes.accept(poked);
    HostileCase hostile =
        HostileCase.refused(
            name, ImageFormat.QCOW2, ReadPolicy.DEFAULT, () -> poked(pokes), expected);
    // what is read from the wrong place, or decompressed, is blamed where it lies
    boolean later =
        name.startsWith("L1 = ") || name.startsWith("L2 = ") || name.startsWith("plain data");
    cases.add(
        poked.place().isPresent() && !later ? hostile.at(poked.place().getAsLong()) : hostile);
  }

  private void accepted(String name, Consumer<Hostile> pokes) {
    cases.add(
        HostileCase.accepted(
            name, ImageFormat.QCOW2, ReadPolicy.DEFAULT, () -> poked(pokes), () -> disk));
  }

  private byte[] poked(Consumer<Hostile> pokes) {
    Hostile hostile = new Hostile(plain);
    pokes.accept(hostile);
    return hostile.bytes();
  }

  private byte[] image(byte[] guest, String options) throws IOException {
    Path raw = Files.write(directory.resolve("guest.raw"), guest);
    Path image = directory.resolve("guest.qcow2");
    QemuTools.img(
        directory,
        "convert",
        "-f",
        "raw",
        "-O",
        "qcow2",
        "-S",
        "512",
        "-o",
        options,
        raw.toString(),
        image.toString());
    return Files.readAllBytes(image);
  }
}
