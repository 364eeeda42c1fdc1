package io.drover.converter.plan;

import java.util.List;

/**
 * All parts of a data object, which they cover exactly, in order. An empty object has one empty
 * part, since S3 completes no upload without parts.
 *
 * @param objectSize bytes of the data object
 * @param parts ascending, numbered from 1, within {@link PartLimits}
 */
public record PartPlan(long objectSize, List<Part> parts) {
  public PartPlan {
    parts = List.copyOf(parts);
    if (objectSize < 0 || parts.isEmpty() || parts.size() > PartLimits.MAX_PARTS) {
      throw new IllegalArgumentException(
          "no part plan: object size " + objectSize + ", " + parts.size() + " parts");
    }
    long offset = 0;
    for (int index = 0; index < parts.size(); index++) {
      Part part = parts.get(index);
      boolean last = index == parts.size() - 1;
      if (part.number() != index + 1 || part.offset() != offset) {
        throw new IllegalArgumentException(
            part + " where number " + (index + 1) + " at offset " + offset + " belongs");
      }
      if (part.length() > PartLimits.MAX_PART
          || (!last && part.length() < PartLimits.MIN_PART)
          || (part.length() == 0 && objectSize > 0)) {
        throw new IllegalArgumentException(part + " has a length that S3 refuses");
      }
      offset = part.end();
    }
    if (offset != objectSize) {
      throw new IllegalArgumentException(
          "the parts end at " + offset + ", the object at " + objectSize);
    }
  }

  /** The part of that number, from 1. */
  public Part part(int number) {
    return parts.get(number - 1);
  }

  /** Counts and bytes by kind. */
  public PlanSummary summary() {
    return PlanSummary.of(this);
  }
}
