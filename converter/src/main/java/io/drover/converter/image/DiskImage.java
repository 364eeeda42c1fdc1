package io.drover.converter.image;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Iterator;
import java.util.List;

/**
 * A guest disk read out of an image, whatever the format. Everything that metadata alone can show
 * to be wrong was refused when the image was opened.
 *
 * <p>Implementations are thread-safe: parallel lanes read disjoint ranges.
 */
public interface DiskImage extends Closeable {
  ImageFormat format();

  /** Guest disk size in bytes, a multiple of 512. */
  long virtualSize();

  /**
   * The extents that cover {@code [start, end)} exactly, ascending, without gaps or overlaps;
   * neighbours differ in kind. Produced lazily: memory does not depend on their number.
   *
   * @throws java.io.UncheckedIOException from the iterator, if the source cannot be read
   */
  Iterator<Extent> extents(long start, long end);

  /**
   * The allocation status of {@code [start, end)}, ascending, without gaps, in the terms of {@code
   * qemu-img map}. Lazy, as {@link #extents} is. An image that knows no more than its extents is
   * shown by them.
   */
  default Iterator<MapEntry> map(long start, long end) {
    Iterator<Extent> extents = extents(start, end);
    return Runs.mapEntries(
        (offset, stop) -> {
          Extent extent = extents.next();
          return new MapEntry(
              extent.offset(),
              extent.length(),
              0,
              true,
              extent.zero(),
              !extent.zero(),
              false,
              MapEntry.NO_OFFSET);
        },
        start,
        end);
  }

  /**
   * Fills {@code target} (its remaining bytes) with guest bytes from {@code guestOffset}, across
   * extents of any kind.
   *
   * @throws io.drover.converter.error.ImportException if the data is damaged, cut or unreadable
   */
  void read(long guestOffset, ByteBuffer target) throws IOException;

  /** The warning of a disk that begins like a disk image. */
  static String looksLikeWarning(String format) {
    return "the guest's first sectors look like a "
        + format
        + " header: whoever opens the disk must say format=raw";
  }

  /** Guest bytes that are best read at a time, at least 1 MiB. */
  default int readSize() {
    return 1 << 20;
  }

  /** Time spent so far on decompressing, by all threads together; 0 where nothing is compressed. */
  default long decodeNanos() {
    return 0;
  }

  /** Guest bytes that have been decompressed so far. */
  default long decodedBytes() {
    return 0;
  }

  /** What a user should know though it is no reason to refuse; already escaped. */
  List<String> warnings();

  /**
   * Compares every source file behind the image with what it was when opened.
   *
   * @throws io.drover.converter.error.ImportException {@code SOURCE_CHANGED} if one differs
   */
  void requireUnchanged() throws IOException;
}
