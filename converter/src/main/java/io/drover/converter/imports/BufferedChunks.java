package io.drover.converter.imports;

import io.drover.converter.plan.Part;
import java.nio.ByteBuffer;
import java.util.Iterator;
import java.util.NoSuchElementException;

/** The chunks of a part whose bytes are in memory already: slices of its buffer. */
final class BufferedChunks implements Iterator<Chunk> {
  private final Part part;
  private final byte[] buffer;
  private final int chunkSize;
  private long position;

  BufferedChunks(Part part, byte[] buffer, int clusterSize) {
    this.part = part;
    this.buffer = buffer;
    this.chunkSize = ChunkReader.chunkSize(clusterSize);
    this.position = part.offset();
  }

  @Override
  public boolean hasNext() {
    return position < part.end();
  }

  @Override
  public Chunk next() {
    if (!hasNext()) {
      throw new NoSuchElementException();
    }
    int length = (int) Math.min(part.end() - position, chunkSize - position % chunkSize);
    int at = Math.toIntExact(position - part.offset());
    Chunk chunk = new Chunk.Data(position, ByteBuffer.wrap(buffer, at, length).slice());
    position += length;
    return chunk;
  }
}
