package io.drover.converter.qcow2;

import static io.drover.converter.error.ErrorCode.*;

import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Tables and entries that must not be believed, and files that end too early. */
class HostileTablesTest extends HostileCases {
  @TestFactory
  Stream<DynamicTest> tables() {
    refused("no refcount table", QCOW2_REFTABLE, plain, it -> it.u32(56, 0));
    refused("huge refcount table", QCOW2_REFTABLE, plain, it -> it.u32(56, 0xFFFFFFFFL));
    refused("refcount table misaligned", QCOW2_REFTABLE, plain, it -> it.u64(48, 65536 + 512));
    refused("refcount table at 2^63", QCOW2_REFTABLE, plain, it -> it.u64(48, Long.MIN_VALUE));
    refused("refcount table = header", QCOW2_CLUSTER_OVERLAP, plain, it -> it.u64(48, 0));
    refused("refcount table beyond", SOURCE_TRUNCATED, plain, it -> it.u64(48, 1L << 40));
    refused("refcount block misaligned", QCOW2_REFCOUNT, plain, it -> it.u64(it.reftable, 513));
    refused("refcount block = L1", QCOW2_CLUSTER_OVERLAP, plain, it -> it.u64(it.reftable, it.l1));
    accepted("all refcounts wrong", plain, it -> it.put(it.refblock, new byte[it.clusterSize]));
    for (long size : new long[] {0xFFFFFFFFL, 0x7FFFFFFFL, (4 << 20) + 1, 0}) {
      refused("l1_size " + size, QCOW2_L1, plain, it -> it.u32(36, size));
    }
    refused("l1_size over other tables", QCOW2_CLUSTER_OVERLAP, plain, it -> it.u32(36, 4 << 20));
    refused("L1 at the end", QCOW2_L1, plain, it -> it.u64(40, it.length()));
    refused("L1 at 2^63", QCOW2_L1, plain, it -> it.u64(40, Long.MIN_VALUE));
    refused("L1 at 2^63-64k", QCOW2_L1, plain, it -> it.u64(40, -1L << 16 & Long.MAX_VALUE));
    refused("L1 misaligned", QCOW2_L1, plain, it -> it.u64(40, it.l1 + 8));
    refused("L1 = header", QCOW2_CLUSTER_OVERLAP, plain, it -> it.u64(40, 0));
    refused("L1 = refcount table", QCOW2_CLUSTER_OVERLAP, plain, it -> it.u64(40, it.reftable));
    refused("L1 = refcount block", QCOW2_CLUSTER_OVERLAP, plain, it -> it.u64(40, it.refblock));
    refused("L2 beyond", QCOW2_L1, plain, it -> it.u64(it.l1, 1L << 40));
    refused("L2 misaligned", QCOW2_L1, plain, it -> it.u64(it.l1, it.l2 + 512));
    refused("L1 entry reserved low", QCOW2_L1, plain, it -> it.u64(it.l1, it.l2 | 1));
    refused("L1 entry reserved high", QCOW2_L1, plain, it -> it.u64(it.l1, it.l2 | 1L << 56));
    refused("L1 entry all ones", QCOW2_L1, plain, it -> it.u64(it.l1, -1));
    refused("L1 entry COPIED only", QCOW2_L1, plain, it -> it.u64(it.l1, Long.MIN_VALUE));
    refused("L2 = L1", QCOW2_CLUSTER_OVERLAP, plain, it -> it.u64(it.l1, it.l1));
    refused("L2 = refcount block", QCOW2_CLUSTER_OVERLAP, plain, it -> it.u64(it.l1, it.refblock));
    refused(
        "one L2 for two L1 entries",
        QCOW2_CLUSTER_OVERLAP,
        plain,
        it -> it.u64(24, 1L << 30).u32(36, 2).u64(it.l1 + 8, it.u64(it.l1)));
    refused(
        "a bomb of one L2 table",
        QCOW2_CLUSTER_OVERLAP,
        plain,
        it -> {
          it.u64(24, 1L << 40).u32(36, 2048);
          IntStream.range(0, 2048).forEach(i -> it.u64(it.l1 + 8L * i, it.l2));
        });
    refused("65,537 snapshots", QCOW2_SNAPSHOT_TABLE, plain, it -> it.u32(60, 65537));
    refused(
        "snapshots misaligned", QCOW2_SNAPSHOT_TABLE, plain, it -> it.u32(60, 1).u64(64, 65537));
    refused("snapshots beyond", QCOW2_SNAPSHOT_TABLE, plain, it -> it.u32(60, 1).u64(64, 1L << 40));
    refused(
        "snapshots at 2^63",
        QCOW2_SNAPSHOT_TABLE,
        plain,
        it -> it.u32(60, 1).u64(64, Long.MIN_VALUE));
    return cases.stream();
  }

  @TestFactory
  Stream<DynamicTest> entries() {
    refused("beyond", QCOW2_CLUSTER_RANGE, plain, it -> it.entry(2, 1L << 40 | 1L << 63));
    refused("at the end", QCOW2_CLUSTER_RANGE, plain, it -> it.entry(2, it.length() | 1L << 63));
    refused("2^56", QCOW2_L2, plain, it -> it.entry(2, 1L << 56));
    refused("misaligned", QCOW2_L2, plain, it -> it.entry(2, it.entry(2) + 512));
    refused("reserved", QCOW2_L2, plain, it -> it.entry(2, it.entry(2) | 2));
    refused("all ones", QCOW2_L2, plain, it -> it.entry(2, -1));
    refused("COPIED only", QCOW2_L2, plain, it -> it.entry(2, Long.MIN_VALUE));
    refused("zero flag in v2", QCOW2_L2, version2, it -> it.entry(2, 1));
    refused("data = L2", QCOW2_CLUSTER_OVERLAP, plain, it -> it.entry(2, it.l2 | 1L << 63));
    refused("data = L1", QCOW2_CLUSTER_OVERLAP, plain, it -> it.entry(2, it.l1));
    refused("data = refcounts", QCOW2_CLUSTER_OVERLAP, plain, it -> it.entry(2, it.refblock));
    refused("owned twice", QCOW2_CLUSTER_OVERLAP, plain, it -> it.entry(2, it.entry(0)));
    accepted(
        "shared data", plain, it -> IntStream.range(0, 16).forEach(i -> it.entry(i, it.firstData)));
    accepted("zero flag over data", plain, it -> it.entry(2, it.entry(2) | 1));
    accepted("zero flag alone", plain, it -> it.entry(2, 1));
    accepted("zero flag, host cluster gone", plain, it -> it.entry(2, 1L << 30 | 1));

    long second = 8;
    refused("extended: both", QCOW2_L2, extended, it -> it.u64(it.l2 + second, 1L << 32 | 1));
    refused("extended: no offset", QCOW2_L2, extended, it -> it.u64(it.l2, 0));
    refused(
        "extended: compressed with bitmap",
        QCOW2_L2,
        extended,
        it -> it.u64(it.l2, it.compressed(it.firstData, 512)));
    refused("extended: bit 0", QCOW2_L2, extended, it -> it.u64(it.l2, it.u64(it.l2) | 1));
    refused("extended: clusters of 8 KiB", QCOW2_L2, extended, it -> it.u32(20, 13).u32(36, 8));
    accepted(
        "extended: some zero, some not",
        extended,
        it -> it.u64(it.l2 + second, 0x0000FF00_00FF00FFL));
    return cases.stream();
  }

  @TestFactory
  Stream<DynamicTest> cutFiles() {
    int clusters = plain.length / 65536;
    for (int cluster = 1; cluster < clusters; cluster++) {
      long length = cluster * 65536L;
      refused("cut to " + length, SOURCE_TRUNCATED, plain, it -> it.cut(length));
      refused("cut to " + (length + 8), SOURCE_TRUNCATED, plain, it -> it.cut(length + 8));
    }
    refused("last byte", SOURCE_TRUNCATED, plain, it -> it.cut(it.length() - 1));
    return cases.stream();
  }
}
