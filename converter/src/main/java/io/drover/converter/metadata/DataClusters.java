package io.drover.converter.metadata;

import io.drover.converter.error.ImportException;
import org.roaringbitmap.RoaringBitmap;

/**
 * Which guest clusters hold data; all others are zeros. Lanes mark clusters in any order, and again
 * when a part is run again.
 *
 * <p>Thread-safe. Memory: at most one bit per guest cluster, much less where neighbours are alike.
 */
public final class DataClusters {
  private final MetadataLayout full;
  private final RoaringBitmap data = new RoaringBitmap();

  /**
   * No data yet.
   *
   * @param virtualSize guest disk in bytes, a multiple of 512
   * @param clusterSize a power of two, 512 bytes to 2 MiB
   * @throws ImportException {@code TARGET_LIMIT} if clusters of that size cannot describe the disk
   */
  public DataClusters(long virtualSize, int clusterSize) throws ImportException {
    if (Integer.bitCount(clusterSize) != 1) {
      throw new IllegalArgumentException("cluster size " + clusterSize + " is no power of two");
    }
    // the largest layout is checked now, since the real one comes after the data was sent
    full = MetadataLayout.full(virtualSize, Integer.numberOfTrailingZeros(clusterSize));
  }

  /**
   * No data yet, of a disk whose size is not known.
   *
   * @param most bytes that the disk may have; it may turn out that there are fewer than clusters of
   *     that size can describe
   */
  public static DataClusters growing(long most, int clusterSize) throws ImportException {
    long describable = MetadataLayout.largest(Integer.numberOfTrailingZeros(clusterSize));
    return new DataClusters(Math.min(most, describable), clusterSize);
  }

  /**
   * The same data on a disk whose size is known by now.
   *
   * @param clusterSize the same or larger
   * @throws ImportException {@code TARGET_LIMIT} if clusters of that size cannot describe the disk
   */
  public DataClusters endedAt(long virtualSize, int clusterSize) throws ImportException {
    DataClusters ended = new DataClusters(virtualSize, clusterSize);
    int coarser = ended.full.clusterBits() - full.clusterBits();
    if (coarser < 0) {
      throw new IllegalArgumentException("clusters of " + clusterSize + " are smaller than before");
    }
    synchronized (data) {
      if (coarser == 0) {
        ended.data.or(data);
      } else {
        data.forEach((int cluster) -> ended.data.add(cluster >>> coarser));
      }
    }
    return ended;
  }

  /** Bytes of the disk that lie in clusters with data. */
  public long bytes() {
    synchronized (data) {
      long bytes = data.getLongCardinality() << full.clusterBits();
      long last = virtualSize() >> full.clusterBits();
      long past = virtualSize() - (last << full.clusterBits());
      boolean shortLast = past > 0 && data.contains((int) last);
      return shortLast ? bytes - (1L << full.clusterBits()) + past : bytes;
    }
  }

  public long virtualSize() {
    return full.virtualSize();
  }

  public int clusterSize() {
    return full.clusterSize();
  }

  /**
   * Marks every cluster that the range touches.
   *
   * @param offset guest offset in bytes
   * @param length bytes; the range lies within the disk
   */
  public void mark(long offset, long length) {
    if (offset < 0 || length < 0 || length > virtualSize() - offset) {
      throw new IllegalArgumentException(
          "offset " + offset + ", length " + length + " is not in a disk of " + virtualSize());
    }
    if (length == 0) {
      return;
    }
    long first = offset >> full.clusterBits();
    long last = (offset + length - 1) >> full.clusterBits();
    synchronized (data) {
      data.add(first, last + 1);
    }
  }

  /** Told of clusters that follow each other and are all marked. */
  @FunctionalInterface
  public interface RunVisitor {
    /**
     * @param first number of the first cluster
     */
    void visit(long first, long count);
  }

  /**
   * Tells the marked clusters that the range touches, ascending, in runs as long as possible.
   *
   * @param offset guest offset in bytes
   * @param length bytes, at least 1
   */
  public void forEachRun(long offset, long length, RunVisitor visitor) {
    long end = ((offset + length - 1) >> full.clusterBits()) + 1;
    long next = offset >> full.clusterBits();
    synchronized (data) {
      while (next < end) {
        long first = data.nextValue((int) next);
        if (first < 0 || first >= end) {
          return;
        }
        long past = Math.min(end, data.nextAbsentValue((int) first));
        visitor.visit(first, past - first);
        next = past;
      }
    }
  }

  /**
   * Whether any cluster is marked that the range touches.
   *
   * @param offset guest offset in bytes
   * @param length bytes, at least 1
   */
  public boolean anyIn(long offset, long length) {
    long last = (offset + length - 1) >> full.clusterBits();
    synchronized (data) {
      long first = data.nextValue((int) (offset >> full.clusterBits()));
      return first >= 0 && first <= last;
    }
  }

  /** Clusters marked so far. */
  public long count() {
    synchronized (data) {
      return data.getLongCardinality();
    }
  }

  /** A copy that later marks do not change, with cluster numbers as unsigned 32-bit values. */
  RoaringBitmap snapshot() {
    synchronized (data) {
      RoaringBitmap copy = data.clone();
      copy.runOptimize();
      return copy;
    }
  }

  MetadataLayout fullLayout() {
    return full;
  }
}
