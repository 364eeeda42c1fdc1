package io.drover.converter.plan;

/**
 * What an operator may choose about parts, and what the server can do.
 *
 * @param partSize preferred bytes of an upload part, 5 MiB to 5 GiB; it grows where there would be
 *     too many parts
 * @param alignment parts that must be larger than {@code partSize} are a multiple of it, and parts
 *     between zeros end at one where nothing else decides, so that few digest blocks lie in two
 *     parts; a power of two up to 1 GiB, of which 5 GiB is a multiple
 * @param largestZero most bytes of a part that the server fills with zeros: the size of the object
 *     they are copied from; 0 if it cannot
 */
public record PlanOptions(long partSize, long alignment, long largestZero) {
  private static final long MAX_ALIGNMENT = 1L << 30;

  /** Parts of 16 MiB, digest blocks of 4 MiB, zeros sent like data. */
  public static final PlanOptions DEFAULT = new PlanOptions(16L << 20, 4L << 20, 0);

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
    if (largestZero != 0
        && (largestZero < 2 * PartLimits.MIN_PART || largestZero > PartLimits.MAX_PART)) {
      throw new IllegalArgumentException("zero parts of up to " + largestZero);
    }
  }

  /** The same with another preferred part size. */
  public PlanOptions withPartSize(long bytes) {
    return new PlanOptions(bytes, alignment, largestZero);
  }

  /** The same with zeros filled on the server. */
  public PlanOptions withLargestZero(long bytes) {
    return new PlanOptions(partSize, alignment, bytes);
  }
}
