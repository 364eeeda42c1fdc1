package io.drover.converter.qcow2;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.storage.RandomAccessSource;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * The L2 tables' host offsets for the guest disk: the L1 entries that cover the virtual size. Kept
 * in chunks, those without any table as null, so that the table of a huge empty disk costs nothing;
 * the rest costs 8 bytes for each L2 table that the file really has.
 */
final class L1Table {
  private static final int CHUNK_BITS = 13;
  private static final int CHUNK = 1 << CHUNK_BITS;

  private final long[][] chunks;
  private final long entries;

  private L1Table(long entries) {
    this.entries = entries;
    this.chunks = new long[(int) (entries + CHUNK - 1 >>> CHUNK_BITS)][];
  }

  /**
   * Reads and checks every needed entry.
   *
   * @throws ImportException {@code QCOW2_L1}, {@code QCOW2_CLUSTER_OVERLAP}, {@code
   *     SOURCE_TRUNCATED}
   */
  static L1Table read(
      RandomAccessSource source, Qcow2Header header, Refcounts refcounts, MetadataClusters metadata)
      throws IOException {
    L1Table table = new L1Table(header.l1Needed());
    if (header.l1Size() == 0) {
      return table;
    }
    long offset = header.l1TableOffset();
    long needed = table.entries * 8;
    if (offset >= source.size()) {
      throw refcounts.beyondEnd(ErrorCode.QCOW2_L1, 40, "the L1 table", offset);
    }
    if (needed > source.size() - offset) {
      throw cut(source, 40, "the L1 table", offset, needed);
    }
    metadata.add(offset, header.l1Size() * 8, 40, "the L1 table");
    for (int chunk = 0; chunk < table.chunks.length; chunk++) {
      long first = (long) chunk << CHUNK_BITS;
      int count = (int) Math.min(CHUNK, table.entries - first);
      ByteBuffer bytes = ByteBuffer.allocate(count * 8);
      source.readFully(offset + first * 8, bytes);
      bytes.flip();
      for (int index = 0; index < count; index++) {
        long entry = bytes.getLong(index * 8);
        if (entry != 0) {
          if (table.chunks[chunk] == null) {
            table.chunks[chunk] = new long[count];
          }
          long field = offset + (first + index) * 8;
          table.chunks[chunk][index] =
              check(source, header, refcounts, metadata, first + index, field, entry);
        }
      }
    }
    return table;
  }

  private static long check(
      RandomAccessSource source,
      Qcow2Header header,
      Refcounts refcounts,
      MetadataClusters metadata,
      long index,
      long field,
      long entry)
      throws IOException {
    long offset = entry & Qcow2Spec.OFFSET_MASK;
    if ((entry & Qcow2Spec.L1_RESERVED_MASK) != 0
        || offset == 0
        || (offset & header.clusterSize() - 1) != 0) {
      throw ImportException.refused(
          ErrorCode.QCOW2_L1,
          field,
          String.format(
              "read L1 entry %d at offset %d: %016x has reserved bits set or no aligned offset",
              index, field, entry));
    }
    long covered = header.guestClusters() - (index << header.l2Bits());
    long needed = Math.min(covered, 1L << header.l2Bits()) * header.l2EntryBytes();
    if (offset >= source.size()) {
      throw refcounts.beyondEnd(ErrorCode.QCOW2_L1, field, "L2 table " + index, offset);
    }
    if (needed > source.size() - offset) {
      throw cut(source, field, "L2 table " + index, offset, needed);
    }
    metadata.add(offset, header.clusterSize(), field, "L2 table " + index);
    return offset;
  }

  static ImportException cut(
      RandomAccessSource source, long field, String what, long offset, long needed) {
    return ImportException.refused(
        ErrorCode.SOURCE_TRUNCATED,
        field,
        "read the pointer at offset "
            + field
            + ": "
            + what
            + " needs "
            + needed
            + " bytes from offset "
            + offset
            + ", but the file ends at "
            + source.size()
            + "; the file was cut: copy it again");
  }

  long entries() {
    return entries;
  }

  /** Host offset of the L2 table of an L1 index, 0 if there is none. */
  long l2Offset(long index) {
    long[] chunk = chunks[(int) (index >>> CHUNK_BITS)];
    return chunk == null ? 0 : chunk[(int) (index & CHUNK - 1)];
  }

  /** The first index at or after {@code index} that has an L2 table, or {@link #entries()}. */
  long nextTable(long index) {
    long next = index;
    while (next < entries) {
      if (chunks[(int) (next >>> CHUNK_BITS)] == null) {
        next = (next >>> CHUNK_BITS) + 1 << CHUNK_BITS;
      } else if (l2Offset(next) != 0) {
        return next;
      } else {
        next++;
      }
    }
    return entries;
  }
}
