package io.drover.converter.qcow2;

import java.io.IOException;

/**
 * From guest offsets to where their bytes are; sections "Cluster mapping" and "Extended L2
 * Entries". The tables were checked by {@link L2Scan}. Thread-safe.
 */
final class ClusterMap {
  private final Qcow2Header header;
  private final L1Table l1;
  private final L2Slices slices;
  // the unit of allocation: a cluster, or a subcluster
  private final int unitBits;
  private final int unitsPerClusterBits;

  ClusterMap(Qcow2Header header, L1Table l1, L2Slices slices) {
    this.header = header;
    this.l1 = l1;
    this.slices = slices;
    this.unitsPerClusterBits = header.extendedL2() ? Qcow2Spec.SUBCLUSTER_BITS : 0;
    this.unitBits = header.clusterBits() - unitsPerClusterBits;
  }

  /**
   * The run at a guest offset: one kind, and one stretch of the file if it has a place there. It
   * may be shorter than it could be, and ends at or before {@code end}.
   */
  ClusterRun at(long guestOffset, long end) throws IOException {
    int tableBits = header.clusterBits() + header.l2Bits();
    long l1Index = guestOffset >>> tableBits;
    long table = l1.l2Offset(l1Index);
    if (table == 0) {
      long next = l1.nextTable(l1Index + 1);
      long stop = next == l1.entries() ? end : Math.min(end, next << tableBits);
      return new ClusterRun(ClusterRun.Kind.UNALLOCATED, stop - guestOffset, ClusterRun.NOWHERE);
    }
    long inTable = guestOffset & (1L << tableBits) - 1;
    int clustersPerSlice = slices.words() * 8 / header.l2EntryBytes();
    long cluster = inTable >>> header.clusterBits();
    int slice = (int) (cluster / clustersPerSlice);
    long[] words = slices.get(table, slice);
    int unit =
        (int) ((inTable >>> unitBits) - ((long) slice * clustersPerSlice << unitsPerClusterBits));
    int units = clustersPerSlice << unitsPerClusterBits;
    return run(words, unit, units, guestOffset, end);
  }

  private ClusterRun run(long[] words, int unit, int units, long guestOffset, long end) {
    ClusterRun.Kind kind = kind(words, unit);
    if (kind == ClusterRun.Kind.COMPRESSED) {
      long clusterEnd = (guestOffset | header.clusterSize() - 1) + 1;
      return new ClusterRun(kind, Math.min(clusterEnd, end) - guestOffset, entry(words, unit));
    }
    long unitSize = 1L << unitBits;
    long inUnit = guestOffset & unitSize - 1;
    long host = host(words, unit);
    long stop = guestOffset - inUnit + unitSize;
    long nextHost = host + unitSize;
    int next = unit + 1;
    while (stop < end
        && next < units
        && kind(words, next) == kind
        && host(words, next) == (host == ClusterRun.NOWHERE ? host : nextHost)) {
      stop += unitSize;
      nextHost += unitSize;
      next++;
    }
    return new ClusterRun(
        kind, Math.min(stop, end) - guestOffset, host == ClusterRun.NOWHERE ? host : host + inUnit);
  }

  private long entry(long[] words, int unit) {
    return header.extendedL2() ? words[unit >>> Qcow2Spec.SUBCLUSTER_BITS << 1] : words[unit];
  }

  private ClusterRun.Kind kind(long[] words, int unit) {
    long entry = entry(words, unit);
    if ((entry & Qcow2Spec.COMPRESSED) != 0) {
      return ClusterRun.Kind.COMPRESSED;
    }
    if (header.extendedL2()) {
      long bitmap = words[(unit >>> Qcow2Spec.SUBCLUSTER_BITS << 1) + 1] >>> (unit & 31);
      if ((bitmap & 1L << 32) != 0) {
        return ClusterRun.Kind.ZERO;
      }
      return (bitmap & 1) != 0 ? ClusterRun.Kind.DATA : ClusterRun.Kind.UNALLOCATED;
    }
    if ((entry & Qcow2Spec.ZERO) != 0) {
      return ClusterRun.Kind.ZERO;
    }
    return (entry & Qcow2Spec.OFFSET_MASK) != 0
        ? ClusterRun.Kind.DATA
        : ClusterRun.Kind.UNALLOCATED;
  }

  private long host(long[] words, int unit) {
    long entry = entry(words, unit);
    if ((entry & Qcow2Spec.COMPRESSED) != 0) {
      return ClusterRun.NOWHERE;
    }
    long offset = entry & Qcow2Spec.OFFSET_MASK;
    long inCluster = header.extendedL2() ? (long) (unit & 31) << unitBits : 0;
    return offset == 0 ? ClusterRun.NOWHERE : offset + inCluster;
  }
}
