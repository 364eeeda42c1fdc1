package io.drover.converter.qcow2;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.error.Printable;
import io.drover.converter.image.ReadPolicy;
import java.util.List;

/**
 * Everything that the header alone can show to be wrong, in an order in which each check may rely
 * on the ones before it: no shift by an unchecked count, no sum that can overflow.
 */
final class HeaderCheck {
  private static final long KNOWN_INCOMPATIBLE =
      Qcow2Spec.INCOMPATIBLE_DIRTY
          | Qcow2Spec.INCOMPATIBLE_CORRUPT
          | Qcow2Spec.INCOMPATIBLE_DATA_FILE
          | Qcow2Spec.INCOMPATIBLE_COMPRESSION_TYPE
          | Qcow2Spec.INCOMPATIBLE_EXTENDED_L2;

  private final Qcow2Header header;

  HeaderCheck(Qcow2Header header) {
    this.header = header;
  }

  /** Version, cluster size and header length: what finding the extensions needs. */
  void frame(long fileSize) throws ImportException {
    require(
        header.version() == Qcow2Spec.VERSION_2 || header.version() == Qcow2Spec.VERSION_3,
        ErrorCode.QCOW2_VERSION,
        4,
        "version " + (header.version() & 0xFFFFFFFFL) + ", but only 2 and 3 exist");
    require(
        header.clusterBits() >= Qcow2Spec.CLUSTER_BITS_MIN
            && header.clusterBits() <= Qcow2Spec.CLUSTER_BITS_MAX,
        ErrorCode.QCOW2_CLUSTER_BITS,
        20,
        "cluster_bits "
            + (header.clusterBits() & 0xFFFFFFFFL)
            + ", allowed are "
            + Qcow2Spec.CLUSTER_BITS_MIN
            + " to "
            + Qcow2Spec.CLUSTER_BITS_MAX);
    long least =
        header.version() == Qcow2Spec.VERSION_2
            ? Qcow2Spec.HEADER_LENGTH_V2
            : Qcow2Spec.HEADER_LENGTH_V3_MIN;
    requireWhole(fileSize, least);
    require(
        header.headerLength() >= least
            && header.headerLength() <= header.clusterSize()
            && header.headerLength() % 8 == 0,
        ErrorCode.QCOW2_HEADER_LENGTH,
        100,
        "header_length "
            + header.headerLength()
            + ", which must be a multiple of 8 from "
            + least
            + " to the cluster size of "
            + header.clusterSize());
    // the refcount table lies in another cluster, so that no whole image ends in the first
    requireWhole(fileSize, header.clusterSize());
  }

  private static void requireWhole(long fileSize, long needed) throws ImportException {
    require(
        fileSize >= needed,
        ErrorCode.QCOW2_HEADER_TRUNCATED,
        fileSize,
        "the file ends after " + fileSize + " bytes, inside the header area of " + needed);
  }

  /**
   * What would make the image need something outside itself or a key. No offset named here is
   * followed.
   *
   * @return whether a backing file is named
   */
  boolean backingFile() throws ImportException {
    if (header.backingFileOffset() == 0) {
      return false;
    }
    long area = header.clusterSize() - header.backingFileOffset();
    require(
        header.backingFileOffset() >= header.headerLength()
            && area > 0
            && header.backingFileSize() >= 1
            && header.backingFileSize() <= Math.min(Qcow2Spec.BACKING_NAME_MAX, area),
        ErrorCode.QCOW2_BACKING_FILE,
        8,
        "backing file name of "
            + header.backingFileSize()
            + " bytes at offset "
            + Long.toUnsignedString(header.backingFileOffset())
            + ", but it must be 1 to "
            + Qcow2Spec.BACKING_NAME_MAX
            + " bytes after the header and inside the first cluster of "
            + header.clusterSize());
    return true;
  }

  /** Features and extensions. */
  void features(List<HeaderExtension> extensions, ReadPolicy policy) throws ImportException {
    boolean luks = extensions.stream().anyMatch(HeaderExtension.Luks.class::isInstance);
    require(
        header.cryptMethod() == 0 && !luks,
        ErrorCode.QCOW2_ENCRYPTED,
        32,
        "the image is encrypted (crypt_method "
            + header.cryptMethod()
            + (luks ? ", with a LUKS header" : "")
            + "); decrypt it first");
    for (HeaderExtension extension : extensions) {
      if (extension instanceof HeaderExtension.DataFileName name) {
        throw refused(
            ErrorCode.QCOW2_DATA_FILE,
            header.headerLength(),
            "the image names an external data file, "
                + Printable.text(name.name())
                + ", which is not followed; import the data file itself as raw");
      }
    }
    require(
        !header.has(Qcow2Spec.INCOMPATIBLE_DATA_FILE)
            && (header.autoclear() & Qcow2Spec.AUTOCLEAR_RAW_DATA_FILE) == 0,
        ErrorCode.QCOW2_DATA_FILE,
        72,
        "the image's data is in an external data file, which is not followed; import the data"
            + " file itself as raw");
    long unknown = header.incompatible() & ~KNOWN_INCOMPATIBLE;
    if (unknown != 0) {
      int bit = Long.numberOfTrailingZeros(unknown);
      throw refused(
          ErrorCode.QCOW2_FEATURE_UNKNOWN,
          72,
          "unknown incompatible feature bit " + bit + featureName(extensions, bit));
    }
    require(
        !header.has(Qcow2Spec.INCOMPATIBLE_CORRUPT) || policy.allowCorrupt(),
        ErrorCode.QCOW2_CORRUPT_BIT,
        72,
        "the image is marked corrupt by its last writer; repair it with qemu-img check -r, or"
            + " allow corrupt images");
    compressionType();
    require(
        !header.extendedL2() || header.clusterBits() >= Qcow2Spec.EXTENDED_L2_CLUSTER_BITS_MIN,
        ErrorCode.QCOW2_L2,
        20,
        "extended L2 entries need cluster_bits "
            + Qcow2Spec.EXTENDED_L2_CLUSTER_BITS_MIN
            + " or more, found "
            + header.clusterBits());
    require(
        header.refcountOrder() <= Qcow2Spec.REFCOUNT_ORDER_MAX,
        ErrorCode.QCOW2_REFCOUNT_ORDER,
        96,
        "refcount_order "
            + header.refcountOrder()
            + ", at most "
            + Qcow2Spec.REFCOUNT_ORDER_MAX
            + " is allowed");
    for (HeaderExtension extension : extensions) {
      if (extension instanceof HeaderExtension.Bitmaps bitmaps
          && (header.autoclear() & Qcow2Spec.AUTOCLEAR_BITMAPS) != 0) {
        bitmaps(bitmaps);
      }
    }
  }

  private static String featureName(List<HeaderExtension> extensions, int bit) {
    int key = HeaderExtension.FeatureNames.key(HeaderExtension.FeatureNames.INCOMPATIBLE, bit);
    for (HeaderExtension extension : extensions) {
      if (extension instanceof HeaderExtension.FeatureNames names
          && names.names().containsKey(key)) {
        return ", which the image calls \"" + Printable.text(names.names().get(key)) + "\"";
      }
    }
    return "";
  }

  private void compressionType() throws ImportException {
    boolean flagged = header.has(Qcow2Spec.INCOMPATIBLE_COMPRESSION_TYPE);
    int type = header.compressionType();
    require(
        type <= Qcow2Spec.COMPRESSION_ZSTD && flagged == (type != Qcow2Spec.COMPRESSION_DEFLATE),
        ErrorCode.QCOW2_COMPRESSION_TYPE,
        104,
        "compression type "
            + type
            + " with incompatible bit 3 "
            + (flagged ? "set" : "clear")
            + "; known are 0 (deflate, bit clear) and 1 (zstd, bit set)");
  }

  private void bitmaps(HeaderExtension.Bitmaps bitmaps) throws ImportException {
    require(
        bitmaps.count() >= 1
            && bitmaps.count() <= Qcow2Spec.BITMAPS_MAX
            && bitmaps.reserved() == 0
            && bitmaps.directorySize() >= 1
            && bitmaps.directorySize() <= Qcow2Spec.BITMAP_DIRECTORY_MAX
            && tableFits(bitmaps.directoryOffset(), bitmaps.directorySize()),
        ErrorCode.QCOW2_BITMAP,
        header.headerLength(),
        "bitmaps extension with "
            + bitmaps.count()
            + " bitmaps and a directory of "
            + Long.toUnsignedString(bitmaps.directorySize())
            + " bytes at offset "
            + Long.toUnsignedString(bitmaps.directoryOffset())
            + "; the bitmaps are not needed: remove them");
  }

  /** Sizes, and where the tables say they lie; whether they lie in the file is asked later. */
  void tables(ReadPolicy policy) throws ImportException {
    require(
        header.size() >= 0,
        ErrorCode.VIRTUAL_SIZE_INVALID,
        24,
        "virtual size "
            + Long.toUnsignedString(header.size())
            + " is beyond the largest possible, "
            + Long.MAX_VALUE);
    require(
        header.l1Size() <= Qcow2Spec.L1_TABLE_MAX / 8,
        ErrorCode.QCOW2_L1,
        36,
        "L1 table of "
            + header.l1Size()
            + " entries, at most "
            + Qcow2Spec.L1_TABLE_MAX / 8
            + " are allowed");
    require(
        tableFits(header.l1TableOffset(), header.l1Size() * 8),
        ErrorCode.QCOW2_L1,
        40,
        "L1 table offset "
            + Long.toUnsignedString(header.l1TableOffset())
            + " is not aligned to the cluster size of "
            + header.clusterSize()
            + " or too large");
    require(
        header.l1Size() >= header.l1Needed(),
        ErrorCode.QCOW2_L1,
        36,
        "L1 table of "
            + header.l1Size()
            + " entries, but a virtual size of "
            + header.size()
            + " needs "
            + header.l1Needed());
    require(
        header.virtualSize() <= policy.maxVirtualSize(),
        ErrorCode.VIRTUAL_SIZE_LIMIT,
        24,
        "virtual size "
            + header.size()
            + " exceeds the limit of "
            + policy.maxVirtualSize()
            + " bytes; raise the limit to import it");
    long tableMax = Qcow2Spec.REFCOUNT_TABLE_MAX >>> header.clusterBits();
    require(
        header.refcountTableClusters() >= 1 && header.refcountTableClusters() <= tableMax,
        ErrorCode.QCOW2_REFTABLE,
        56,
        "refcount table of "
            + header.refcountTableClusters()
            + " clusters, allowed are 1 to "
            + tableMax);
    require(
        tableFits(
            header.refcountTableOffset(), header.refcountTableClusters() << header.clusterBits()),
        ErrorCode.QCOW2_REFTABLE,
        48,
        "refcount table offset "
            + Long.toUnsignedString(header.refcountTableOffset())
            + " is not aligned to the cluster size of "
            + header.clusterSize()
            + " or too large");
    require(
        header.snapshotCount() <= Qcow2Spec.SNAPSHOTS_MAX
            && (header.snapshotCount() == 0 || tableFits(header.snapshotsOffset(), 0)),
        ErrorCode.QCOW2_SNAPSHOT_TABLE,
        60,
        header.snapshotCount()
            + " internal snapshots at offset "
            + Long.toUnsignedString(header.snapshotsOffset())
            + "; at most "
            + Qcow2Spec.SNAPSHOTS_MAX
            + " are allowed, and the table must be aligned to a cluster");
  }

  private boolean tableFits(long offset, long length) {
    return offset >= 0
        && (offset & header.clusterSize() - 1) == 0
        && length <= Long.MAX_VALUE - offset;
  }

  private static void require(boolean fine, ErrorCode code, long offset, String message)
      throws ImportException {
    if (!fine) {
      throw refused(code, offset, message);
    }
  }

  private static ImportException refused(ErrorCode code, long offset, String message) {
    return ImportException.refused(
        code, offset, "read the header at offset " + offset + ": " + message);
  }
}
