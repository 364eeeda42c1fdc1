package io.drover.converter.plan;

/**
 * How large the parts of an object are that is cut while it is read, so that 10,000 of them do.
 *
 * @param size of the object, or {@link #UNKNOWN}
 * @param preferred bytes of an upload part
 * @param largest bytes that an upload part may have
 * @param alignment as in {@link PlanOptions}
 * @param largestZero most bytes of a part that the server fills
 * @param eagerZeros whether zeros may become parts before data follows: not where the object ends
 *     with its last data
 */
public record CutSizes(
    long size, long preferred, long largest, long alignment, long largestZero, boolean eagerZeros) {
  public static final long UNKNOWN = -1;

  /** Half of the parts are for the content, the other half for cutting it at zeros. */
  private static final int CONTENT_PARTS = PartLimits.MAX_PARTS / 2;

  /** Parts after which sizes double, where the object's size is not known. */
  private static final int STEP = 1000;

  public CutSizes {
    if (preferred < PartLimits.MIN_PART || largest < preferred || largest > PartLimits.MAX_PART) {
      throw new IllegalArgumentException("parts of " + preferred + " to " + largest);
    }
  }

  /** Bytes of the parts of an object of known size. */
  public static long partSize(long size, long preferred, long alignment) {
    long least = (size + CONTENT_PARTS - 1) / CONTENT_PARTS;
    return least <= preferred ? preferred : (least + alignment - 1) / alignment * alignment;
  }

  /** Bytes of an upload part after so many parts. */
  long partSize(int count) {
    if (size != UNKNOWN) {
      return partSize(size, preferred, alignment);
    }
    return Math.min(largest, preferred << (count / STEP));
  }

  /**
   * Zeros that are worth a cut: at least the smallest part, more once cuts come faster than the
   * object.
   *
   * @param count parts so far
   * @param done bytes in them
   */
  long worth(int count, long done, long partSize) {
    if (size == UNKNOWN) {
      return PartLimits.MIN_PART << (count / STEP);
    }
    // pieces end at multiples of the alignment where they can
    long piece =
        partSize % alignment == 0 ? partSize : Math.max(PartLimits.MIN_PART, partSize - alignment);
    long needed = (size - done + piece - 1) / piece;
    if (count + 2 + needed + (size - done) / largestZero >= PartLimits.MAX_PARTS) {
      return Long.MAX_VALUE;
    }
    long allowed = PartLimits.MAX_PARTS - (size + partSize - 1) / partSize;
    double spent = (count - (double) done / partSize) / allowed;
    double ahead = spent - (double) done / size;
    // nothing to save up before a tenth is spent; then one doubling for every further twentieth
    int doublings = (int) Math.max(0, Math.ceil((ahead - 0.1) / 0.05));
    return PartLimits.MIN_PART << Math.min(doublings, 20);
  }
}
