package io.drover.converter.imports;

import io.drover.converter.digest.PartDigester;
import io.drover.converter.image.Zeros;
import io.drover.converter.metadata.DataClusters;
import io.drover.converter.plan.Part;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;

/**
 * One part on its way: its chunks are read, searched for zeros, digested and given to the part's
 * sink, which sends them when the part is full, or has the server fill it with zeros. Running a
 * part again gives the same result. Thread-confined; {@link #close()} gives the buffer back,
 * whatever happened.
 */
public final class Lane implements AutoCloseable {
  /** Of work that turned out to be none. */
  static final Lane IDLE = new Lane();

  private final Lanes lanes;
  private final Part part;
  private final PartSink sink;
  private final byte[] buffer;
  private final int clusterSize;
  private final DataClusters clusters;
  private final PartDigester digester;
  private final Counters counters;

  /** Whether the part's bytes are in the buffer already. */
  private final boolean filled;

  private long data;
  private boolean closed;

  Lane(Lanes lanes, Part part, PartSink sink, Counters counters) {
    this(lanes, part, sink, counters, part.end(), false);
  }

  /** For a part that was read by a scan, which digests what goes on behind {@code digestEnd}. */
  Lane(Lanes lanes, ScannedPart scanned, PartSink sink, Counters counters) {
    this(lanes, scanned.part(), sink, counters, scanned.digestEnd(), true);
  }

  private Lane(
      Lanes lanes, Part part, PartSink sink, Counters counters, long digestEnd, boolean filled) {
    this.lanes = lanes;
    this.part = part;
    this.sink = sink;
    this.buffer = sink.buffer();
    this.clusters = lanes.clusters();
    this.clusterSize = clusters.clusterSize();
    this.digester = new PartDigester(lanes.digests(), part.offset(), digestEnd);
    this.counters = counters;
    this.filled = filled;
  }

  private Lane() {
    lanes = null;
    part = null;
    sink = null;
    buffer = null;
    clusterSize = 0;
    clusters = null;
    digester = null;
    counters = null;
    filled = true;
    closed = true;
  }

  /** The part's chunks, read as they are asked for. */
  public Iterator<Chunk> chunks() {
    if (part == null) {
      return Collections.emptyIterator();
    }
    if (filled) {
      return buffer == null
          ? List.<Chunk>of(new Chunk.Zero(part.offset(), part.length())).iterator()
          : new BufferedChunks(part, buffer, clusterSize);
    }
    return new ChunkReader(
        lanes.image(), part.offset(), part.end(), clusterSize, sink::target, counters::addRead);
  }

  /**
   * Takes the next chunk.
   *
   * @throws io.drover.converter.error.ImportException the reason, if the import was stopped
   */
  public void write(Chunk chunk) throws IOException {
    lanes.requireGoing();
    if (chunk instanceof Chunk.Zero) {
      sink.zeros(chunk.offset(), chunk.length());
      digester.zeros(Math.min(chunk.length(), digestible()));
      counters.addZero(chunk.length());
    } else if (chunk instanceof Chunk.Data data) {
      writeData(data);
    } else {
      throw new AssertionError(chunk);
    }
  }

  /** Bytes that this lane still digests: a scan does the rest. */
  private long digestible() {
    return digester.feedEnd() - digester.position();
  }

  /** Sends the part. */
  public void finish() throws IOException {
    if (part == null) {
      return;
    }
    digestOn();
    digester.finish();
    lanes.requireGoing();
    lanes.deliver(part, sink, data);
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      lanes.leave(buffer);
    }
  }

  private void writeData(Chunk.Data chunk) throws IOException {
    byte[] bytes = chunk.bytes().array();
    int start = chunk.bytes().arrayOffset() + chunk.bytes().position();
    int end = start + (int) chunk.length();
    // what an index has to be raised by to be a guest offset
    long base = chunk.offset() - start;
    int from = start;
    while (from < end) {
      int to = clusterEnd(base, from, end);
      boolean zero = Zeros.only(bytes, from, to);
      while (to < end && Zeros.only(bytes, to, clusterEnd(base, to, end)) == zero) {
        to = clusterEnd(base, to, end);
      }
      if (zero) {
        digester.zeros(Math.min(to - from, digestible()));
        counters.addZero(to - from);
      } else {
        int digest = (int) Math.min(to - from, digestible());
        long begun = System.nanoTime();
        digester.data(ByteBuffer.wrap(bytes, from, digest));
        lanes.stages().add(StageTimes.Stage.HASH, System.nanoTime() - begun, digest);
        clusters.mark(base + from, to - from);
        counters.addData(to - from);
        data += to - from;
      }
      from = to;
    }
    sink.data(bytes, start, end - start);
  }

  /** Index where the cluster that holds {@code index} ends, at most {@code limit}. */
  private int clusterEnd(long base, int index, int limit) {
    return (int) Math.min(limit, index + clusterSize - (base + index) % clusterSize);
  }

  /** Reads on to the end of the last block that begins in this part; the next part sends that. */
  private void digestOn() throws IOException {
    if (filled || digester.position() == digester.feedEnd()) {
      return;
    }
    ChunkReader rest =
        new ChunkReader(
            lanes.image(),
            part.end(),
            digester.feedEnd(),
            clusterSize,
            (offset, length) -> ByteBuffer.allocate(length),
            counters::addRead);
    while (rest.hasNext()) {
      Chunk chunk = rest.next();
      if (chunk instanceof Chunk.Data data) {
        digester.data(data.bytes());
      } else {
        digester.zeros(chunk.length());
      }
    }
  }
}
