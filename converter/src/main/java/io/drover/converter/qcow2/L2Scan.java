package io.drover.converter.qcow2;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.storage.RandomAccessSource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Checks every L2 entry that describes guest data, once, before anything is written anywhere. Reads
 * the tables in file order where they lie in a row, up to 1 MiB at a time; keeps nothing but
 * counts.
 *
 * <p>One use, one thread.
 */
final class L2Scan {
  private static final int WINDOW = 1 << 20;

  /**
   * Compressed clusters that reach over the end of the file, kept for a trial: see {@link #atEnd}.
   */
  private static final int AT_END_MAX = 16;

  private final RandomAccessSource source;
  private final Qcow2Header header;
  private final Refcounts refcounts;
  private final MetadataClusters metadata;
  private final long clusterMask;
  private final long reserved;

  private final List<CompressedDescriptor> atEnd = new ArrayList<>();
  private long data;
  private long zero;
  private long compressed;
  private long dataBytes;

  // host clusters in a row, checked together
  private long runFirst;
  private long runCount;
  private long runField;
  private boolean runCopied;

  L2Scan(
      RandomAccessSource source,
      Qcow2Header header,
      Refcounts refcounts,
      MetadataClusters metadata) {
    this.source = source;
    this.header = header;
    this.refcounts = refcounts;
    this.metadata = metadata;
    this.clusterMask = header.clusterSize() - 1;
    boolean zeroFlag = header.version() != Qcow2Spec.VERSION_2 && !header.extendedL2();
    this.reserved = Qcow2Spec.L2_RESERVED_MASK | (zeroFlag ? 0 : Qcow2Spec.ZERO);
  }

  /**
   * @throws ImportException {@code QCOW2_L2}, {@code QCOW2_CLUSTER_RANGE}, {@code
   *     QCOW2_CLUSTER_OVERLAP}, {@code SOURCE_TRUNCATED}
   */
  ClusterCounts run(L1Table l1) throws IOException {
    long index = l1.nextTable(0);
    while (index < l1.entries()) {
      long first = index;
      long offset = l1.l2Offset(first);
      do {
        index++;
      } while (index < l1.entries()
          && l1.l2Offset(index) == offset + (index - first << header.clusterBits()));
      tables(offset, first << header.l2Bits(), index << header.l2Bits());
      index = l1.nextTable(index);
    }
    flush();
    return new ClusterCounts(data, zero, compressed, dataBytes);
  }

  /**
   * Compressed clusters whose sectors reach over the end of the file: that is legal if only padding
   * is missing, which only decompressing tells. At most {@value #AT_END_MAX}; an honest image has
   * one or two.
   */
  List<CompressedDescriptor> atEnd() {
    return atEnd;
  }

  private void tables(long offset, long firstCluster, long endCluster) throws IOException {
    int entryBytes = header.l2EntryBytes();
    long end = Math.min(endCluster, header.guestClusters());
    long cluster = firstCluster;
    while (cluster < end) {
      int count = (int) Math.min(WINDOW / entryBytes, end - cluster);
      ByteBuffer window = ByteBuffer.allocate(count * entryBytes);
      long start = offset + (cluster - firstCluster) * entryBytes;
      source.readFully(start, window);
      window.flip();
      for (int i = 0; i < count; i++) {
        long entry = window.getLong();
        long bitmap = entryBytes == 16 ? window.getLong() : 0;
        if (entry != 0 || bitmap != 0) {
          entry(start + (long) i * entryBytes, cluster + i, entry, bitmap);
        }
      }
      cluster += count;
    }
  }

  private void entry(long field, long cluster, long entry, long bitmap) throws IOException {
    if ((entry & Qcow2Spec.COMPRESSED) != 0) {
      compressed(field, cluster, entry, bitmap);
      return;
    }
    long offset = entry & Qcow2Spec.OFFSET_MASK;
    boolean copied = (entry & Qcow2Spec.COPIED) != 0;
    if ((entry & reserved) != 0) {
      throw badEntry(field, entry, "has reserved bits set, or the zero flag where there is none");
    }
    if ((offset & clusterMask) != 0) {
      throw badEntry(field, entry, "holds an offset that is not aligned to a cluster");
    }
    if (header.extendedL2()) {
      subclusters(field, cluster, entry, bitmap, offset, copied);
    } else if ((entry & Qcow2Spec.ZERO) != 0) {
      // a preallocated zero cluster's host cluster is never read, so it may lie anywhere
      zero++;
    } else if (offset == 0) {
      throw badEntry(field, entry, "is allocated at offset 0, where the header lies");
    } else {
      long bytes = bytesOf(cluster);
      stored(field, offset, bytes, copied);
      dataBytes += bytes;
    }
  }

  private void subclusters(
      long field, long cluster, long entry, long bitmap, long offset, boolean copied)
      throws IOException {
    long allocated = bitmap & 0xFFFFFFFFL;
    long zeros = bitmap >>> 32;
    if ((allocated & zeros) != 0) {
      throw badEntry(field, entry, "has subclusters that are both allocated and zero");
    }
    if (offset == 0 && (allocated != 0 || copied)) {
      throw badEntry(field, entry, "is allocated at offset 0, where the header lies");
    }
    long subcluster = header.clusterSize() >>> Qcow2Spec.SUBCLUSTER_BITS;
    long inside = bytesOf(cluster) + subcluster - 1 >>> header.clusterBits() - 5;
    long needed = allocated & (1L << inside) - 1;
    if (needed != 0) {
      int last = 63 - Long.numberOfLeadingZeros(needed);
      stored(field, offset, Math.min((last + 1) * subcluster, bytesOf(cluster)), copied);
      // the disk may end inside its last subcluster
      long beyond = last == inside - 1 ? inside * subcluster - bytesOf(cluster) : 0;
      dataBytes += Long.bitCount(needed) * subcluster - beyond;
    } else if (zeros != 0) {
      zero++;
    }
  }

  /** Guest bytes of a cluster below the virtual size. */
  private long bytesOf(long cluster) {
    return Math.min(header.clusterSize(), header.virtualSize() - (cluster << header.clusterBits()));
  }

  private void stored(long field, long offset, long bytes, boolean copied) throws IOException {
    if (offset >= source.size()) {
      throw refcounts.beyondEnd(ErrorCode.QCOW2_CLUSTER_RANGE, field, "guest data", offset);
    }
    if (bytes > source.size() - offset) {
      throw L1Table.cut(source, field, "guest data", offset, bytes);
    }
    data++;
    long host = offset >>> header.clusterBits();
    if (runCount > 0 && host == runFirst + runCount && copied == runCopied) {
      runCount++;
      return;
    }
    flush();
    runFirst = host;
    runCount = 1;
    runField = field;
    runCopied = copied;
  }

  private void flush() throws ImportException {
    if (runCount > 0) {
      metadata.data(runFirst, runCount, runCopied, runField);
      runCount = 0;
    }
  }

  private void compressed(long field, long cluster, long entry, long bitmap) throws IOException {
    if ((entry & Qcow2Spec.COPIED) != 0) {
      throw badEntry(field, entry, "is compressed and marked as referenced once");
    }
    if (bitmap != 0) {
      throw badEntry(field, entry, "is compressed and has a subcluster bitmap");
    }
    CompressedDescriptor descriptor = CompressedDescriptor.decode(entry, header.clusterBits());
    long offset = descriptor.offset();
    if (offset >>> CompressedDescriptor.OFFSET_BITS != 0) {
      throw ImportException.refused(
          ErrorCode.QCOW2_CLUSTER_RANGE,
          field,
          "read the L2 entry at offset "
              + field
              + ": compressed data at offset "
              + offset
              + ", beyond the format's limit of 2^56");
    }
    if (offset >= source.size()) {
      throw refcounts.beyondEnd(ErrorCode.QCOW2_CLUSTER_RANGE, field, "compressed data", offset);
    }
    if (metadata.holds(offset)) {
      throw MetadataClusters.overlap(field, "compressed data", offset, "metadata");
    }
    if (descriptor.length() > source.size() - offset && atEnd.size() < AT_END_MAX) {
      atEnd.add(descriptor);
    }
    compressed++;
    dataBytes += bytesOf(cluster);
  }

  private static ImportException badEntry(long field, long entry, String what) {
    return ImportException.refused(
        ErrorCode.QCOW2_L2,
        field,
        String.format("read the L2 entry at offset %d: %016x %s", field, entry, what));
  }
}
