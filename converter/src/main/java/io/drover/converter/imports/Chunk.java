package io.drover.converter.imports;

import java.nio.ByteBuffer;

/**
 * The unit of flow inside a lane: a cluster of data (clusters below 64 KiB travel together, up to
 * that), or a run of clusters that are zero by the source's metadata.
 */
public sealed interface Chunk {
  /** Guest offset of the first byte; a multiple of the cluster size. */
  long offset();

  /** Bytes; a multiple of the cluster size but at the end of the disk. */
  long length();

  /**
   * Guest bytes, which may be zero all the same.
   *
   * @param bytes a view into the lane's window: valid until the lane asks for its next chunk
   */
  record Data(long offset, ByteBuffer bytes) implements Chunk {
    @Override
    public long length() {
      return bytes.remaining();
    }
  }

  /** Zeros that were not read. */
  record Zero(long offset, long length) implements Chunk {}
}
