package io.drover.converter.qcow2;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.storage.RandomAccessSource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * The refcount table and its blocks: never needed to read guest data, but they say which clusters
 * hold tables, and whether a cluster that lies beyond the end of the file was ever allocated, which
 * tells a cut file from a bad pointer.
 */
final class Refcounts {
  private static final long RESERVED = 0x1FF;
  private static final int SLICE = 64 << 10;

  private final RandomAccessSource source;
  private final Qcow2Header header;

  Refcounts(RandomAccessSource source, Qcow2Header header) {
    this.source = source;
    this.header = header;
  }

  /**
   * Marks the table and every block as metadata.
   *
   * @throws ImportException {@code SOURCE_TRUNCATED}, {@code QCOW2_REFCOUNT}, {@code
   *     QCOW2_CLUSTER_OVERLAP}
   */
  void mark(MetadataClusters metadata) throws IOException {
    long offset = header.refcountTableOffset();
    long length = header.refcountTableClusters() << header.clusterBits();
    if (offset >= source.size()) {
      throw beyondEnd(ErrorCode.QCOW2_REFTABLE, 48, "the refcount table", offset);
    }
    metadata.add(offset, length, 48, "the refcount table");
    long stored = Math.min(length, source.size() - offset);
    for (long at = 0; at < stored; at += SLICE) {
      ByteBuffer slice = ByteBuffer.allocate((int) Math.min(SLICE, stored - at));
      source.readFully(offset + at, slice);
      slice.flip();
      while (slice.remaining() >= 8) {
        long field = offset + at + slice.position();
        long block = slice.getLong();
        if (block != 0) {
          markBlock(metadata, field, block);
        }
      }
    }
  }

  private void markBlock(MetadataClusters metadata, long field, long block) throws IOException {
    if ((block & (header.clusterSize() - 1 | RESERVED)) != 0 || block < 0) {
      throw ImportException.refused(
          ErrorCode.QCOW2_REFCOUNT,
          field,
          String.format(
              "read the refcount table at offset %d: entry %016x is no cluster's offset",
              field, block));
    }
    if (block >= source.size()) {
      throw beyondEnd(ErrorCode.QCOW2_REFCOUNT, field, "a refcount block", block);
    }
    metadata.add(block, header.clusterSize(), field, "a refcount block");
  }

  /**
   * The refusal of something that must lie in the file but does not: the file was cut if the
   * refcounts say that the place was allocated, or if they were lost, too; else the pointer lies.
   *
   * @param pointer the error of a pointer that lies
   * @param field where the pointer stands
   * @param target the host offset it holds, at or after the end of the file
   */
  ImportException beyondEnd(ErrorCode pointer, long field, String what, long target)
      throws IOException {
    boolean cut = allocated(target).orElse(true);
    return ImportException.refused(
        cut ? ErrorCode.SOURCE_TRUNCATED : pointer,
        field,
        "read the pointer at offset "
            + field
            + ": "
            + what
            + " lies at offset "
            + target
            + ", but the file ends at "
            + source.size()
            + (cut
                ? "; the file was cut: copy it again"
                : ", and nothing was ever allocated there"));
  }

  /** Whether the cluster's refcount is not 0; empty when the refcounts cannot be read. */
  private Optional<Boolean> allocated(long hostOffset) throws IOException {
    long cluster = hostOffset >>> header.clusterBits();
    int order = (int) header.refcountOrder();
    int blockBits = header.clusterBits() + 3 - order;
    long tableEntries = header.refcountTableClusters() << header.clusterBits() - 3;
    if (cluster >>> blockBits >= tableEntries) {
      return Optional.of(false);
    }
    Optional<Long> block = word(header.refcountTableOffset() + (cluster >>> blockBits) * 8);
    if (block.isEmpty() || block.get() == 0) {
      return block.map(none -> false);
    }
    long bit = (cluster & (1L << blockBits) - 1) << order;
    long width = 1L << order;
    long mask = width == 64 ? -1 : (1L << width) - 1;
    // refcounts narrower than a byte fill it from its least significant bit
    int shift = order < 3 ? 56 + (int) (bit % 8) : 64 - (int) width;
    return block.get() < 0
        ? Optional.empty()
        : word(block.get() + bit / 8).map(word -> (word >>> shift & mask) != 0);
  }

  /**
   * Whether the file takes so much less storage than its allocated clusters that they must have
   * been preallocated: QEMU's rule (qcow2_detect_metadata_preallocation), which decides whether its
   * map looks for holes under data.
   */
  boolean preallocated() throws IOException {
    long stored = source.allocatedSize() >>> header.clusterBits();
    long threshold = Math.max(Math.multiplyExact(stored, 10L) / 9, stored + 2);
    long blockBytes = header.clusterSize();
    int blockBits = header.clusterBits() + 3 - (int) header.refcountOrder();
    long clusters = (source.size() - 1 >>> header.clusterBits()) + 1;
    long count = 0;
    for (long first = 0; first < clusters && count < threshold; first += 1L << blockBits) {
      Optional<Long> block = word(header.refcountTableOffset() + (first >>> blockBits) * 8);
      if (block.isPresent() && block.get() > 0 && block.get() <= source.size() - blockBytes) {
        ByteBuffer refcounts = ByteBuffer.allocate((int) blockBytes);
        source.readFully(block.get(), refcounts);
        count += nonZero(refcounts, (int) Math.min(1L << blockBits, clusters - first));
      }
    }
    return count >= threshold;
  }

  private int nonZero(ByteBuffer refcounts, int entries) {
    int order = (int) header.refcountOrder();
    int count = 0;
    for (int index = 0; index < entries; index++) {
      boolean used = false;
      if (order < 3) {
        int bit = index << order;
        used = (refcounts.get(bit / 8) >>> bit % 8 & (1 << (1 << order)) - 1) != 0;
      } else {
        int bytes = 1 << order - 3;
        for (int at = 0; at < bytes; at++) {
          used |= refcounts.get(index * bytes + at) != 0;
        }
      }
      count += used ? 1 : 0;
    }
    return count;
  }

  /** Eight bytes, of which those beyond the end count as 0 if the first is in the file. */
  private Optional<Long> word(long offset) throws IOException {
    if (offset >= source.size()) {
      return Optional.empty();
    }
    ByteBuffer word = ByteBuffer.allocate(8);
    word.limit((int) Math.min(8, source.size() - offset));
    source.readFully(offset, word);
    return Optional.of(word.clear().getLong());
  }
}
