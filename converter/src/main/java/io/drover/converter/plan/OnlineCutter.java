package io.drover.converter.plan;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.BooleanSupplier;

/**
 * Cuts a data object into parts while its content becomes known, in order and once: for sources
 * whose zeros are found only by reading. It follows {@link PartPlanner}'s rule as far as that needs
 * no look ahead: zeros are counted, not kept, until they are worth a part or data follows.
 *
 * <p>Whoever feeds it keeps the bytes from {@link #start()} on, at most {@link #capacity()} of
 * them, and takes each part from {@link #poll()} as soon as it is there. A part is there only when
 * more is known to follow, or the end was told. The same content gives the same parts.
 *
 * <p>All methods that feed it throw {@code TARGET_LIMIT} where 10,000 parts are not enough.
 *
 * <p>Not thread-safe.
 */
public final class OnlineCutter {
  private final CutSizes sizes;
  private final BooleanSupplier fillsZeros;
  private final Deque<Part> ready = new ArrayDeque<>();
  private int count;

  /** Where the parts made so far end. */
  private long done;

  /** End of the data collected since then; {@link #done} while there is none. */
  private long dataEnd;

  /** End of what was fed. */
  private long position;

  /** Whether what is pending since {@link #done} is a run of zeros that gets parts of its own. */
  private boolean zeroRun;

  private long partSize;

  /**
   * @param fillsZeros whether zeros can be filled on the server; asked when there are any, since
   *     finding out may cost something
   */
  public OnlineCutter(CutSizes sizes, BooleanSupplier fillsZeros) {
    this.sizes = sizes;
    this.fillsZeros = fillsZeros;
    this.partSize = sizes.partSize(0);
  }

  /** Guest offset of the first byte that is in no part yet. */
  public long start() {
    return done;
  }

  /** Guest offset of the next byte to be fed. */
  public long position() {
    return position;
  }

  /** Most bytes from {@link #start()} on that are ever pending with data among them. */
  public int capacity() {
    return Math.toIntExact(partSize + PartLimits.MIN_PART);
  }

  /** The next part that is ready; null if none is. */
  public Part poll() {
    return ready.poll();
  }

  /** Feeds zeros. */
  public void zeros(long length) throws ImportException {
    position += length;
    if (zeroRun) {
      emitZeros();
      return;
    }
    long worth = sizes.worth(count, done, partSize);
    if (dataEnd == done) {
      if (position - done >= worth && fillsZeros.getAsBoolean()) {
        zeroRun = true;
        emitZeros();
      }
      return;
    }
    long padded = padded();
    if (position - padded >= worth && fillsZeros.getAsBoolean()) {
      add(false, padded - done);
      zeroRun = true;
      emitZeros();
    }
  }

  /**
   * To be called before data: puts the zeros before it where they belong. What is ready then is to
   * be taken before {@link #data} is called.
   */
  public void beforeData() throws ImportException {
    if (zeroRun) {
      zeroParts(position, false);
      zeroRun = false;
    }
    // zeros that are worth no part travel with the data around them
    while (position - done >= capacity()) {
      if (dataEnd == done && fillsZeros.getAsBoolean()) {
        // no more parts than if they were sent
        zeroParts(position, false);
      } else {
        add(false, pieceLength());
      }
    }
  }

  /** Data bytes that may come next. */
  public int room() {
    return Math.toIntExact(capacity() - (position - done));
  }

  /**
   * Feeds data.
   *
   * @param length at most {@link #room()}
   */
  public void data(int length) throws ImportException {
    if (length > room() || zeroRun) {
      throw new IllegalStateException(length + " bytes of data at " + position);
    }
    position += length;
    dataEnd = position;
    if (position - done == capacity()) {
      add(false, pieceLength());
    }
  }

  /**
   * Says that the disk ends here.
   *
   * @param objectSize bytes of the data object: all that was fed, or less by zeros at its end
   */
  public void end(long objectSize) throws ImportException {
    if (zeroRun) {
      zeroParts(Math.max(done, objectSize), true);
    } else if (dataEnd > done) {
      long padded = Math.min(objectSize, padded());
      if (objectSize > padded && fillsZeros.getAsBoolean()) {
        add(false, padded - done);
      }
    }
    while (objectSize - done > capacity()) {
      add(false, pieceLength());
    }
    if (objectSize > done) {
      if (dataEnd == done && fillsZeros.getAsBoolean()) {
        zeroParts(objectSize, true);
      } else {
        add(false, objectSize - done);
      }
    }
    if (count == 0) {
      // an object of no bytes
      add(false, 0);
    }
  }

  /** An aligned piece that leaves at least the smallest part pending. */
  private long pieceLength() {
    long end = done + partSize;
    long aligned = end - end % sizes.alignment();
    return (aligned - done >= PartLimits.MIN_PART ? aligned : end) - done;
  }

  private long padded() {
    return Math.max(dataEnd, done + PartLimits.MIN_PART);
  }

  /** Parts of a run that goes on, so that its progress shows; the rest stays worth a part. */
  private void emitZeros() throws ImportException {
    while (sizes.eagerZeros() && position - done >= sizes.largestZero() + PartLimits.MIN_PART) {
      add(true, sizes.largestZero());
    }
  }

  private void zeroParts(long end, boolean last) throws ImportException {
    while (done < end) {
      long length = Math.min(sizes.largestZero(), end - done);
      long rest = end - done - length;
      if (rest > 0 && rest < PartLimits.MIN_PART && !last) {
        length -= PartLimits.MIN_PART;
      }
      add(true, length);
    }
  }

  private void add(boolean zero, long length) throws ImportException {
    if (count == PartLimits.MAX_PARTS) {
      throw ImportException.refused(
          ErrorCode.TARGET_LIMIT,
          "cutting the data object: its "
              + PartLimits.MAX_PARTS
              + " parts end at "
              + done
              + ", and more follows; parts grow up to "
              + sizes.largest()
              + " bytes: raise that by --memory or drover.memory, or import from a file");
    }
    count++;
    ready.add(zero ? new Part.Zero(count, done, length) : new Part.Upload(count, done, length));
    done += length;
    dataEnd = Math.max(dataEnd, done);
    partSize = sizes.partSize(count);
  }
}
