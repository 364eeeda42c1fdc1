package io.drover.converter.plan;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.image.Extent;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.Supplier;

/** Cuts a data object into parts. Pure: the same inputs give the same plan. */
public final class PartPlanner {
  private PartPlanner() {}

  /**
   * Bytes that the data object must have.
   *
   * <p>Raw external data is the whole disk. Otherwise the object may end with the last cluster of
   * data, since QEMU reads zeros past the end of a data file; it ends with a whole cluster (or the
   * disk), so that every allocated cluster is wholly there for readers that are less forgiving.
   *
   * @param extents of the whole disk; read only when not raw
   * @param virtualSize of the disk in bytes
   * @param clusterSize of the metadata in bytes
   * @param raw whether the object alone must be the disk
   */
  public static long objectSize(
      Supplier<Iterator<Extent>> extents, long virtualSize, int clusterSize, boolean raw) {
    if (raw) {
      return virtualSize;
    }
    long end = 0;
    Iterator<Extent> all = extents.get();
    while (all.hasNext()) {
      Extent extent = all.next();
      if (!extent.zero()) {
        end = extent.end();
      }
    }
    return Math.min(roundUp(end, clusterSize), virtualSize);
  }

  /**
   * Plans the object: as few bytes sent as S3's rules on parts allow, then few requests, never more
   * than 10,000 parts. Where extents are too scattered for that, the zeros that are worth a part of
   * their own are doubled until they fit.
   *
   * @param objectSize bytes of the data object
   * @param extents of the whole disk, from its start without gaps; whatever lies past the object's
   *     end must be zeros
   * @throws ImportException {@code TARGET_LIMIT} if no object can be so large
   * @throws IllegalArgumentException if the extents leave a gap, or data out of the object
   */
  public static PartPlan plan(
      long objectSize, Supplier<Iterator<Extent>> extents, PlanOptions options)
      throws ImportException {
    if (objectSize < 0) {
      throw new IllegalArgumentException("object size " + objectSize);
    }
    if (objectSize > PartLimits.MAX_OBJECT) {
      throw ImportException.refused(
          ErrorCode.TARGET_LIMIT,
          "planning the data object: it would have "
              + objectSize
              + " bytes, S3 allows "
              + PartLimits.MAX_OBJECT
              + " ("
              + PartLimits.MAX_PARTS
              + " parts of 5 GiB); shrink the disk first");
    }
    requireCovered(objectSize, extents.get());
    if (options.largestZero() == 0) {
      return new PartPlan(objectSize, uploadsOnly(objectSize, options));
    }
    long partSize = options.partSize();
    long worth = PartLimits.MIN_PART;
    while (true) {
      List<Part> parts = new PartCutter(objectSize, partSize, worth, options).cut(extents.get());
      if (parts != null) {
        return new PartPlan(objectSize, parts);
      }
      // fewer, larger parts: holes first, since their bytes cost less than many more requests
      worth *= 2;
      partSize = Math.min(2 * partSize, partSize(objectSize, options));
      if (worth > PartLimits.MAX_OBJECT) {
        return new PartPlan(objectSize, uploadsOnly(objectSize, options));
      }
    }
  }

  private static List<Part> uploadsOnly(long objectSize, PlanOptions options) {
    long partSize = partSize(objectSize, options);
    List<Part> parts = new ArrayList<>();
    long offset = 0;
    do {
      long length = Math.min(partSize, objectSize - offset);
      parts.add(new Part.Upload(parts.size() + 1, offset, length));
      offset += length;
    } while (offset < objectSize);
    return parts;
  }

  /** The preferred size, or the least that needs no more parts than there may be. */
  private static long partSize(long objectSize, PlanOptions options) {
    long least = (objectSize + PartLimits.MAX_PARTS - 1) / PartLimits.MAX_PARTS;
    if (least <= options.partSize()) {
      // as the operator says, aligned or not
      return options.partSize();
    }
    // never beyond the largest part, which is a multiple of every alignment there may be
    return roundUp(least, options.alignment());
  }

  /** An object planned from extents that miss a range would lack that range without any error. */
  private static void requireCovered(long objectSize, Iterator<Extent> extents) {
    long end = 0;
    while (extents.hasNext()) {
      Extent extent = extents.next();
      if (extent.offset() != end) {
        throw new IllegalArgumentException(extent + " does not follow the extents to " + end);
      }
      end = extent.end();
      if (end > objectSize && !extent.zero()) {
        throw new IllegalArgumentException(
            extent + " holds data past the object's end at " + objectSize);
      }
    }
    if (end < objectSize) {
      throw new IllegalArgumentException(
          "the extents end at " + end + ", the object at " + objectSize);
    }
  }

  private static long roundUp(long value, long unit) {
    return Math.multiplyExact(value / unit + (value % unit == 0 ? 0 : 1), unit);
  }
}
