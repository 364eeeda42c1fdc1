package io.drover.converter.imports;

import io.drover.converter.digest.BlockDigests;
import io.drover.converter.digest.PartDigester;
import io.drover.converter.image.Zeros;
import io.drover.converter.plan.OnlineCutter;
import io.drover.converter.plan.Part;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * Reads a source once, from its first byte to its last, and makes parts of it as it goes: zeros are
 * searched, data is gathered in a buffer until the part is closed. Lanes take turns: whoever wants
 * a part scans for it, and then carries it out while the next one scans.
 *
 * <p>A lane waits for its buffer with no other in its hands, and carries out what it has filled, so
 * that imports that share a budget cannot wait for each other. What lies behind a closed part is
 * kept beside the budget until the next lane comes, less than 16 MiB.
 */
final class PartScan implements Closeable {
  /** Whoever has the source scanned. */
  interface Observer {
    /** Shown all bytes of the disk in order, before any part with them is given. */
    void seen(ByteBuffer bytes) throws IOException;

    /**
     * Told where the disk ends, before its last part is given.
     *
     * @return bytes of the data object, at most the disk's
     */
    long endsAt(long virtualSize, long dataEnd) throws IOException;
  }

  private final ReadAhead windows;
  private final OnlineCutter cutter;
  private final MemoryBudget budget;
  private final BlockDigests digests;
  private final int clusterSize;
  private final Observer observer;
  private final List<Part> parts = new ArrayList<>();

  private ByteBuffer window = ByteBuffer.allocate(0);

  /** Guest offset of the window's next byte. */
  private long position;

  private long dataEnd;

  /** Guest offset behind the parts that were given: where buffer and rest begin. */
  private long start;

  private byte[] buffer;

  /** What was gathered when there was no buffer for it. */
  private byte[] rest = new byte[0];

  /** Guest offset behind what buffer or rest hold; from there to the position are zeros. */
  private long filled;

  /** Digests the block in which the part before ended; null where it ended with one. */
  private PartDigester border;

  private volatile boolean ended;
  private volatile boolean given;

  /**
   * @param clusterSize granularity of the search for zeros
   */
  PartScan(
      ReadAhead windows,
      OnlineCutter cutter,
      MemoryBudget budget,
      BlockDigests digests,
      int clusterSize,
      Observer observer) {
    this.windows = windows;
    this.cutter = cutter;
    this.budget = budget;
    this.digests = digests;
    this.clusterSize = clusterSize;
    this.observer = observer;
  }

  /**
   * A token for each part, and for the end as many as lanes ask before it is known.
   *
   * @param inVain whether there is no use in going on
   */
  Iterator<PartWork> work(BooleanSupplier inVain) {
    return new Iterator<>() {
      /** What was said counts, or a split would end while its lanes are at work. */
      private boolean promised;

      @Override
      public boolean hasNext() {
        promised = promised || !given && !inVain.getAsBoolean();
        return promised;
      }

      @Override
      public PartWork next() {
        promised = false;
        return new PartWork.Scanned();
      }
    };
  }

  /** All parts; to be asked at the end. */
  synchronized List<Part> parts() {
    if (!given) {
      throw new IllegalStateException("the source was not read to its end");
    }
    return List.copyOf(parts);
  }

  /** The next part, with a buffer of the budget that the caller gives back; empty at the end. */
  synchronized Optional<ScannedPart> next() throws IOException, InterruptedException {
    try {
      while (true) {
        Part part = cutter.poll();
        if (part != null) {
          return Optional.of(take(part));
        }
        if (ended) {
          digestEnd();
          given = true;
          return Optional.empty();
        }
        step();
      }
    } finally {
      if (buffer != null) {
        budget.release(buffer);
        buffer = null;
      }
    }
  }

  /** Feeds one run of zeros or data. */
  private void step() throws IOException, InterruptedException {
    if (!window.hasRemaining()) {
      window = windows.next();
      if (!window.hasRemaining()) {
        ended = true;
        cutter.end(observer.endsAt(position, dataEnd));
        return;
      }
      observer.seen(window.duplicate());
    }
    byte[] bytes = window.array();
    int from = window.position();
    int to = clusterEnd(from);
    boolean zero = Zeros.only(bytes, from, to);
    while (to < window.limit() && Zeros.only(bytes, to, clusterEnd(to)) == zero) {
      to = clusterEnd(to);
    }
    if (zero) {
      cutter.zeros(to - from);
    } else {
      to = from + gather(bytes, from, to - from);
    }
    position += to - from;
    window.position(to);
  }

  /** Index in the window where the cluster ends that holds {@code index}. */
  private int clusterEnd(int index) {
    long offset = position + (index - window.position());
    return (int) Math.min(window.limit(), index + clusterSize - offset % clusterSize);
  }

  /** Copies as much data as the part still takes; 0 if a part has to go first. */
  private int gather(byte[] bytes, int from, int length) throws IOException, InterruptedException {
    cutter.beforeData();
    if (cutter.start() != start) {
      return 0;
    }
    int count = Math.min(length, cutter.room());
    obtainBuffer(cutter.capacity());
    fillZeros(position);
    System.arraycopy(bytes, from, buffer, at(position), count);
    filled = position + count;
    dataEnd = filled;
    cutter.data(count);
    return count;
  }

  /** Before it waits it holds no other. */
  private void obtainBuffer(int length) throws InterruptedException {
    if (buffer == null) {
      buffer = budget.acquire(length);
      System.arraycopy(rest, 0, buffer, 0, rest.length);
      rest = new byte[0];
    }
  }

  private void fillZeros(long to) {
    if (to > filled) {
      Arrays.fill(buffer, at(filled), at(to), (byte) 0);
      filled = to;
    }
  }

  private int at(long offset) {
    return Math.toIntExact(offset - start);
  }

  /** Hands a part over; what was gathered behind it begins the next one. */
  private ScannedPart take(Part part) throws IOException, InterruptedException {
    byte[] bytes = null;
    if (part instanceof Part.Upload) {
      obtainBuffer((int) Math.max(part.length(), rest.length));
      fillZeros(part.end());
      rest = Arrays.copyOfRange(buffer, at(part.end()), at(filled));
      bytes = buffer;
    }
    start = part.end();
    filled = Math.max(filled, start);
    digestBorder(part, bytes);
    parts.add(part);
    buffer = null;
    long blockStart = part.end() - part.end() % BlockDigests.BLOCK_SIZE;
    boolean last = part.end() == digests.diskSize();
    return new ScannedPart(part, bytes, last ? part.end() : Math.max(part.offset(), blockStart));
  }

  /** Digests blocks that lie in more than one part, as far as this one goes. */
  private void digestBorder(Part part, byte[] bytes) throws IOException {
    if (border != null) {
      feedBorder(part, bytes, part.offset(), Math.min(part.end(), border.feedEnd()));
      if (border.position() == border.feedEnd()) {
        border.finish();
        border = null;
      }
    }
    long blockStart = part.end() - part.end() % BlockDigests.BLOCK_SIZE;
    if (border == null && blockStart < part.end() && part.end() < digests.diskSize()) {
      border = new PartDigester(digests, blockStart, part.end());
      feedBorder(part, bytes, blockStart, part.end());
    }
  }

  private void feedBorder(Part part, byte[] bytes, long from, long to) throws IOException {
    if (bytes == null) {
      border.zeros(to - from);
    } else {
      int length = Math.toIntExact(to - from);
      border.data(ByteBuffer.wrap(bytes, Math.toIntExact(from - part.offset()), length));
    }
  }

  /** The object may end before the disk does, by zeros. */
  private void digestEnd() throws IOException {
    if (border != null) {
      border.zeros(border.feedEnd() - border.position());
      border.finish();
      border = null;
    }
  }

  @Override
  public void close() {
    windows.close();
  }
}
