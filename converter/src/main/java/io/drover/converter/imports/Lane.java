package io.drover.converter.imports;

import io.drover.converter.digest.PartDigester;
import io.drover.converter.image.Zeros;
import io.drover.converter.metadata.DataClusters;
import io.drover.converter.plan.Part;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Iterator;

/**
 * One part on its way: its chunks are read, searched for zeros, digested and given to the part's
 * sink, which sends them when the part is full, or has the server fill it with zeros. Running a
 * part again gives the same result. Thread-confined; {@link #close()} gives the buffer back,
 * whatever happened.
 */
public final class Lane implements AutoCloseable {
  private final ImportSession session;
  private final Part part;
  private final PartSink sink;
  private final byte[] buffer;
  private final int clusterSize;
  private final DataClusters clusters;
  private final PartDigester digester;
  private final Counters counters;
  private long data;
  private boolean closed;

  Lane(ImportSession session, Part part, PartSink sink, Counters counters) {
    this.session = session;
    this.part = part;
    this.sink = sink;
    this.buffer = sink.buffer();
    this.clusters = session.clusters();
    this.clusterSize = clusters.clusterSize();
    this.digester = new PartDigester(session.digests(), part.offset(), part.end());
    this.counters = counters;
  }

  public Part part() {
    return part;
  }

  /** The part's chunks, read as they are asked for. */
  public Iterator<Chunk> chunks() {
    return new ChunkReader(
        session.image(),
        part.offset(),
        part.end(),
        clusterSize,
        (offset, length) -> ByteBuffer.wrap(buffer, at(offset), length).slice(),
        counters::addRead);
  }

  /**
   * Takes the next chunk.
   *
   * @throws io.drover.converter.error.ImportException the reason, if the import was stopped
   */
  public void write(Chunk chunk) throws IOException {
    session.requireGoing();
    if (chunk instanceof Chunk.Zero) {
      sink.zeros(at(chunk.offset()), chunk.length());
      digester.zeros(chunk.length());
      counters.addZero(chunk.length());
    } else if (chunk instanceof Chunk.Data data) {
      writeData(data);
    } else {
      throw new AssertionError(chunk);
    }
  }

  /** Sends the part. */
  public void finish() throws IOException {
    digestOn();
    digester.finish();
    session.requireGoing();
    session.deliver(part, sink, data);
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      session.leave(buffer);
    }
  }

  private void writeData(Chunk.Data chunk) throws IOException {
    int start = at(chunk.offset());
    int end = start + (int) chunk.length();
    int from = start;
    while (from < end) {
      boolean zero = Zeros.only(buffer, from, clusterEnd(from, end));
      int to = clusterEnd(from, end);
      while (to < end && Zeros.only(buffer, to, clusterEnd(to, end)) == zero) {
        to = clusterEnd(to, end);
      }
      if (zero) {
        digester.zeros(to - from);
        counters.addZero(to - from);
      } else {
        digester.data(ByteBuffer.wrap(buffer, from, to - from));
        clusters.mark(part.offset() + from, to - from);
        counters.addData(to - from);
        data += to - from;
      }
      from = to;
    }
  }

  /** Index in the buffer where the cluster that holds {@code index} ends, at most {@code limit}. */
  private int clusterEnd(int index, int limit) {
    long offset = part.offset() + index;
    return (int) Math.min(limit, index + clusterSize - offset % clusterSize);
  }

  /** Reads on to the end of the last block that begins in this part; the next part sends that. */
  private void digestOn() throws IOException {
    if (digester.position() == digester.feedEnd()) {
      return;
    }
    ChunkReader rest =
        new ChunkReader(
            session.image(),
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

  private int at(long guestOffset) {
    return Math.toIntExact(guestOffset - part.offset());
  }
}
