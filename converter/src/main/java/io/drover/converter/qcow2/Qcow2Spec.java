package io.drover.converter.qcow2;

/**
 * Numbers of the qcow2 format ("The QCOW2 image format", docs/interop/qcow2.rst of QEMU); each says
 * whose rule it is where it is not the specification's.
 */
public final class Qcow2Spec {
  /** {@code QFI\xfb}. */
  public static final int MAGIC = 0x514649FB;

  public static final int VERSION_2 = 2;
  public static final int VERSION_3 = 3;

  /** Version 2 headers end here; section "Header". */
  public static final int HEADER_LENGTH_V2 = 72;

  /** The least a version 3 header may have. */
  public static final int HEADER_LENGTH_V3_MIN = 104;

  /** What QEMU writes, with the compression type and its padding. */
  public static final int HEADER_LENGTH_V3 = 112;

  public static final int CLUSTER_BITS_MIN = 9;

  /** QEMU's limit: 2 MiB. */
  public static final int CLUSTER_BITS_MAX = 21;

  public static final int REFCOUNT_ORDER_DEFAULT = 4;

  public static final long INCOMPATIBLE_DIRTY = 1L;
  public static final long INCOMPATIBLE_CORRUPT = 1L << 1;
  public static final long INCOMPATIBLE_DATA_FILE = 1L << 2;
  public static final long INCOMPATIBLE_COMPRESSION_TYPE = 1L << 3;
  public static final long INCOMPATIBLE_EXTENDED_L2 = 1L << 4;
  public static final long COMPATIBLE_LAZY_REFCOUNTS = 1L;
  public static final long AUTOCLEAR_BITMAPS = 1L;
  public static final long AUTOCLEAR_RAW_DATA_FILE = 1L << 1;

  public static final int EXTENSION_END = 0;
  public static final int EXTENSION_BACKING_FORMAT = 0xE2792ACA;
  public static final int EXTENSION_FEATURE_NAMES = 0x6803F857;
  public static final int EXTENSION_BITMAPS = 0x23852875;
  public static final int EXTENSION_LUKS = 0x0537BE77;

  /** "DATA": the external data file's name. */
  public static final int EXTENSION_DATA_FILE = 0x44415441;

  /** L1 and standard L2 entries: the refcount is exactly one; implied by an external data file. */
  public static final long COPIED = 1L << 63;

  /** L2 entries: the cluster is compressed. */
  public static final long COMPRESSED = 1L << 62;

  /** Standard L2 entries, version 3: the cluster reads as zeros, whatever its offset. */
  public static final long ZERO = 1L;

  /** Bits 9 to 55 of L1 and standard L2 entries: a host offset. */
  public static final long OFFSET_MASK = 0x00FFFFFFFFFFFE00L;

  public static final long L1_RESERVED_MASK = 0x7F000000000001FFL;
  public static final long L2_RESERVED_MASK = 0x3F000000000001FEL;

  /** Backing file names: at most 1023 bytes. */
  public static final int BACKING_NAME_MAX = 1023;

  /** QEMU's limit on the L1 table: 32 MiB. */
  public static final long L1_TABLE_MAX = 32L << 20;

  /** QEMU's limit on the refcount table: 8 MiB. */
  public static final long REFCOUNT_TABLE_MAX = 8L << 20;

  /** QEMU's limit on internal snapshots. */
  public static final long SNAPSHOTS_MAX = 65536;

  /** QEMU's limits on persistent bitmaps and on their directory, 64 MiB. */
  public static final long BITMAPS_MAX = 65535;

  public static final long BITMAP_DIRECTORY_MAX = 64L << 20;

  /** Refcounts have {@code 1 << order} bits, 64 at most; section "Header". */
  public static final int REFCOUNT_ORDER_MAX = 6;

  /** QEMU's limit: extended L2 entries need subclusters of a sector or more, so 16 KiB clusters. */
  public static final int EXTENDED_L2_CLUSTER_BITS_MIN = 14;

  /** Extended L2 entries: every cluster has 32 subclusters; section "Extended L2 Entries". */
  public static final int SUBCLUSTER_BITS = 5;

  public static final int COMPRESSION_DEFLATE = 0;
  public static final int COMPRESSION_ZSTD = 1;

  /** Guest disks and compressed data are counted in sectors of this many bytes. */
  public static final int SECTOR = 512;

  private Qcow2Spec() {}
}
