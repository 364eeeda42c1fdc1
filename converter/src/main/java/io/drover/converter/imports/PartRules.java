package io.drover.converter.imports;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.image.DiskImage;
import io.drover.converter.image.ImageFormat;
import io.drover.converter.image.StreamImage;
import io.drover.converter.plan.CutSizes;
import io.drover.converter.plan.PartLimits;
import io.drover.converter.plan.PlanOptions;
import io.drover.converter.plan.PlanSummary;
import java.util.Optional;

/**
 * Which sources are scanned for zeros while they are read, how their parts are sized, and which
 * parts are held in memory.
 */
final class PartRules {
  /** Below this, sending zeros is no slower than asking for them. */
  static final long WORTH_FILLING = 32L << 20;

  private static final int LARGEST_BUFFER = 1 << 30;

  private PartRules() {}

  /**
   * Whether only reading shows which bytes are zeros: a raw disk whose source knows of no hole that
   * is worth a part. Where a file system knows of some, it is taken to know them all.
   *
   * @param plan made from what the source knows
   */
  static boolean zerosUnknown(DiskImage image, PlanSummary plan) {
    return image.format() == ImageFormat.RAW
        && plan.zeroParts() == 0
        && image.virtualSize() >= WORTH_FILLING;
  }

  /**
   * Sizes of the parts of a disk of known size; empty if they would not fit the budget.
   *
   * @param zeroSize most zeros that the server fills in one part
   */
  static Optional<CutSizes> sizes(
      DiskImage image, ImportOptions options, MemoryBudget budget, long zeroSize) {
    long alignment = PlanOptions.DEFAULT.alignment();
    // with fewer than two buffers nothing would run in parallel
    long largest = largest(budget.limit() / 2);
    long preferred = Math.min(options.partSize(), largest);
    if (largest < PartLimits.MIN_PART
        || CutSizes.partSize(image.virtualSize(), preferred, alignment) > largest) {
      return Optional.empty();
    }
    return Optional.of(
        new CutSizes(
            image.virtualSize(),
            preferred,
            largest,
            alignment,
            zeroSize,
            options.rawExternalData()));
  }

  /**
   * Sizes of the parts of a stream, which must be held, since nothing can be read again.
   *
   * @throws ImportException {@code TARGET_LIMIT} if the budget does not hold even one
   */
  static CutSizes streamSizes(ImportOptions options, MemoryBudget budget, long zeroSize)
      throws ImportException {
    long largest = largest(budget.limit());
    if (largest < PartLimits.MIN_PART) {
      throw ImportException.refused(
          ErrorCode.TARGET_LIMIT,
          "a stream needs a memory budget of at least "
              + 2 * PartLimits.MIN_PART
              + " bytes, and has "
              + budget.limit()
              + "; raise it by --memory or drover.memory");
    }
    return new CutSizes(
        CutSizes.UNKNOWN,
        Math.min(options.partSize(), largest),
        largest,
        PlanOptions.DEFAULT.alignment(),
        zeroSize,
        options.rawExternalData());
  }

  /**
   * Whether a part is held in memory until it was sent. Larger ones leave room for no other lane,
   * and stream.
   */
  static boolean held(long length, MemoryBudget budget) {
    return length <= Math.min(budget.limit() / 2, LARGEST_BUFFER);
  }

  /** What a buffer holds beside what a part leaves for the next one. */
  private static long largest(long buffer) {
    return Math.min(buffer, LARGEST_BUFFER) - PartLimits.MIN_PART;
  }

  /** Whether the image is read once and in order. */
  static boolean stream(DiskImage image) {
    return image instanceof StreamImage;
  }
}
