package io.drover.converter.plan;

/**
 * What an operator may choose about parts.
 *
 * @param partSize preferred bytes of an upload part, 5 MiB to 5 GiB; it grows where there would be
 *     too many parts
 * @param alignment every part but the last is a multiple of it, so that no cluster and no digest
 *     block lies in two parts; a power of two up to 1 GiB, of which 5 GiB is a multiple
 */
public record PlanOptions(long partSize, long alignment) {
  private static final long MAX_ALIGNMENT = 1L << 30;

  /** Parts of 16 MiB, digest blocks of 4 MiB. */
  public static final PlanOptions DEFAULT = new PlanOptions(16L << 20, 4L << 20);

  public PlanOptions {
    if (partSize < PartLimits.MIN_PART || partSize > PartLimits.MAX_PART) {
      throw new IllegalArgumentException(
          "part size "
              + partSize
              + ", S3 takes "
              + PartLimits.MIN_PART
              + " to "
              + PartLimits.MAX_PART);
    }
    if (Long.bitCount(alignment) != 1 || alignment < 1 || alignment > MAX_ALIGNMENT) {
      throw new IllegalArgumentException("alignment " + alignment + " is no power of two to 1 GiB");
    }
  }

  /** The same with another preferred part size. */
  public PlanOptions withPartSize(long bytes) {
    return new PlanOptions(bytes, alignment);
  }
}
