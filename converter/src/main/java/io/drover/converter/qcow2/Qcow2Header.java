package io.drover.converter.qcow2;

import java.nio.ByteBuffer;

/**
 * The header's fields as they stand in the file, unchecked: unsigned 32-bit fields as {@code long},
 * unsigned 64-bit fields as the same bits, so that a negative one means 2^63 or more. Version 2
 * lacks the fields from {@code incompatible} on; they then hold what version 2 implies.
 *
 * @param size virtual size in bytes
 * @param l1Size entries of the L1 table
 */
record Qcow2Header(
    int version,
    long backingFileOffset,
    long backingFileSize,
    int clusterBits,
    long size,
    long cryptMethod,
    long l1Size,
    long l1TableOffset,
    long refcountTableOffset,
    long refcountTableClusters,
    long snapshotCount,
    long snapshotsOffset,
    long incompatible,
    long compatible,
    long autoclear,
    long refcountOrder,
    long headerLength,
    int compressionType) {
  private static final int COMPRESSION_TYPE_AT = 104;

  /**
   * Decodes from the start of a file.
   *
   * @param file at least 72 bytes; fields of version 3 beyond its end count as 0
   */
  static Qcow2Header decode(ByteBuffer file) {
    ByteBuffer fields = ByteBuffer.allocate(Qcow2Spec.HEADER_LENGTH_V3);
    fields.put(file.slice(0, Math.min(fields.capacity(), file.limit()))).clear();
    int version = fields.getInt(4);
    boolean extended = version != Qcow2Spec.VERSION_2;
    long headerLength = extended ? u32(fields, 100) : Qcow2Spec.HEADER_LENGTH_V2;
    return new Qcow2Header(
        version,
        fields.getLong(8),
        u32(fields, 16),
        fields.getInt(20),
        fields.getLong(24),
        u32(fields, 32),
        u32(fields, 36),
        fields.getLong(40),
        fields.getLong(48),
        u32(fields, 56),
        u32(fields, 60),
        fields.getLong(64),
        extended ? fields.getLong(72) : 0,
        extended ? fields.getLong(80) : 0,
        extended ? fields.getLong(88) : 0,
        extended ? u32(fields, 96) : Qcow2Spec.REFCOUNT_ORDER_DEFAULT,
        headerLength,
        headerLength > COMPRESSION_TYPE_AT ? fields.get(COMPRESSION_TYPE_AT) & 0xFF : 0);
  }

  private static long u32(ByteBuffer fields, int at) {
    return fields.getInt(at) & 0xFFFFFFFFL;
  }

  boolean has(long incompatibleFeature) {
    return (incompatible & incompatibleFeature) != 0;
  }

  /** Only for a checked header, as all that follows. */
  long clusterSize() {
    return 1L << clusterBits;
  }

  boolean extendedL2() {
    return has(Qcow2Spec.INCOMPATIBLE_EXTENDED_L2);
  }

  /** Bytes of an L2 entry: 8, or 16 when extended. */
  int l2EntryBytes() {
    return extendedL2() ? 16 : 8;
  }

  /** Log2 of the number of entries of an L2 table, which fills one cluster. */
  int l2Bits() {
    return clusterBits - (extendedL2() ? 4 : 3);
  }

  /** The guest disk: QEMU rounds a size that is no multiple of a sector down. */
  long virtualSize() {
    return size & -Qcow2Spec.SECTOR;
  }

  /** Guest clusters, the last perhaps partly beyond the virtual size. */
  long guestClusters() {
    return virtualSize() == 0 ? 0 : (virtualSize() - 1 >>> clusterBits) + 1;
  }

  /**
   * L1 entries that cover the size: QEMU counts them before it rounds it down. Written so that no
   * size overflows it.
   */
  long l1Needed() {
    return size == 0 ? 0 : (size - 1 >>> clusterBits >>> l2Bits()) + 1;
  }
}
