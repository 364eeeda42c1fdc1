package io.drover.converter.plan;

import io.drover.converter.image.Extent;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/**
 * Cuts an object into upload and zero parts in one pass over its extents, in order.
 *
 * <p>The rule: data is collected into a cluster; a run of zeros after it is cut out if at least
 * {@code worth} of it remains once the cluster was padded to S3's smallest part, else it joins the
 * cluster. So an isolated extent costs at most 5 MiB on the wire, and a hole that is sent is always
 * shorter than {@code worth} and the padding together. Padding always goes behind the data; letting
 * it go in front, too, would save next to nothing (see the comparison with the optimum in the
 * tests).
 */
final class PartCutter {
  private final long objectSize;
  private final long partSize;
  private final long alignment;
  private final long largestZero;
  private final long worth;
  private final List<Part> parts = new ArrayList<>();

  private boolean tooMany;

  /** Where the parts made so far end. */
  private long done;

  /** End of the data collected since then; {@link #done} while there is none. */
  private long dataEnd;

  /**
   * @param partSize of upload parts
   * @param worth bytes of zeros that are worth a cut, at least 5 MiB
   */
  PartCutter(long objectSize, long partSize, long worth, PlanOptions options) {
    this.objectSize = objectSize;
    this.partSize = partSize;
    this.alignment = options.alignment();
    this.largestZero = options.largestZero();
    this.worth = worth;
  }

  /**
   * All parts, or null as soon as there are more than S3 allows.
   *
   * @param extents of the whole disk, from its start without gaps
   */
  List<Part> cut(Iterator<Extent> extents) {
    while (extents.hasNext() && !tooMany) {
      Extent extent = extents.next();
      if (extent.offset() >= objectSize) {
        break;
      }
      if (!extent.zero()) {
        data(extent.offset(), Math.min(objectSize, extent.end()));
      }
    }
    finish();
    return tooMany ? null : parts;
  }

  private void add(boolean zero, long length) {
    if (parts.size() == PartLimits.MAX_PARTS) {
      tooMany = true;
    } else {
      int number = parts.size() + 1;
      parts.add(zero ? new Part.Zero(number, done, length) : new Part.Upload(number, done, length));
    }
    done += length;
  }

  private void data(long start, long end) {
    if (dataEnd == done) {
      // nothing collected: everything before the data is zeros
      if (start - done >= worth) {
        zeros(start);
      }
    } else {
      long padded = padded();
      if (start - padded >= worth) {
        uploads(padded);
        zeros(start);
      }
    }
    dataEnd = end;
  }

  private void finish() {
    if (dataEnd > done) {
      long padded = Math.min(objectSize, padded());
      // the last part may be short, so that any tail is worth a cut
      uploads(objectSize - padded > 0 ? padded : objectSize);
    }
    if (done < objectSize || parts.isEmpty()) {
      zeros(objectSize);
    }
  }

  /** The end of what is collected, at S3's smallest part or behind. */
  private long padded() {
    return Math.max(dataEnd, done + PartLimits.MIN_PART);
  }

  private void zeros(long end) {
    if (end == done) {
      // an object of no bytes
      add(false, 0);
      return;
    }
    long count = (end - done + largestZero - 1) / largestZero;
    long size = roundUp((end - done + count - 1) / count, alignment);
    while (done < end) {
      long length = Math.min(Math.min(size, largestZero), end - done);
      long rest = end - done - length;
      if (rest > 0 && rest < PartLimits.MIN_PART && end < objectSize) {
        length -= PartLimits.MIN_PART;
      }
      add(true, length);
    }
    dataEnd = done;
  }

  private void uploads(long end) {
    while (done < end) {
      long next = end;
      if (end - done > partSize) {
        next = done + partSize;
        long aligned = next - next % alignment;
        if (aligned - done >= PartLimits.MIN_PART) {
          next = aligned;
        }
        if (end - next < PartLimits.MIN_PART && end < objectSize) {
          // leave enough for the last piece
          next -= Math.min(next - done - PartLimits.MIN_PART, PartLimits.MIN_PART);
        }
        if (end - next < PartLimits.MIN_PART && end < objectSize) {
          next = end;
        }
      }
      add(false, next - done);
    }
    dataEnd = done;
  }

  private static long roundUp(long value, long unit) {
    return (value + unit - 1) / unit * unit;
  }
}
