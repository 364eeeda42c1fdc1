package io.drover.converter.hostile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.image.DiskImage;
import io.drover.converter.image.Extent;
import io.drover.converter.image.FormatSignaturesTest;
import io.drover.converter.image.ImageFormat;
import io.drover.converter.image.ReadPolicy;
import io.drover.converter.qcow2.ClusterCounts;
import io.drover.converter.qcow2.FuzzRules;
import io.drover.converter.qcow2.Hostile;
import io.drover.converter.qcow2.HostileCases;
import io.drover.converter.qcow2.HostileCompressionTest;
import io.drover.converter.qcow2.Qcow2Spec;
import io.drover.converter.qcow2.QemuTools;
import io.drover.converter.reader.ImageDescription;
import io.drover.converter.reader.ImageOpener;
import io.drover.converter.storage.MemorySource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * The hostile cases for mutation testing, in few methods and with the images kept for the life of
 * the JVM: PIT runs methods, a thousand times over.
 */
class ValidationMutationTest {
  private static final Set<ErrorCode> CUT =
      EnumSet.of(ErrorCode.SOURCE_TRUNCATED, ErrorCode.QCOW2_HEADER_TRUNCATED);
  private static final int CUT_STEP = 61 * 512;

  private static final List<StoredCase> CASES = new ArrayList<>();
  private static final List<byte[]> SOUND = new ArrayList<>();
  private static final List<byte[]> DISKS = new ArrayList<>();

  @Test
  void everyCaseEndsAsItShould() throws IOException {
    for (StoredCase hostile : CASES) {
      judge(hostile);
    }
  }

  @Test
  void soundImagesAreReadAndCutOnesRefused() throws IOException {
    for (int index = 0; index < SOUND.size(); index++) {
      byte[] whole = SOUND.get(index);
      requireRead(whole, whole.length, DISKS.get(index));
      requireCounted(whole);
      for (int length = CUT_STEP; length < whole.length; length += CUT_STEP) {
        requireRead(whole, length, DISKS.get(index));
      }
    }
  }

  private static void judge(StoredCase hostile) throws IOException {
    byte[] disk;
    boolean opened = false;
    MemorySource source = new MemorySource(hostile.file());
    try (DiskImage image = ImageOpener.open(source, hostile.format(), hostile.policy())) {
      opened = true;
      if (hostile.refusals().isEmpty() && hostile.disk().isEmpty()) {
        return;
      }
      disk = Qcow2ImageFuzz.readAll(image);
    } catch (ImportException refusal) {
      assertTrue(hostile.refusals().contains(refusal.code()), hostile + ": " + refusal.code());
      FuzzRules.checkRefusal(refusal, hostile.file().length);
      assertTrue(!opened || refusal.code() == ErrorCode.QCOW2_COMPRESSED_DATA, "late " + hostile);
      if (hostile.place().isPresent()) {
        assertEquals(hostile.place().getAsLong(), refusal.offset(), hostile.toString());
      }
      assertTrue(source.closed(), "left open: " + hostile);
      return;
    }
    assertTrue(hostile.refusals().isEmpty(), "accepted " + hostile);
    assertEquals(-1, Arrays.mismatch(hostile.disk().get(), disk), hostile.toString());
  }

  private static void requireRead(byte[] whole, int length, byte[] disk) throws IOException {
    MemorySource source = new MemorySource(Arrays.copyOf(whole, length));
    boolean opened = false;
    try (DiskImage image = ImageOpener.open(source, ImageFormat.QCOW2, ReadPolicy.DEFAULT)) {
      opened = true;
      assertEquals(-1, Arrays.mismatch(disk, Qcow2ImageFuzz.readAll(image)), "cut to " + length);
    } catch (ImportException refusal) {
      assertTrue(length < whole.length, "a sound image is refused: " + refusal.getMessage());
      assertTrue(CUT.contains(refusal.code()), "cut to " + length + ": " + refusal.code());
      assertFalse(opened, "cut to " + length + ", and opened");
    }
  }

  /** The limit on data is exact: the bytes that are not known to be zeros. */
  private static void requireCounted(byte[] whole) throws IOException {
    long data = 0;
    try (DiskImage image = open(whole, Long.MAX_VALUE)) {
      for (Iterator<Extent> extents = image.extents(0, image.virtualSize()); extents.hasNext(); ) {
        Extent extent = extents.next();
        data += extent.zero() ? 0 : extent.length();
      }
    }
    long limit = data;
    open(whole, limit).close();
    ImportException refusal = assertThrows(ImportException.class, () -> open(whole, limit - 1));
    assertEquals(ErrorCode.EXPANSION_LIMIT, refusal.code());
  }

  @Test
  void clustersAreCountedAndSizesLimitedToTheByte() throws IOException {
    for (byte[] image : SOUND) {
      ByteBuffer header = ByteBuffer.wrap(image);
      ReadPolicy exact = ReadPolicy.DEFAULT.withMaxVirtualSize(header.getLong(24));
      ImageDescription sound = describe(image, exact);
      assertTrue(sound.refusal().isEmpty());
      assertEquals(
          ErrorCode.VIRTUAL_SIZE_LIMIT,
          describe(image, exact.withMaxVirtualSize(header.getLong(24) - 1))
              .refusal()
              .orElseThrow()
              .code());
      ClusterCounts counts = sound.qcow2().orElseThrow().counts().orElseThrow();
      assertEquals(count(header), List.of(counts.data(), counts.zero(), counts.compressed()));
    }
  }

  /**
   * L2 entries of an image that is sound: data, zero, compressed. Of subclusters the first half of
   * the bitmap says which are allocated, the second which read as zeros (specification, "Extended
   * L2 Entries"); those beyond the disk's end count for nothing.
   */
  private static List<Long> count(ByteBuffer image) {
    boolean extended = image.getInt(4) == 3 && (image.getLong(72) & 16) != 0;
    long clusterSize = 1L << image.getInt(20);
    int entryBytes = extended ? 16 : 8;
    int entries = (int) clusterSize / entryBytes;
    long[] counts = new long[3];
    for (int table = 0; table < image.getInt(36); table++) {
      int l2 = (int) (image.getLong((int) image.getLong(40) + 8 * table) & Qcow2Spec.OFFSET_MASK);
      for (int index = 0; l2 != 0 && index < entries; index++) {
        long entry = image.getLong(l2 + index * entryBytes);
        long start = ((long) table * entries + index) * clusterSize;
        if (start >= image.getLong(24)) {
          continue;
        }
        if ((entry & Qcow2Spec.COMPRESSED) != 0) {
          counts[2]++;
        } else if (extended) {
          long inside = Math.min(clusterSize, image.getLong(24) - start);
          long bitmap = image.getLong(l2 + index * entryBytes + 8);
          boolean data = false;
          for (int bit = 0; bit < 32 && bit * clusterSize / 32 < inside; bit++) {
            data |= (bitmap >>> bit & 1) != 0;
          }
          counts[0] += data ? 1 : 0;
          counts[1] += !data && bitmap >>> 32 != 0 ? 1 : 0;
        } else if ((entry & Qcow2Spec.ZERO) != 0) {
          counts[1]++;
        } else if (entry != 0) {
          counts[0]++;
        }
      }
    }
    return List.of(counts[0], counts[1], counts[2]);
  }

  @Test
  void refusalsSayWhatWasFound() throws IOException {
    byte[] plain = SOUND.get(0);
    byte[] names = new byte[48];
    names[1] = 40;
    names[2] = 'x';
    assertRefused(
        "unknown incompatible feature bit 40, which the image calls \"x\"",
        new Hostile(plain)
            .extension(Qcow2Spec.EXTENSION_FEATURE_NAMES, 48, names)
            .incompatible(1L << 40));
    assertRefused("feature bit 41", new Hostile(plain).incompatible(1L << 41));
    assertRefused("(crypt_method 1)", new Hostile(plain).u32(32, 1));
    assertRefused(
        "(crypt_method 2, with a LUKS header)",
        new Hostile(plain).extension(Qcow2Spec.EXTENSION_LUKS, 16).u32(32, 2));
    assertRefused("type 1 with incompatible bit 3 clear", new Hostile(plain).u8(104, 1));
    assertRefused("type 0 with incompatible bit 3 set", new Hostile(plain).incompatible(8));
    assertRefused("version 4294967295,", new Hostile(plain).u32(4, -1));
    assertRefused("cluster_bits 4294967295,", new Hostile(plain).u32(20, -1));
  }

  private static void assertRefused(String part, Hostile image) throws IOException {
    String message =
        describe(image.bytes(), ReadPolicy.DEFAULT).refusal().orElseThrow().getMessage();
    assertTrue(message.contains(part), message);
  }

  private static ImageDescription describe(byte[] image, ReadPolicy policy) throws IOException {
    return ImageOpener.describe(new MemorySource(image), ImageFormat.QCOW2, policy);
  }

  private static DiskImage open(byte[] image, long maxDataBytes) throws IOException {
    return ImageOpener.open(
        new MemorySource(image),
        ImageFormat.QCOW2,
        ReadPolicy.DEFAULT.withMaxDataBytes(maxDataBytes));
  }

  /** From the file that the property names, if there is one: making the images takes seconds. */
  @BeforeAll
  static void load() throws IOException {
    if (!CASES.isEmpty()) {
      return;
    }
    String kept = System.getProperty("drover.mutation.cases");
    if (kept == null) {
      make();
      return;
    }
    Path file = Path.of(kept);
    if (!Files.exists(file)) {
      make();
      StoredCase.write(file, CASES, SOUND, DISKS);
    } else {
      StoredCase.read(file, CASES, SOUND, DISKS);
    }
  }

  /** Half of a test JVM's heap, which only mutation testing needs again. */
  @AfterAll
  static void release() {
    if (System.getProperty("drover.mutation.cases") == null) {
      CASES.clear();
      SOUND.clear();
      DISKS.clear();
    }
  }

  private static void make() throws IOException {
    Path directory = Files.createTempDirectory("mutation");
    List<HostileCase> cases = new ArrayList<>();
    cases.addAll(HostileCases.corpus(directory));
    cases.addAll(HostileCompressionTest.corpus(directory));
    cases.addAll(FormatSignaturesTest.corpus());
    cases.addAll(TableCases.corpus(directory));
    cases.addAll(NamingCases.corpus(directory));
    cases.addAll(SizeCases.manyTables(directory));
    for (byte[] image : SoundImages.make(directory)) {
      SOUND.add(image);
      Path file = Files.write(directory.resolve("sound.qcow2"), image);
      DISKS.add(QemuTools.guest(file, "qcow2"));
    }
    for (HostileCase hostile : cases) {
      CASES.add(StoredCase.of(hostile));
    }
  }
}
