package io.drover.converter.qcow2;

import static io.drover.converter.error.ErrorCode.*;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.error.Outcome;
import io.drover.converter.hostile.HostileCase;
import io.drover.converter.image.ImageFormat;
import io.drover.converter.image.ReadPolicy;
import io.drover.converter.storage.MemorySource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** One sound image, bytes poked into it, and the one error each must give. */
public class HostileQcow2Test {
  @TempDir static Path directory;

  private static byte[] plain;
  private static byte[] version2;
  private static byte[] extended;

  @BeforeAll
  static void makeImages() throws IOException {
    plain = image("plain.qcow2", "cluster_size=64k");
    version2 = image("v2.qcow2", "compat=0.10");
    extended = image("extended.qcow2", "extended_l2=on");
  }

  private static byte[] image(String name, String options) throws IOException {
    Path image = directory.resolve(name);
    QemuTools.img(directory, "create", "-f", "qcow2", "-o", options, name, "1M");
    QemuTools.io(image, "write -P 1 0 64k", "write -P 2 64k 64k", "write -P 3 128k 64k");
    return Files.readAllBytes(image);
  }

  /** Where two fields contradict each other, or an entry has two words: the other one is blamed. */
  private static final Set<String> BLAMED_ELSEWHERE =
      Set.of(
          "bit without type",
          "virtual size 2^63-1",
          "1 PiB, one L1 entry",
          "raw bit alone",
          "refcount block = L1",
          "l1_size over other tables",
          "extended: both");

  private final List<DynamicTest> cases = new ArrayList<>();
  private final List<HostileCase> corpus = new ArrayList<>();

  /** The table's images, for tests of more than this package. */
  public static List<HostileCase> corpus(Path directory) throws IOException {
    HostileQcow2Test.directory = directory;
    makeImages();
    HostileQcow2Test table = new HostileQcow2Test();
    table.headerFields();
    table.extensionsAndReferences();
    table.tables();
    table.entries();
    table.cutFiles();
    return table.corpus;
  }

  private static byte[] poked(byte[] base, Consumer<Hostile> pokes) {
    Hostile hostile = new Hostile(base);
    pokes.accept(hostile);
    return hostile.bytes();
  }

  private static byte[] disk(byte[] image) {
    try {
      Path file = Files.createTempFile(directory, "accept", ".qcow2");
      Files.write(file, image);
      byte[] disk = QemuTools.guest(file, "qcow2");
      Files.delete(file);
      return disk;
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private void refused(String name, ErrorCode expected, byte[] base, Consumer<Hostile> pokes) {
    refused(name, expected, base, pokes, ReadPolicy.DEFAULT);
  }

  private void refused(
      String name, ErrorCode expected, byte[] base, Consumer<Hostile> pokes, ReadPolicy policy) {
    HostileCase hostileCase =
        HostileCase.refused(name, ImageFormat.QCOW2, policy, () -> poked(base, pokes), expected);
    Hostile poked = new Hostile(base);
    pokes.accept(poked);
    OptionalLong place = BLAMED_ELSEWHERE.contains(name) ? OptionalLong.empty() : poked.place();
    corpus.add(place.isPresent() ? hostileCase.at(place.getAsLong()) : hostileCase);
    cases.add(
        DynamicTest.dynamicTest(
            expected + " " + name,
            () -> {
              Hostile hostile = new Hostile(base);
              pokes.accept(hostile);
              ImportException refusal =
                  assertThrows(ImportException.class, () -> readAll(hostile.bytes(), policy));
              assertEquals(expected, refusal.code(), refusal.getMessage());
              assertEquals(Outcome.REFUSED, refusal.outcome());
              assertTrue(
                  refusal.getMessage().chars().noneMatch(Character::isISOControl),
                  "control characters in the message");
            }));
  }

  private void accepted(String name, byte[] base, Consumer<Hostile> pokes) {
    accepted(name, base, pokes, ReadPolicy.DEFAULT);
  }

  /** Accepted, and every byte as qemu-img reads it. */
  private void accepted(String name, byte[] base, Consumer<Hostile> pokes, ReadPolicy policy) {
    corpus.add(
        HostileCase.accepted(
            name,
            ImageFormat.QCOW2,
            policy,
            () -> poked(base, pokes),
            () -> disk(poked(base, pokes))));
    cases.add(
        DynamicTest.dynamicTest(
            "accept " + name,
            () -> {
              Hostile hostile = new Hostile(base);
              pokes.accept(hostile);
              Path file = Files.createTempFile(directory, "accept", ".qcow2");
              Files.write(file, hostile.bytes());
              assertEquals(
                  ByteBuffer.wrap(QemuTools.guest(file, "qcow2")),
                  readAll(hostile.bytes(), policy));
            }));
  }

  static ByteBuffer readAll(byte[] image, ReadPolicy policy) throws IOException {
    try (Qcow2Image opened =
        Qcow2Image.open(
            new MemorySource(image),
            policy,
            (name, format) -> {
              throw new AssertionError("asked for the backing file " + name);
            })) {
      ByteBuffer guest = ByteBuffer.allocate(Math.toIntExact(opened.virtualSize()));
      opened.read(0, guest);
      return guest.flip();
    }
  }

  @TestFactory
  Stream<DynamicTest> headerFields() {
    for (int length : new int[] {0, 1, 4, 71, 72, 103, 104, 111, 112, 4096, 65535}) {
      refused("cut to " + length, QCOW2_HEADER_TRUNCATED, plain, it -> it.cut(length));
    }
    for (long version : new long[] {0, 1, 4, 0xFFFFFFFFL}) {
      refused("version " + version, QCOW2_VERSION, plain, it -> it.u32(4, version));
    }
    for (long bits : new long[] {0, 8, 22, 31, 32, 63, 64, 0xFFFFFFFFL}) {
      refused("cluster_bits " + bits, QCOW2_CLUSTER_BITS, plain, it -> it.u32(20, bits));
    }
    for (long length : new long[] {0, 71, 72, 103, 105, 65544, 0x7FFFFFFFL, 0xFFFFFFFFL}) {
      refused("header_length " + length, QCOW2_HEADER_LENGTH, plain, it -> it.u32(100, length));
    }
    for (long order : new long[] {7, 8, 31, 0xFFFFFFFFL}) {
      refused("refcount_order " + order, QCOW2_REFCOUNT_ORDER, plain, it -> it.u32(96, order));
    }
    for (int bit : new int[] {5, 6, 31, 32, 63}) {
      refused("bit " + bit, QCOW2_FEATURE_UNKNOWN, plain, it -> it.incompatible(1L << bit));
    }
    refused("corrupt bit", QCOW2_CORRUPT_BIT, plain, it -> it.incompatible(2));
    accepted(
        "corrupt bit, allowed",
        plain,
        it -> it.incompatible(2),
        ReadPolicy.DEFAULT.withAllowCorrupt(true));
    accepted("dirty bit", plain, it -> it.incompatible(1));
    refused("zstd without bit", QCOW2_COMPRESSION_TYPE, plain, it -> it.u8(104, 1));
    refused("type 2 without bit", QCOW2_COMPRESSION_TYPE, plain, it -> it.u8(104, 2));
    refused("type 2", QCOW2_COMPRESSION_TYPE, plain, it -> it.u8(104, 2).incompatible(8));
    refused("bit without type", QCOW2_COMPRESSION_TYPE, plain, it -> it.incompatible(8));
    refused(
        "bit, header too short",
        QCOW2_COMPRESSION_TYPE,
        plain,
        it -> it.extension(0, 0).u32(100, 104).incompatible(8));
    for (long method : new long[] {1, 2, 3, 0xFFFFFFFFL}) {
      refused("crypt_method " + method, QCOW2_ENCRYPTED, plain, it -> it.u32(32, method));
    }
    refused(
        "LUKS header far away",
        QCOW2_ENCRYPTED,
        plain,
        it ->
            it.u32(32, 2)
                .extension(Qcow2Spec.EXTENSION_LUKS, 16, new byte[] {0x40, 0, 0, 0, 0, 0, 0, 0}));
    for (long size : new long[] {Long.MIN_VALUE, Long.MIN_VALUE + 512, -1}) {
      refused(
          "virtual size " + Long.toUnsignedString(size),
          VIRTUAL_SIZE_INVALID,
          plain,
          it -> it.u64(24, size));
    }
    refused("virtual size 2^63-1", QCOW2_L1, plain, it -> it.u64(24, Long.MAX_VALUE));
    refused("1 PiB, one L1 entry", QCOW2_L1, plain, it -> it.u64(24, 1L << 50));
    refused("16 TiB", VIRTUAL_SIZE_LIMIT, plain, it -> it.u64(24, 16L << 40).u32(36, 1L << 15));
    refused(
        "64 TiB at the L1 limit",
        VIRTUAL_SIZE_LIMIT,
        plain,
        it -> it.u64(24, 64L << 40).u32(36, 4L << 20));
    accepted("size no multiple of 512", plain, it -> it.u64(24, (1 << 20) - 100));
    return cases.stream();
  }

  @TestFactory
  Stream<DynamicTest> extensionsAndReferences() {
    for (long length : new long[] {0x7FFFFFFFL, 0xFFFFFFFFL, 0xFFFFFFF9L, 65536 - 119}) {
      refused("length " + length, QCOW2_EXTENSION, plain, it -> it.extension(0x11111111, length));
    }
    accepted("extension up to the end", plain, it -> it.extension(0x11111111, 65536 - 120));
    refused(
        "8,000 empty extensions",
        QCOW2_EXTENSION,
        plain,
        it -> IntStream.range(0, 8000).forEach(i -> it.u64(112 + 8 * i, 0x22222222L << 32)));
    refused(
        "backing format of 4 KiB",
        QCOW2_EXTENSION,
        plain,
        it -> it.extension(Qcow2Spec.EXTENSION_BACKING_FORMAT, 4096));
    accepted("odd feature table", plain, it -> it.extension(Qcow2Spec.EXTENSION_FEATURE_NAMES, 50));
    accepted("stale bitmaps", plain, it -> it.extension(Qcow2Spec.EXTENSION_BITMAPS, 24));
    refused(
        "bitmaps of 5 bytes",
        QCOW2_BITMAP,
        plain,
        it -> it.extension(Qcow2Spec.EXTENSION_BITMAPS, 5));
    refused(
        "2^32-1 bitmaps",
        QCOW2_BITMAP,
        plain,
        it ->
            it.extension(Qcow2Spec.EXTENSION_BITMAPS, 24)
                .u32(120, 0xFFFFFFFFL)
                .u64(128, 64)
                .u64(136, 65536)
                .u64(88, 1));
    refused(
        "bitmap directory of 2^63",
        QCOW2_BITMAP,
        plain,
        it ->
            it.extension(Qcow2Spec.EXTENSION_BITMAPS, 24)
                .u32(120, 1)
                .u64(128, Long.MIN_VALUE)
                .u64(136, 65536)
                .u64(88, 1));
    for (String name :
        List.of("/etc/passwd", "../../x", "nbd://127.0.0.1", "json:{}", "a\nb", "", "x")) {
      refused("backing " + name.strip(), QCOW2_BACKING_FILE, plain, it -> it.backing(name));
      refused("v2 backing " + name.strip(), QCOW2_BACKING_FILE, version2, it -> it.backing(name));
      refused(
          "data file " + name.strip(),
          QCOW2_DATA_FILE,
          plain,
          it -> it.extension(Qcow2Spec.EXTENSION_DATA_FILE, name).incompatible(4));
    }
    ReadPolicy roots = ReadPolicy.DEFAULT.withBackingRoots(List.of(Path.of("/nowhere")));
    for (long offset : new long[] {-1, Long.MIN_VALUE, 8, 65536, 1L << 40}) {
      refused("name at " + offset, QCOW2_BACKING_FILE, plain, it -> it.backing("x").u64(8, offset));
      refused(
          "name at " + offset + ", backing files allowed",
          QCOW2_BACKING_FILE,
          plain,
          it -> it.backing("x").u64(8, offset),
          roots);
    }
    for (long length : new long[] {0, 1024, 0xFFFFFFFFL}) {
      refused(
          "name of " + length,
          QCOW2_BACKING_FILE,
          plain,
          it -> it.backing("x").u32(16, length),
          roots);
    }
    refused("data bit without name", QCOW2_DATA_FILE, plain, it -> it.incompatible(4));
    refused("raw bit alone", QCOW2_DATA_FILE, plain, it -> it.u64(88, 2));
    refused(
        "name without bit",
        QCOW2_DATA_FILE,
        plain,
        it -> it.extension(Qcow2Spec.EXTENSION_DATA_FILE, "x"));
    return cases.stream();
  }

  @Test
  void namesOfUnknownFeaturesAreEscaped() {
    byte[] entry = new byte[48];
    entry[1] = 7;
    byte[] name = "\u001b[31mred\nline".getBytes();
    System.arraycopy(name, 0, entry, 2, name.length);
    Hostile hostile =
        new Hostile(plain)
            .extension(Qcow2Spec.EXTENSION_FEATURE_NAMES, 48, entry)
            .incompatible(1 << 7);
    ImportException refusal =
        assertThrows(ImportException.class, () -> readAll(hostile.bytes(), ReadPolicy.DEFAULT));
    assertEquals(QCOW2_FEATURE_UNKNOWN, refusal.code());
    assertTrue(refusal.getMessage().contains("\\u001b[31mred\\nline"), refusal.getMessage());
    assertFalse(refusal.getMessage().contains("\u001b"));
  }

  @TestFactory
  Stream<DynamicTest> tables() {
    refused("no refcount table", QCOW2_REFTABLE, plain, it -> it.u32(56, 0));
    refused("huge refcount table", QCOW2_REFTABLE, plain, it -> it.u32(56, 0xFFFFFFFFL));
    refused("refcount table misaligned", QCOW2_REFTABLE, plain, it -> it.u64(48, 65536 + 512));
    refused("refcount table at 2^63", QCOW2_REFTABLE, plain, it -> it.u64(48, Long.MIN_VALUE));
    refused("refcount table = header", QCOW2_CLUSTER_OVERLAP, plain, it -> it.u64(48, 0));
    refused("refcount table beyond", SOURCE_TRUNCATED, plain, it -> it.u64(48, 1L << 40));
    refused("refcount block misaligned", QCOW2_REFCOUNT, plain, it -> it.u64(it.reftable, 513));
    refused("refcount block = L1", QCOW2_CLUSTER_OVERLAP, plain, it -> it.u64(it.reftable, it.l1));
    accepted("all refcounts wrong", plain, it -> it.put(it.refblock, new byte[it.clusterSize]));
    for (long size : new long[] {0xFFFFFFFFL, 0x7FFFFFFFL, (4 << 20) + 1, 0}) {
      refused("l1_size " + size, QCOW2_L1, plain, it -> it.u32(36, size));
    }
    refused("l1_size over other tables", QCOW2_CLUSTER_OVERLAP, plain, it -> it.u32(36, 4 << 20));
    refused("L1 at the end", QCOW2_L1, plain, it -> it.u64(40, it.length()));
    refused("L1 at 2^63", QCOW2_L1, plain, it -> it.u64(40, Long.MIN_VALUE));
    refused("L1 at 2^63-64k", QCOW2_L1, plain, it -> it.u64(40, -1L << 16 & Long.MAX_VALUE));
    refused("L1 misaligned", QCOW2_L1, plain, it -> it.u64(40, it.l1 + 8));
    refused("L1 = header", QCOW2_CLUSTER_OVERLAP, plain, it -> it.u64(40, 0));
    refused("L1 = refcount table", QCOW2_CLUSTER_OVERLAP, plain, it -> it.u64(40, it.reftable));
    refused("L1 = refcount block", QCOW2_CLUSTER_OVERLAP, plain, it -> it.u64(40, it.refblock));
    refused("L2 beyond", QCOW2_L1, plain, it -> it.u64(it.l1, 1L << 40));
    refused("L2 misaligned", QCOW2_L1, plain, it -> it.u64(it.l1, it.l2 + 512));
    refused("L1 entry reserved low", QCOW2_L1, plain, it -> it.u64(it.l1, it.l2 | 1));
    refused("L1 entry reserved high", QCOW2_L1, plain, it -> it.u64(it.l1, it.l2 | 1L << 56));
    refused("L1 entry all ones", QCOW2_L1, plain, it -> it.u64(it.l1, -1));
    refused("L1 entry COPIED only", QCOW2_L1, plain, it -> it.u64(it.l1, Long.MIN_VALUE));
    refused("L2 = L1", QCOW2_CLUSTER_OVERLAP, plain, it -> it.u64(it.l1, it.l1));
    refused("L2 = refcount block", QCOW2_CLUSTER_OVERLAP, plain, it -> it.u64(it.l1, it.refblock));
    refused(
        "one L2 for two L1 entries",
        QCOW2_CLUSTER_OVERLAP,
        plain,
        it -> it.u64(24, 1L << 30).u32(36, 2).u64(it.l1 + 8, it.u64(it.l1)));
    refused(
        "a bomb of one L2 table",
        QCOW2_CLUSTER_OVERLAP,
        plain,
        it -> {
          it.u64(24, 1L << 40).u32(36, 2048);
          IntStream.range(0, 2048).forEach(i -> it.u64(it.l1 + 8L * i, it.l2));
        });
    refused("65,537 snapshots", QCOW2_SNAPSHOT_TABLE, plain, it -> it.u32(60, 65537));
    refused(
        "snapshots misaligned", QCOW2_SNAPSHOT_TABLE, plain, it -> it.u32(60, 1).u64(64, 65537));
    refused("snapshots beyond", QCOW2_SNAPSHOT_TABLE, plain, it -> it.u32(60, 1).u64(64, 1L << 40));
    refused(
        "snapshots at 2^63",
        QCOW2_SNAPSHOT_TABLE,
        plain,
        it -> it.u32(60, 1).u64(64, Long.MIN_VALUE));
    return cases.stream();
  }

  @TestFactory
  Stream<DynamicTest> entries() {
    refused("beyond", QCOW2_CLUSTER_RANGE, plain, it -> it.entry(2, 1L << 40 | 1L << 63));
    refused("at the end", QCOW2_CLUSTER_RANGE, plain, it -> it.entry(2, it.length() | 1L << 63));
    refused("2^56", QCOW2_L2, plain, it -> it.entry(2, 1L << 56));
    refused("misaligned", QCOW2_L2, plain, it -> it.entry(2, it.entry(2) + 512));
    refused("reserved", QCOW2_L2, plain, it -> it.entry(2, it.entry(2) | 2));
    refused("all ones", QCOW2_L2, plain, it -> it.entry(2, -1));
    refused("COPIED only", QCOW2_L2, plain, it -> it.entry(2, Long.MIN_VALUE));
    refused("zero flag in v2", QCOW2_L2, version2, it -> it.entry(2, 1));
    refused("data = L2", QCOW2_CLUSTER_OVERLAP, plain, it -> it.entry(2, it.l2 | 1L << 63));
    refused("data = L1", QCOW2_CLUSTER_OVERLAP, plain, it -> it.entry(2, it.l1));
    refused("data = refcounts", QCOW2_CLUSTER_OVERLAP, plain, it -> it.entry(2, it.refblock));
    refused("owned twice", QCOW2_CLUSTER_OVERLAP, plain, it -> it.entry(2, it.entry(0)));
    accepted(
        "shared data", plain, it -> IntStream.range(0, 16).forEach(i -> it.entry(i, it.firstData)));
    accepted("zero flag over data", plain, it -> it.entry(2, it.entry(2) | 1));
    accepted("zero flag alone", plain, it -> it.entry(2, 1));
    accepted("zero flag, host cluster gone", plain, it -> it.entry(2, 1L << 30 | 1));

    long second = 8;
    refused("extended: both", QCOW2_L2, extended, it -> it.u64(it.l2 + second, 1L << 32 | 1));
    refused("extended: no offset", QCOW2_L2, extended, it -> it.u64(it.l2, 0));
    refused(
        "extended: compressed with bitmap",
        QCOW2_L2,
        extended,
        it -> it.u64(it.l2, it.compressed(it.firstData, 512)));
    refused("extended: bit 0", QCOW2_L2, extended, it -> it.u64(it.l2, it.u64(it.l2) | 1));
    refused("extended: clusters of 8 KiB", QCOW2_L2, extended, it -> it.u32(20, 13).u32(36, 8));
    accepted(
        "extended: some zero, some not",
        extended,
        it -> it.u64(it.l2 + second, 0x0000FF00_00FF00FFL));
    return cases.stream();
  }

  @TestFactory
  Stream<DynamicTest> cutFiles() {
    int clusters = plain.length / 65536;
    for (int cluster = 1; cluster < clusters; cluster++) {
      long length = cluster * 65536L;
      refused("cut to " + length, SOURCE_TRUNCATED, plain, it -> it.cut(length));
      refused("cut to " + (length + 8), SOURCE_TRUNCATED, plain, it -> it.cut(length + 8));
    }
    refused("last byte", SOURCE_TRUNCATED, plain, it -> it.cut(it.length() - 1));
    return cases.stream();
  }
}
