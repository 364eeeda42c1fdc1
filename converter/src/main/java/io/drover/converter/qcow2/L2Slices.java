package io.drover.converter.qcow2;

import io.drover.converter.storage.RandomAccessSource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Pieces of L2 tables, the most recently used of them kept: at most {@value #MEMORY} bytes,
 * whatever the image. Pieces rather than tables, since a table of 2 MiB describes 512 GiB, and
 * lanes read in many places.
 *
 * <p>Thread-safe; two threads may read the same piece at once, which does no harm.
 */
final class L2Slices {
  private static final int MEMORY = 8 << 20;
  private static final int SLICE_MAX = 64 << 10;

  private final RandomAccessSource source;
  private final int sliceBytes;
  private final Map<Long, long[]> recent;

  L2Slices(RandomAccessSource source, Qcow2Header header) {
    this.source = source;
    this.sliceBytes = (int) Math.min(SLICE_MAX, header.clusterSize());
    int capacity = MEMORY / sliceBytes;
    this.recent =
        new LinkedHashMap<>(16, 0.75f, true) {
          @Override
          protected boolean removeEldestEntry(Map.Entry<Long, long[]> eldest) {
            return size() > capacity;
          }
        };
  }

  /** 64-bit words of a slice. */
  int words() {
    return sliceBytes / 8;
  }

  /**
   * The words of one slice; those beyond the end of the file, which no guest data needs, are 0.
   *
   * @param table host offset of the L2 table
   * @param slice index of the slice in it
   */
  long[] get(long table, int slice) throws IOException {
    long offset = table + (long) slice * sliceBytes;
    synchronized (recent) {
      long[] words = recent.get(offset);
      if (words != null) {
        return words;
      }
    }
    ByteBuffer bytes = ByteBuffer.allocate(sliceBytes);
    bytes.limit((int) Math.max(0, Math.min(sliceBytes, source.size() - offset)));
    source.readFully(offset, bytes);
    long[] words = new long[words()];
    bytes.clear().asLongBuffer().get(words);
    synchronized (recent) {
      recent.put(offset, words);
    }
    return words;
  }
}
