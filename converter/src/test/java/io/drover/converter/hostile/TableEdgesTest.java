package io.drover.converter.hostile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.image.DiskImage;
import io.drover.converter.image.Extent;
import io.drover.converter.image.ImageFormat;
import io.drover.converter.image.ReadPolicy;
import io.drover.converter.qcow2.ClusterCounts;
import io.drover.converter.qcow2.Hostile;
import io.drover.converter.qcow2.QemuTools;
import io.drover.converter.reader.ImageOpener;
import io.drover.converter.storage.MemorySource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Edges of the tables that small images do not reach, and limits held to the byte. */
class TableEdgesTest {
  /** Guest bytes under one L2 table of 512-byte clusters. */
  private static final long UNDER_TABLE = 64 * 512;

  /** Indices of L1 entries on both sides of where the table is read in pieces. */
  private static final int[] L1_INDICES = {0, 1, 8191, 8192, 8193, 16383, 16384, 20479};

  private static final int FEATURE_NAMES = 0x6803f857;
  private static final long RESERVED_L1_BIT = 1L << 56;
  private static final int L1_OFFSET_FIELD = 40;
  private static final long CORRUPT = 2;
  private static final long DIRTY = 1;

  @TempDir private static Path directory;

  private static byte[] manyTables;
  private static byte[] subclusters;
  private static byte[] plain;

  @BeforeAll
  static void make() throws IOException {
    if (plain != null) {
      return;
    }
    String[] writes = new String[L1_INDICES.length];
    for (int index = 0; index < writes.length; index++) {
      writes[index] = "write -P 7 " + L1_INDICES[index] * UNDER_TABLE + " 512";
    }
    manyTables = image("cluster_size=512", "640M", writes);
    subclusters =
        image(
            "extended_l2=on,cluster_size=64k",
            "4195840",
            "write -P 1 0 64k",
            "write -z 64k 64k",
            "write -P 2 128k 2k",
            "write -z 192k 4k",
            "write -P 3 4096k 1k");
    plain = image("cluster_size=64k", "600M", "write -P 1 0 64k");
  }

  private static byte[] image(String options, String size, String... writes) throws IOException {
    Path file = directory.resolve("image.qcow2");
    QemuTools.img(directory, "create", "-q", "-f", "qcow2", "-o", options, file.toString(), size);
    QemuTools.io(file, writes);
    return Files.readAllBytes(file);
  }

  @Test
  void everyTableOfALongL1IsFound() throws IOException {
    List<Long> expected = new ArrayList<>();
    for (int index : L1_INDICES) {
      expected.add(index * UNDER_TABLE);
    }
    List<Long> found = new ArrayList<>();
    try (DiskImage image = open(manyTables, ReadPolicy.DEFAULT)) {
      for (Iterator<Extent> all = image.extents(0, image.virtualSize()); all.hasNext(); ) {
        Extent extent = all.next();
        if (!extent.zero()) {
          assertEquals(512, extent.length());
          found.add(extent.offset());
        }
      }
    }
    assertEquals(expected, found);
  }

  @Test
  void aBadEntryOfALongL1IsNamedByItsPlace() {
    for (int index : L1_INDICES) {
      Hostile image = new Hostile(manyTables);
      long field = image.l1 + 8L * index;
      image.u64(field, image.u64(field) | RESERVED_L1_BIT);
      ImportException refusal = refusal(image.bytes(), ReadPolicy.DEFAULT);
      assertEquals(ErrorCode.QCOW2_L1, refusal.code());
      assertEquals(field, refusal.offset());
      assertTrue(refusal.getMessage().contains("L1 entry " + index + " "), refusal.getMessage());
    }
  }

  @Test
  void aLongL1IsNeededToItsLastByte() throws IOException {
    Hostile image = new Hostile(manyTables);
    int length = 8 * 20480;
    long moved =
        image.append(Arrays.copyOfRange(image.bytes(), (int) image.l1, (int) image.l1 + length));
    image.u64(L1_OFFSET_FIELD, moved);
    open(image.bytes(), ReadPolicy.DEFAULT).close();
    ImportException refusal = refusal(image.cut(moved + length - 1).bytes(), ReadPolicy.DEFAULT);
    assertEquals(ErrorCode.SOURCE_TRUNCATED, refusal.code());
    assertEquals(L1_OFFSET_FIELD, refusal.offset());
  }

  @Test
  void subclustersAreCountedByWhatTheyHold() throws IOException {
    ClusterCounts counts = counts(subclusters);
    assertEquals(List.of(3L, 2L, 0L), List.of(counts.data(), counts.zero(), counts.compressed()));
    // 64 KiB, one subcluster of 2 KiB, and the last one, which the disk's end cuts to 1536 bytes
    long data = (64 << 10) + (2 << 10) + 1536;
    assertEquals(data, counts.dataBytes());
  }

  @Test
  void subclustersThatCannotBeAreRefused() {
    // both allocated and zero; allocated without a place; referenced once without a place
    assertSubclustersRefused(0, 1L << 32 | 1, -1);
    assertSubclustersRefused(1, 1, 0);
    assertSubclustersRefused(1, 0, 1L << 63);
  }

  private static void assertSubclustersRefused(int cluster, long bitmap, long entry) {
    Hostile image = new Hostile(subclusters);
    long field = image.l2 + 16L * cluster;
    image.u64(field + 8, bitmap);
    if (entry != -1) {
      image.u64(field, entry);
    }
    ImportException refusal = refusal(image.bytes(), ReadPolicy.DEFAULT);
    assertEquals(ErrorCode.QCOW2_L2, refusal.code());
    assertEquals(field, refusal.offset());
  }

  @Test
  void theRatioOfDataToFileIsLimited() throws IOException {
    int free = (int) (ReadPolicy.EXPANSION_FLOOR >> 16);
    open(shared(free), ReadPolicy.DEFAULT.withMaxExpansion(1)).close();
    byte[] more = shared(free + 1);
    long ratio = (ReadPolicy.EXPANSION_FLOOR + (64 << 10)) / more.length;
    open(more, ReadPolicy.DEFAULT.withMaxExpansion(ratio + 1)).close();
    assertEquals(
        ErrorCode.EXPANSION_LIMIT,
        refusal(more, ReadPolicy.DEFAULT.withMaxExpansion(ratio)).code());
  }

  /** So many clusters that are one and the same. */
  private static byte[] shared(int clusters) {
    Hostile image = new Hostile(plain);
    for (int cluster = 0; cluster < clusters; cluster++) {
      image.entry(cluster, image.firstData);
    }
    return image.bytes();
  }

  @Test
  void warningsSayWhatIsOddAndNothingElse() throws IOException {
    assertEquals(List.of(), warnings(new Hostile(plain)));
    assertWarning("dirty bit", new Hostile(plain).incompatible(DIRTY));
    assertWarning("marked corrupt", new Hostile(plain).incompatible(CORRUPT));
    assertWarning("no multiple of 512", new Hostile(plain).u64(24, (600L << 20) - 100));
    Path file = Files.write(directory.resolve("snapshots.qcow2"), plain);
    QemuTools.img(directory, "snapshot", "-c", "kept", file.toString());
    assertWarning("1 internal snapshots", new Hostile(Files.readAllBytes(file)));
  }

  private static void assertWarning(String part, Hostile image) throws IOException {
    List<String> warnings = warnings(image);
    assertEquals(1, warnings.size(), warnings.toString());
    assertTrue(warnings.get(0).contains(part), warnings.toString());
  }

  private static List<String> warnings(Hostile image) throws IOException {
    try (DiskImage opened = open(image.bytes(), ReadPolicy.DEFAULT.withAllowCorrupt(true))) {
      return opened.warnings();
    }
  }

  @Test
  void aFeatureIsCalledByItsOwnName() {
    byte[] names = new byte[3 * 48];
    name(names, 0, 1, 40, "compatible");
    name(names, 1, 0, 41, "another");
    name(names, 2, 0, 40, "meant");
    ImportException refusal =
        refusal(
            new Hostile(plain)
                .extension(FEATURE_NAMES, names.length, names)
                .incompatible(1L << 40)
                .bytes(),
            ReadPolicy.DEFAULT);
    assertTrue(refusal.getMessage().contains("\"meant\""), refusal.getMessage());
  }

  private static void name(byte[] table, int entry, int kind, int bit, String name) {
    table[entry * 48] = (byte) kind;
    table[entry * 48 + 1] = (byte) bit;
    byte[] text = name.getBytes();
    System.arraycopy(text, 0, table, entry * 48 + 2, text.length);
  }

  private static ClusterCounts counts(byte[] image) throws IOException {
    return ImageOpener.describe(new MemorySource(image), ImageFormat.QCOW2, ReadPolicy.DEFAULT)
        .qcow2()
        .orElseThrow()
        .counts()
        .orElseThrow();
  }

  private static DiskImage open(byte[] image, ReadPolicy policy) throws IOException {
    return ImageOpener.open(new MemorySource(image), ImageFormat.QCOW2, policy);
  }

  private static ImportException refusal(byte[] image, ReadPolicy policy) {
    return assertThrows(ImportException.class, () -> open(image, policy).close());
  }
}
