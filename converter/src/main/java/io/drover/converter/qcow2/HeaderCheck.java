package io.drover.converter.qcow2;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.error.Printable;
import io.drover.converter.image.ReadPolicy;
import java.util.List;

/**
 * What the header's frame, features and extensions can show to be wrong; {@link TableCheck} has the
 * rest. The order matters: each check relies on the ones before it, so that nothing is shifted by
 * an unchecked count.
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
            && TableCheck.fits(header, bitmaps.directoryOffset(), bitmaps.directorySize()),
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

  static void require(boolean fine, ErrorCode code, long offset, String message)
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
