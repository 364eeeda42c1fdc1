package io.drover.converter.metadata;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.qcow2.Qcow2Spec;

/**
 * Where everything lies in a qcow2 file without guest data: the header cluster, the refcount table,
 * the refcount blocks, the L1 table, the L2 tables in use, each in whole clusters and in this
 * order. Computed once, for every writer: a size worked out in two places is a size that differs.
 *
 * <p>The file ends with a whole cluster. QEMU would accept a last table that is cut short, but
 * readers that refuse tables beyond the end of the file are right to, and it would save less than
 * one cluster of at least four.
 *
 * @param virtualSize guest disk in bytes, a multiple of 512
 * @param clusterBits 9 to 21
 * @param l2Tables L2 tables in use, at most one for each L1 entry
 * @param refcountBlocks clusters of 16-bit refcounts, enough for every cluster of this file
 * @param refcountTableClusters enough for a pointer to every refcount block
 */
record MetadataLayout(
    long virtualSize,
    int clusterBits,
    int l2Tables,
    int refcountBlocks,
    int refcountTableClusters) {
  private static final int SECTOR = 512;

  /** Cluster numbers are kept as unsigned 32-bit values. */
  private static final long MAX_GUEST_CLUSTERS = 1L << 32;

  MetadataLayout {
    if (virtualSize < 0 || virtualSize % SECTOR != 0) {
      throw new IllegalArgumentException(
          "no virtual size: " + virtualSize + " (a multiple of " + SECTOR + " is)");
    }
    requireClusterBits(clusterBits);
    long l1Entries = l1Entries(virtualSize, clusterBits);
    if (l2Tables < 0 || l2Tables > l1Entries) {
      throw new IllegalArgumentException(l2Tables + " L2 tables for " + l1Entries + " L1 entries");
    }
    long clusterSize = 1L << clusterBits;
    long clusters =
        1L
            + refcountTableClusters
            + refcountBlocks
            + ceilDiv(l1Entries * Long.BYTES, clusterSize)
            + l2Tables;
    if (refcountBlocks != ceilDiv(clusters * Short.BYTES, clusterSize)
        || refcountTableClusters != ceilDiv((long) refcountBlocks * Long.BYTES, clusterSize)) {
      throw new IllegalArgumentException(
          refcountTableClusters
              + " refcount table clusters and "
              + refcountBlocks
              + " refcount blocks do not cover "
              + clusters
              + " clusters exactly");
    }
  }

  /**
   * The layout for a disk of which {@code l2Tables} ranges hold data.
   *
   * @throws ImportException {@code TARGET_LIMIT} if clusters of that size cannot describe the disk
   */
  static MetadataLayout of(long virtualSize, int clusterBits, int l2Tables) throws ImportException {
    requireDescribable(virtualSize, clusterBits);
    long clusterSize = 1L << clusterBits;
    long others =
        1 + ceilDiv(l1Entries(virtualSize, clusterBits) * Long.BYTES, clusterSize) + l2Tables;
    long blocks = 0;
    long table = 0;
    // refcounts count the clusters that hold them: grow from nothing to the least fixed point
    while (true) {
      long moreBlocks = ceilDiv((others + table + blocks) * Short.BYTES, clusterSize);
      long moreTable = ceilDiv(moreBlocks * Long.BYTES, clusterSize);
      if (moreBlocks == blocks && moreTable == table) {
        return new MetadataLayout(
            virtualSize, clusterBits, l2Tables, Math.toIntExact(blocks), Math.toIntExact(table));
      }
      blocks = moreBlocks;
      table = moreTable;
    }
  }

  /**
   * The layout for a disk that holds data everywhere, the largest there can be.
   *
   * @throws ImportException {@code TARGET_LIMIT} if clusters of that size cannot describe the disk
   */
  static MetadataLayout full(long virtualSize, int clusterBits) throws ImportException {
    requireDescribable(virtualSize, clusterBits);
    return of(virtualSize, clusterBits, Math.toIntExact(l1Entries(virtualSize, clusterBits)));
  }

  private static void requireClusterBits(int clusterBits) {
    if (clusterBits < Qcow2Spec.CLUSTER_BITS_MIN || clusterBits > Qcow2Spec.CLUSTER_BITS_MAX) {
      throw new IllegalArgumentException("cluster bits " + clusterBits + ", 9 to 21 are possible");
    }
  }

  /** Bytes of the largest disk that clusters of that size can describe. */
  static long largest(int clusterBits) {
    requireClusterBits(clusterBits);
    return Math.min(
        Qcow2Spec.L1_TABLE_MAX / Long.BYTES << (2 * clusterBits - 3),
        MAX_GUEST_CLUSTERS << clusterBits);
  }

  private static void requireDescribable(long virtualSize, int clusterBits) throws ImportException {
    long limit = largest(clusterBits);
    if (virtualSize > limit) {
      throw ImportException.refused(
          ErrorCode.TARGET_LIMIT,
          "planning the metadata: the disk has "
              + virtualSize
              + " bytes, clusters of "
              + (1L << clusterBits)
              + " bytes can describe "
              + limit
              + "; choose a larger cluster_size");
    }
  }

  int clusterSize() {
    return 1 << clusterBits;
  }

  /** Guest clusters, of which the last may be partly beyond the disk's end. */
  long guestClusters() {
    return ceilDiv(virtualSize, clusterSize());
  }

  /** Entries in one L2 table, which is one cluster. */
  int l2Entries() {
    return clusterSize() / Long.BYTES;
  }

  int l1Entries() {
    return (int) l1Entries(virtualSize, clusterBits);
  }

  int l1Clusters() {
    return (int) ceilDiv((long) l1Entries() * Long.BYTES, clusterSize());
  }

  long refcountTableCluster() {
    return 1;
  }

  long refcountBlockCluster() {
    return refcountTableCluster() + refcountTableClusters;
  }

  long l1Cluster() {
    return refcountBlockCluster() + refcountBlocks;
  }

  /** The cluster of the first L2 table in use; the others follow in guest order. */
  long l2Cluster() {
    return l1Cluster() + l1Clusters();
  }

  /** Clusters of the file. */
  long clusters() {
    return l2Cluster() + l2Tables;
  }

  /** Host offset of a cluster of the file. */
  long offset(long cluster) {
    return cluster << clusterBits;
  }

  /** Bytes of the file. */
  long length() {
    return offset(clusters());
  }

  private static long l1Entries(long virtualSize, int clusterBits) {
    // an L2 table of one cluster holds 2^(bits-3) entries of one cluster each
    return ceilDiv(virtualSize, 1L << (2 * clusterBits - 3));
  }

  private static long ceilDiv(long dividend, long divisor) {
    return dividend == 0 ? 0 : (dividend - 1) / divisor + 1;
  }
}
