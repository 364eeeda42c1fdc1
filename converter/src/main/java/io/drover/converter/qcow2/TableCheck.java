package io.drover.converter.qcow2;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.image.ReadPolicy;

/** What the header says of sizes and of where the tables lie, without a look at the tables. */
final class TableCheck {
  private TableCheck() {}

  /** Sizes, and where the tables say they lie; whether they lie in the file is asked later. */
  static void require(Qcow2Header header, ReadPolicy policy) throws ImportException {
    HeaderCheck.require(
        header.size() >= 0,
        ErrorCode.VIRTUAL_SIZE_INVALID,
        24,
        "virtual size "
            + Long.toUnsignedString(header.size())
            + " is beyond the largest possible, "
            + Long.MAX_VALUE);
    HeaderCheck.require(
        header.l1Size() <= Qcow2Spec.L1_TABLE_MAX / 8,
        ErrorCode.QCOW2_L1,
        36,
        "L1 table of "
            + header.l1Size()
            + " entries, at most "
            + Qcow2Spec.L1_TABLE_MAX / 8
            + " are allowed");
    HeaderCheck.require(
        fits(header, header.l1TableOffset(), header.l1Size() * 8),
        ErrorCode.QCOW2_L1,
        40,
        "L1 table offset "
            + Long.toUnsignedString(header.l1TableOffset())
            + " is not aligned to the cluster size of "
            + header.clusterSize()
            + " or too large");
    HeaderCheck.require(
        header.l1Size() >= header.l1Needed(),
        ErrorCode.QCOW2_L1,
        36,
        "L1 table of "
            + header.l1Size()
            + " entries, but a virtual size of "
            + header.size()
            + " needs "
            + header.l1Needed());
    HeaderCheck.require(
        header.virtualSize() <= policy.maxVirtualSize(),
        ErrorCode.VIRTUAL_SIZE_LIMIT,
        24,
        "virtual size "
            + header.size()
            + " exceeds the limit of "
            + policy.maxVirtualSize()
            + " bytes; raise the limit to import it");
    long tableMax = Qcow2Spec.REFCOUNT_TABLE_MAX >>> header.clusterBits();
    HeaderCheck.require(
        header.refcountTableClusters() >= 1 && header.refcountTableClusters() <= tableMax,
        ErrorCode.QCOW2_REFTABLE,
        56,
        "refcount table of "
            + header.refcountTableClusters()
            + " clusters, allowed are 1 to "
            + tableMax);
    HeaderCheck.require(
        fits(
            header,
            header.refcountTableOffset(),
            header.refcountTableClusters() << header.clusterBits()),
        ErrorCode.QCOW2_REFTABLE,
        48,
        "refcount table offset "
            + Long.toUnsignedString(header.refcountTableOffset())
            + " is not aligned to the cluster size of "
            + header.clusterSize()
            + " or too large");
    HeaderCheck.require(
        header.snapshotCount() <= Qcow2Spec.SNAPSHOTS_MAX
            && (header.snapshotCount() == 0 || fits(header, header.snapshotsOffset(), 0)),
        ErrorCode.QCOW2_SNAPSHOT_TABLE,
        60,
        header.snapshotCount()
            + " internal snapshots at offset "
            + Long.toUnsignedString(header.snapshotsOffset())
            + "; at most "
            + Qcow2Spec.SNAPSHOTS_MAX
            + " are allowed, and the table must be aligned to a cluster");
  }

  static boolean fits(Qcow2Header header, long offset, long length) {
    return offset >= 0
        && (offset & header.clusterSize() - 1) == 0
        && length <= Long.MAX_VALUE - offset;
  }
}
