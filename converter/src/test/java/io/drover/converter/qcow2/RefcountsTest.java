package io.drover.converter.qcow2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.storage.MemorySource;
import io.drover.converter.storage.RandomAccessSource;
import io.drover.converter.storage.SourceIdentity;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Refcounts of every width, of clusters of 512 bytes, held against a plain set of numbers. */
class RefcountsTest {
  private static final int CLUSTER = 512;
  private static final int TABLE = 1;

  /** A refcount of the narrowest width has one nonzero value; wider ones use their first bit. */
  private static void set(ByteBuffer block, int order, int index, Random random) {
    if (order < 3) {
      int value = 1 + random.nextInt((1 << (1 << order)) - 1);
      int at = (index << order) / 8;
      block.put(at, (byte) (block.get(at) | value << (index << order) % 8));
    } else {
      int bytes = 1 << order - 3;
      block.put(index * bytes + random.nextInt(bytes), (byte) (1 + random.nextInt(255)));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6})
  void tellCutFilesFromPointersThatLie(int order) throws IOException {
    int perBlock = CLUSTER * 8 >> order;
    Random random = new Random(order);
    BitSet used = used(random, 3 * perBlock);
    ByteBuffer image = image(order, used, 3, random);
    Refcounts refcounts = new Refcounts(new MemorySource(image.array()), header(image));
    for (long cluster = 0; cluster < 3L * perBlock; cluster++) {
      ErrorCode expected =
          used.get((int) cluster) ? ErrorCode.SOURCE_TRUNCATED : ErrorCode.QCOW2_L2;
      long target = cluster * CLUSTER + random.nextInt(CLUSTER);
      assertEquals(expected, refusal(refcounts, target), order + ", cluster " + cluster);
    }
    // beyond the last block, and beyond what the table can name
    long covered = (long) CLUSTER / 8 * perBlock;
    for (long cluster : new long[] {3L * perBlock, covered - 1, covered, covered + 1, 1L << 40}) {
      assertEquals(ErrorCode.QCOW2_L2, refusal(refcounts, cluster * CLUSTER), "" + cluster);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6})
  void blocksThatAreLostOrNoneTellNothing(int order) throws IOException {
    int perBlock = CLUSTER * 8 >> order;
    ByteBuffer image = image(order, new BitSet(), 3, new Random(order));
    int end = image.capacity();
    long entry = TABLE * CLUSTER + 8;
    image.putLong((int) entry, end);
    assertEquals(ErrorCode.SOURCE_TRUNCATED, refusal(image, (long) perBlock * CLUSTER));
    image.putLong((int) entry, Long.MIN_VALUE);
    assertEquals(ErrorCode.SOURCE_TRUNCATED, refusal(image, (long) perBlock * CLUSTER));
    image.putLong((int) entry, 0);
    assertEquals(ErrorCode.QCOW2_L2, refusal(image, (long) perBlock * CLUSTER));
    image.putLong(48, end);
    assertEquals(ErrorCode.SOURCE_TRUNCATED, refusal(image, 0));
    image.putLong(48, end - 1);
    assertEquals(ErrorCode.QCOW2_L2, refusal(image, 0), "a word cut to a zero byte");
  }

  /** A table of 100 KiB: each entry is looked at, and blamed where it stands. */
  @ParameterizedTest
  @ValueSource(ints = {1, 8191, 8192, 9000, 12_799})
  void everyEntryOfALongTableIsChecked(int index) {
    ByteBuffer image = image(4, new BitSet(), 0, new Random(1));
    int entry = TABLE * CLUSTER + 8 * index;
    ByteBuffer longer = ByteBuffer.allocate((1 + 200) * CLUSTER).put(image.slice(0, CLUSTER));
    longer.putInt(56, 200);
    for (long block : new long[] {513, -512, longer.capacity(), 3 * CLUSTER}) {
      longer.putLong(entry, block);
      ImportException refusal = assertThrows(ImportException.class, () -> mark(longer));
      assertEquals(entry, refusal.offset(), refusal.getMessage());
      assertEquals(
          block == 3 * CLUSTER ? ErrorCode.QCOW2_CLUSTER_OVERLAP : ErrorCode.QCOW2_REFCOUNT,
          refusal.code());
    }
  }

  @Test
  void aBlockOrTableAtTheEndOfTheFileIsNone() throws IOException {
    ByteBuffer image = image(4, new BitSet(), 1, new Random(1));
    mark(image);
    image.putLong(48, image.capacity());
    ImportException lost = assertThrows(ImportException.class, () -> mark(image));
    assertEquals(ErrorCode.SOURCE_TRUNCATED, lost.code());
    assertTrue(lost.getMessage().endsWith("; the file was cut: copy it again"), lost.getMessage());
    assertEquals(48, lost.offset());
  }

  /** With clusters of 4 KiB a block at a multiple of 512 is still none. */
  @Test
  void blocksAreAligned() {
    ByteBuffer image = ByteBuffer.allocate(8 * 4096);
    image.putInt(0, Qcow2Spec.MAGIC).putInt(4, 3).putInt(20, 12).putInt(96, 4).putInt(100, 104);
    image.putLong(48, 4096).putInt(56, 1).putLong(4096, 2 * 4096 + 512);
    assertEquals(
        ErrorCode.QCOW2_REFCOUNT, assertThrows(ImportException.class, () -> mark(image)).code());
  }

  private static void mark(ByteBuffer image) throws IOException {
    Qcow2Header header = header(image);
    new Refcounts(new MemorySource(image.array()), header)
        .mark(new MetadataClusters(header.clusterBits()));
  }

  /** QEMU's rule: as many clusters are used as 10/9 of those stored, and two more than stored. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6})
  void findPreallocation(int order) throws IOException {
    Random random = new Random(order);
    int perBlock = CLUSTER * 8 >> order;
    int blocks = Math.max(1, 200 / perBlock + 1);
    for (int clusters : new int[] {40, 3 * 64 + 5}) {
      BitSet used = used(random, blocks * perBlock);
      ByteBuffer image = image(order, used, blocks, random);
      int count = used.get(0, clusters).cardinality();
      for (int stored = 0; stored <= count + 1; stored++) {
        byte[] file = Arrays.copyOf(image.array(), clusters * CLUSTER - stored % 2);
        Refcounts refcounts =
            new Refcounts(new Sparse(file, (long) stored * CLUSTER + 300), header(image));
        boolean expected = count >= stored * 10 / 9 && count >= stored + 2;
        assertEquals(expected, refcounts.preallocated(), order + ", " + stored + " of " + count);
      }
    }
  }

  private static BitSet used(Random random, int clusters) {
    BitSet used = new BitSet();
    for (int cluster = 0; cluster < clusters; cluster++) {
      used.set(cluster, random.nextInt(3) > 0);
    }
    return used;
  }

  /** A header, a table of one cluster, blocks, and as many clusters again. */
  private static ByteBuffer image(int order, BitSet used, int blocks, Random random) {
    int perBlock = CLUSTER * 8 >> order;
    ByteBuffer image = ByteBuffer.allocate(Math.max(220, TABLE + 1 + blocks) * CLUSTER);
    image.putInt(0, Qcow2Spec.MAGIC).putInt(4, 3).putInt(20, 9).putInt(96, order).putInt(100, 104);
    image.putLong(48, TABLE * CLUSTER).putInt(56, 1);
    for (int block = 0; block < blocks; block++) {
      int at = (TABLE + 1 + block) * CLUSTER;
      image.putLong(TABLE * CLUSTER + 8 * block, at);
      for (int index = 0; index < perBlock; index++) {
        if (used.get(block * perBlock + index)) {
          set(image.slice(at, CLUSTER), order, index, random);
        }
      }
    }
    return image;
  }

  private static Qcow2Header header(ByteBuffer image) {
    return Qcow2Header.decode(image.duplicate().clear());
  }

  private static ErrorCode refusal(ByteBuffer image, long target) throws IOException {
    return refusal(new Refcounts(new MemorySource(image.array()), header(image)), target);
  }

  private static ErrorCode refusal(Refcounts refcounts, long target) throws IOException {
    return refcounts.beyondEnd(ErrorCode.QCOW2_L2, 0, "a pointer", target).code();
  }

  /** Of a file with holes. */
  private record Sparse(MemorySource file, long allocatedSize) implements RandomAccessSource {
    private Sparse(byte[] file, long allocatedSize) {
      this(new MemorySource(file), allocatedSize);
    }

    @Override
    public String uri() {
      return file.uri();
    }

    @Override
    public long size() {
      return file.size();
    }

    @Override
    public SourceIdentity identity() {
      return file.identity();
    }

    @Override
    public void readFully(long offset, ByteBuffer target) throws IOException {
      file.readFully(offset, target);
    }

    @Override
    public void requireUnchanged() throws IOException {
      file.requireUnchanged();
    }

    @Override
    public void close() {
      file.close();
    }
  }
}
