package io.drover.converter.qcow2;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import org.roaringbitmap.RoaringBitmap;

/**
 * Which host clusters hold metadata, and which data clusters claim to have one owner. Tables may
 * overlap neither each other nor data: an image whose L2 table is also guest data shows its
 * metadata to the guest, and one whose L1 entries share an L2 table is a bomb. Data may be shared,
 * unless an entry says by its COPIED flag that it is not.
 *
 * <p>One bit a host cluster, compressed. Cluster numbers must fit in 32 bits.
 */
final class MetadataClusters {
  private final int clusterBits;
  private final RoaringBitmap metadata = new RoaringBitmap();
  private final RoaringBitmap owned = new RoaringBitmap();

  MetadataClusters(int clusterBits) {
    this.clusterBits = clusterBits;
  }

  /**
   * Claims the clusters of a table.
   *
   * @param field where the pointer to the table stands, for the message
   */
  void add(long offset, long length, long field, String what) throws ImportException {
    long first = offset >>> clusterBits;
    long last = offset + Math.max(1, length) - 1 >>> clusterBits;
    if (metadata.intersects(first, last + 1)) {
      throw overlap(field, what, offset, "other metadata");
    }
    metadata.add(first, last + 1);
  }

  /** Whether a host offset lies in a cluster of metadata. */
  boolean holds(long offset) {
    return metadata.contains((int) (offset >>> clusterBits));
  }

  /**
   * Checks data clusters.
   *
   * @param field where the L2 entry of the first stands; the others follow it
   */
  void data(long firstCluster, long count, boolean copied, long field) throws ImportException {
    long end = firstCluster + count;
    if (metadata.intersects(firstCluster, end)) {
      throw overlap(field, "guest data", firstCluster << clusterBits, "metadata");
    }
    if (copied) {
      if (owned.intersects(firstCluster, end)) {
        throw overlap(
            field,
            "guest data marked as referenced once",
            firstCluster << clusterBits,
            "other guest data marked so");
      }
      owned.add(firstCluster, end);
    }
  }

  static ImportException overlap(long field, String what, long offset, String other) {
    return ImportException.refused(
        ErrorCode.QCOW2_CLUSTER_OVERLAP,
        field,
        "read the pointer at offset "
            + field
            + ": "
            + what
            + " at or after host offset "
            + offset
            + " overlaps "
            + other);
  }
}
