package io.drover.converter.qcow2;

/**
 * How a run of guest bytes is stored.
 *
 * @param length bytes, at least 1
 * @param host host offset of the first byte, where there is one; the whole L2 entry for compressed
 *     clusters; else {@link #NOWHERE}
 */
record ClusterRun(Kind kind, long length, long host) {
  static final long NOWHERE = -1;

  /** The specification's kinds of clusters and subclusters. */
  enum Kind {
    /** The backing file decides; zeros without one. */
    UNALLOCATED,
    ZERO,
    DATA,
    COMPRESSED
  }
}
