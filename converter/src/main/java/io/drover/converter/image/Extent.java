package io.drover.converter.image;

/**
 * A run of guest bytes of one kind.
 *
 * @param offset guest offset of the first byte
 * @param length bytes, at least 1
 * @param zero whether the metadata alone says that all of them are zero; false means they must be
 *     read, and may be zero all the same
 */
public record Extent(long offset, long length, boolean zero) {
  public Extent {
    if (offset < 0 || length < 1) {
      throw new IllegalArgumentException("no extent: offset " + offset + ", length " + length);
    }
    Math.addExact(offset, length);
  }

  /** Guest offset just after the last byte. */
  public long end() {
    return offset + length;
  }
}
