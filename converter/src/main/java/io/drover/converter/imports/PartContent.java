package io.drover.converter.imports;

import io.drover.converter.digest.BlockDigests;
import io.drover.converter.error.ImportException;
import io.drover.converter.metadata.DataClusters;
import io.drover.converter.plan.Part;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;

/**
 * What reading a part has shown, in few bytes, so that it need not be read again: the digests of
 * the blocks that begin in it, and its clusters that hold data. Numbers are LEB128.
 *
 * <p>Blocks: a count of zero blocks, a count of data blocks, the latters' digests of 32 bytes each;
 * again until the part's blocks are told. Clusters: a count without data, a count with data, again,
 * from the part's first cluster; what is not told has none.
 */
final class PartContent {
  private static final int DIGEST = 32;

  private PartContent() {}

  static byte[] blocks(Part part, BlockDigests digests) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    int end = endBlock(part);
    int block = firstBlock(part);
    while (block < end) {
      int data = block;
      while (data < end && digests.isZero(data)) {
        data++;
      }
      int next = data;
      while (next < end && !digests.isZero(next)) {
        next++;
      }
      number(out, data - block);
      number(out, next - data);
      for (int each = data; each < next; each++) {
        out.writeBytes(digests.get(each));
      }
      block = next;
    }
    return out.toByteArray();
  }

  static byte[] clusters(Part part, DataClusters clusters) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    if (part.length() > 0) {
      long[] told = {part.offset() / clusters.clusterSize()};
      clusters.forEachRun(
          part.offset(),
          part.length(),
          (first, count) -> {
            number(out, first - told[0]);
            number(out, count);
            told[0] = first + count;
          });
    }
    return out.toByteArray();
  }

  /**
   * Looks whether the two can be what was written for the part.
   *
   * @throws IllegalArgumentException if not
   */
  static void check(Part part, Checkpoint.FinishedPart content, int clusterSize) {
    if (content.data() < 0 || content.data() > part.length()) {
      throw new IllegalArgumentException(
          content.data() + " bytes of data in " + part.length() + " of part " + part.number());
    }
    try {
      walkBlocks(part, content.blocks(), (block, digest) -> {});
      walkClusters(part, content.clusters(), clusterSize, (first, count) -> {});
    } catch (ImportException e) {
      throw new AssertionError("nothing was put anywhere", e);
    }
  }

  /** Puts back what {@link #check} has looked at. */
  static void restore(
      Part part, Checkpoint.FinishedPart content, BlockDigests digests, DataClusters clusters)
      throws ImportException {
    walkBlocks(
        part,
        content.blocks(),
        (block, digest) -> {
          if (digest == null) {
            digests.putZero(block);
          } else {
            digests.put(block, digest);
          }
        });
    long size = clusters.clusterSize();
    walkClusters(
        part,
        content.clusters(),
        clusters.clusterSize(),
        (first, count) -> {
          long end = Math.min((first + count) * size, clusters.virtualSize());
          clusters.mark(first * size, end - first * size);
        });
  }

  @FunctionalInterface
  private interface BlockVisitor {
    /**
     * @param digest null for zeros
     */
    void visit(int block, byte[] digest) throws ImportException;
  }

  private static void walkBlocks(Part part, byte[] encoded, BlockVisitor visitor)
      throws ImportException {
    Reader in = new Reader(encoded);
    int end = endBlock(part);
    int block = firstBlock(part);
    while (block < end) {
      int zeros = (int) in.number(end - block);
      int data = (int) in.number(end - block - zeros);
      if (zeros + data == 0) {
        throw new IllegalArgumentException("a run of no blocks");
      }
      for (int each = 0; each < zeros; each++) {
        visitor.visit(block++, null);
      }
      for (int each = 0; each < data; each++) {
        visitor.visit(block++, in.bytes(DIGEST));
      }
    }
    in.requireEnd();
  }

  private static void walkClusters(
      Part part, byte[] encoded, int clusterSize, DataClusters.RunVisitor visitor) {
    Reader in = new Reader(encoded);
    long end = (part.end() + clusterSize - 1) / clusterSize;
    long cluster = part.offset() / clusterSize;
    while (in.hasNext()) {
      cluster += in.number(end - cluster);
      long count = in.number(end - cluster);
      visitor.visit(cluster, count);
      cluster += count;
    }
  }

  private static int firstBlock(Part part) {
    return BlockDigests.blocks(part.offset());
  }

  private static int endBlock(Part part) {
    return BlockDigests.blocks(part.end());
  }

  private static void number(ByteArrayOutputStream out, long value) {
    long rest = value;
    while (rest > 0x7F) {
      out.write((int) (rest & 0x7F) | 0x80);
      rest >>>= 7;
    }
    out.write((int) rest);
  }

  private static final class Reader {
    private final byte[] bytes;
    private int position;

    Reader(byte[] bytes) {
      this.bytes = bytes;
    }

    boolean hasNext() {
      return position < bytes.length;
    }

    long number(long limit) {
      long value = 0;
      for (int shift = 0; shift < 63; shift += 7) {
        if (!hasNext()) {
          throw new IllegalArgumentException("it ends within a number");
        }
        int next = bytes[position++];
        value |= (long) (next & 0x7F) << shift;
        if (next >= 0) {
          if (value > limit) {
            throw new IllegalArgumentException(value + " where " + limit + " is the most");
          }
          return value;
        }
      }
      throw new IllegalArgumentException("a number of more than 63 bits");
    }

    byte[] bytes(int length) {
      if (bytes.length - position < length) {
        throw new IllegalArgumentException("it ends within a digest");
      }
      byte[] piece = Arrays.copyOfRange(bytes, position, position + length);
      position += length;
      return piece;
    }

    void requireEnd() {
      if (hasNext()) {
        throw new IllegalArgumentException((bytes.length - position) + " bytes too many");
      }
    }
  }
}
