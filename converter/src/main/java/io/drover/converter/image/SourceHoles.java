package io.drover.converter.image;

import io.drover.converter.storage.RandomAccessSource;
import java.io.IOException;

/**
 * The source's holes for one walk over the image: it remembers the last stretch of data or hole it
 * was told of, so that a file without holes is asked twice in all.
 *
 * <p>Not thread-safe.
 */
public final class SourceHoles {
  private final RandomAccessSource source;
  private long start;
  private long end;
  private boolean hole;

  public SourceHoles(RandomAccessSource source) {
    this.source = source;
  }

  /** Bytes from {@code offset} on that are of one kind, at most {@code length}. */
  public long sameKind(long offset, long length) throws IOException {
    if (offset < start || offset >= end) {
      long data = source.nextData(offset);
      hole = data > offset;
      start = offset;
      end = hole ? data : Math.max(source.nextHole(offset), offset + 1);
    }
    return Math.min(length, end - offset);
  }

  /**
   * Bytes from {@code offset} on, at most {@code length}, that are holes in whole clusters; 0 if
   * the first cluster has any data in it. What preallocation leaves is whole clusters; smaller
   * holes come and go as the system writes pages back, and would give an unchanged image other
   * extents at every look.
   */
  public long zeros(long offset, long length, long clusterSize) throws IOException {
    long same = sameKind(offset, length);
    if (!hole) {
      return 0;
    }
    return same == length ? length : Math.max(0, (offset + same & -clusterSize) - offset);
  }

  /** Bytes from {@code offset} on, at most {@code length}, up to the end of a cluster with data. */
  public long data(long offset, long length, long clusterSize) throws IOException {
    long same = sameKind(offset, length);
    return Math.min(length, (offset + same - 1 | clusterSize - 1) + 1 - offset);
  }

  /** Whether the bytes of the last answer are known to be zeros. */
  public boolean hole() {
    return hole;
  }
}
