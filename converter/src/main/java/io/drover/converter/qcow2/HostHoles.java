package io.drover.converter.qcow2;

import io.drover.converter.storage.RandomAccessSource;
import java.io.IOException;

/**
 * The source's holes for one walk over the image: it remembers the last stretch of data or hole it
 * was told of, so that a file without holes is asked twice in all. Not thread-safe.
 */
final class HostHoles {
  private final RandomAccessSource source;
  private long start;
  private long end;
  private boolean hole;

  HostHoles(RandomAccessSource source) {
    this.source = source;
  }

  /** Bytes from {@code offset} on that are of one kind, at most {@code length}. */
  long sameKind(long offset, long length) throws IOException {
    if (offset < start || offset >= end) {
      long data = source.nextData(offset);
      hole = data > offset;
      start = offset;
      end = hole ? data : Math.max(source.nextHole(offset), offset + 1);
    }
    return Math.min(length, end - offset);
  }

  /** Whether the bytes of the last answer are known to be zeros. */
  boolean hole() {
    return hole;
  }
}
