package io.drover.converter.imports;

import io.drover.converter.image.DiskImage;
import io.drover.converter.image.Extent;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.function.LongConsumer;

/**
 * The chunks of {@code [start, end)} of a disk: ascending, without gaps, covering it exactly. Data
 * is read ahead in windows, straight to where it will be sent from, so that small clusters do not
 * become small reads and nothing is copied. Thread-confined.
 */
final class ChunkReader implements Iterator<Chunk> {
  /**
   * Clusters below this travel together: half a microsecond for each exchange would show. Larger
   * chunks were no faster.
   */
  private static final int SMALLEST_CHUNK = 64 << 10;

  /** Where the bytes of a guest range go: a buffer of exactly that length. */
  @FunctionalInterface
  interface Target {
    ByteBuffer at(long guestOffset, int length);
  }

  private final DiskImage image;
  private final long end;
  private final int clusterSize;
  private final int chunkSize;
  private final Target target;
  private final LongConsumer bytesRead;
  private final Iterator<Extent> extents;

  /** Next guest offset to give. */
  private long position;

  /** Zeros from {@link #position} to here; then data, rounded out to clusters, to the end below. */
  private long dataStart;

  private long dataEnd;
  private Extent pending;
  private ByteBuffer window = ByteBuffer.allocate(0);

  /**
   * @param bytesRead told how many guest bytes each read brought
   */
  ChunkReader(
      DiskImage image,
      long start,
      long end,
      int clusterSize,
      Target target,
      LongConsumer bytesRead) {
    this.image = image;
    this.end = end;
    this.clusterSize = clusterSize;
    this.chunkSize = chunkSize(clusterSize);
    this.target = target;
    this.bytesRead = bytesRead;
    this.position = start;
    this.extents = image.extents(start, end);
    nextRun();
  }

  /** Bytes of a chunk of data that begins at a multiple of it. */
  static int chunkSize(int clusterSize) {
    return Math.max(clusterSize, SMALLEST_CHUNK);
  }

  @Override
  public boolean hasNext() {
    return position < end;
  }

  @Override
  public Chunk next() {
    if (!hasNext()) {
      throw new NoSuchElementException();
    }
    if (position == dataEnd) {
      nextRun();
    }
    if (position < dataStart) {
      Chunk zero = new Chunk.Zero(position, dataStart - position);
      position = dataStart;
      return zero;
    }
    if (!window.hasRemaining()) {
      fill();
    }
    int length = (int) Math.min(window.remaining(), chunkSize - position % chunkSize);
    Chunk data = new Chunk.Data(position, window.slice(window.position(), length));
    window.position(window.position() + length);
    position += length;
    return data;
  }

  /** Finds the next run of data clusters, merging extents that share or touch a cluster. */
  private void nextRun() {
    dataStart = end;
    dataEnd = end;
    Extent first = nextData();
    if (first == null) {
      return;
    }
    dataStart = Math.max(position, clusterStart(first.offset()));
    dataEnd = clusterEnd(first.end());
    for (Extent more = nextData(); more != null; more = nextData()) {
      if (clusterStart(more.offset()) > dataEnd) {
        pending = more;
        return;
      }
      dataEnd = clusterEnd(more.end());
    }
  }

  private long clusterStart(long offset) {
    return offset - offset % clusterSize;
  }

  private long clusterEnd(long offset) {
    long past = offset % clusterSize;
    return past == 0 ? offset : Math.min(end, offset - past + clusterSize);
  }

  private Extent nextData() {
    if (pending != null) {
      Extent kept = pending;
      pending = null;
      return kept;
    }
    while (extents.hasNext()) {
      Extent extent = extents.next();
      if (!extent.zero()) {
        return extent;
      }
    }
    return null;
  }

  private void fill() {
    long length = Math.min(Math.max(image.readSize(), chunkSize), dataEnd - position);
    long next = position + length;
    if (next < dataEnd) {
      length -= next % chunkSize;
    }
    ByteBuffer buffer = target.at(position, (int) length);
    try {
      image.read(position, buffer.duplicate());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    bytesRead.accept(length);
    window = buffer;
  }
}
