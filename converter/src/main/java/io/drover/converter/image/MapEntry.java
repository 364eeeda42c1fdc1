package io.drover.converter.image;

/**
 * A run of guest bytes with one allocation status, as {@code qemu-img map --output=json} shows it.
 *
 * @param start guest offset
 * @param length bytes, at least 1
 * @param depth 0: decided by the image itself; n: by its n-th backing file
 * @param present whether any layer allocates it, be it as zeros
 * @param zero whether it is known to read as zeros
 * @param data whether it is stored as data
 * @param compressed whether it is stored compressed
 * @param offset where it lies in the file of its layer, or {@link #NO_OFFSET}
 */
public record MapEntry(
    long start,
    long length,
    int depth,
    boolean present,
    boolean zero,
    boolean data,
    boolean compressed,
    long offset) {
  public static final long NO_OFFSET = -1;

  public MapEntry {
    if (start < 0 || length < 1 || depth < 0 || offset < NO_OFFSET) {
      throw new IllegalArgumentException(
          "no map entry: start "
              + start
              + ", length "
              + length
              + ", depth "
              + depth
              + ", offset "
              + offset);
    }
  }

  public long end() {
    return start + length;
  }

  /** Whether {@code next} continues this entry, by qemu-img's rule. */
  boolean continuedBy(MapEntry next) {
    return end() == next.start
        && depth == next.depth
        && present == next.present
        && zero == next.zero
        && data == next.data
        && compressed == next.compressed
        && (offset == NO_OFFSET ? next.offset == NO_OFFSET : offset + length == next.offset);
  }

  MapEntry joined(MapEntry next) {
    return new MapEntry(
        start, length + next.length, depth, present, zero, data, compressed, offset);
  }

  /** The same run as the map of an image shows it that has this one {@code layers} below it. */
  public MapEntry below(int layers) {
    return new MapEntry(start, length, depth + layers, present, zero, data, compressed, offset);
  }
}
