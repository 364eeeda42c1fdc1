package io.drover.converter.qcow2;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.error.Printable;
import io.drover.converter.storage.RandomAccessSource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.zip.DataFormatException;

/**
 * Reads compressed clusters. Each thread borrows a reader, of which there are as many as there were
 * threads at once: three clusters of memory each, of 2 MiB at most. A reader remembers the cluster
 * it decompressed last, for those who take a large cluster in pieces.
 *
 * <p>Thread-safe.
 */
final class CompressedClusters implements AutoCloseable {
  private final RandomAccessSource source;
  private final Qcow2Header header;
  private final Deque<Reader> idle = new ArrayDeque<>();
  private boolean closed;

  CompressedClusters(RandomAccessSource source, Qcow2Header header) {
    this.source = source;
    this.header = header;
  }

  /** Buffers and decompressor of one thread. */
  private final class Reader {
    private static final long NONE = -1;

    private final ClusterDecompressor decompressor =
        ClusterDecompressor.of(header.compressionType());
    private final ByteBuffer compressed = ByteBuffer.allocateDirect(2 * (int) header.clusterSize());
    private final ByteBuffer cluster = ByteBuffer.allocateDirect((int) header.clusterSize());
    private long held = NONE;

    /** Decompresses into {@code target}, which is exactly one cluster. */
    private void decompress(CompressedDescriptor descriptor, ByteBuffer target) throws IOException {
      long available = Math.min(descriptor.length(), source.size() - descriptor.offset());
      compressed.clear().limit((int) available);
      source.readFully(descriptor.offset(), compressed);
      compressed.flip();
      try {
        decompressor.decompress(compressed, target);
      } catch (DataFormatException e) {
        boolean cut = available < descriptor.length();
        throw ImportException.refused(
            cut ? ErrorCode.SOURCE_TRUNCATED : ErrorCode.QCOW2_COMPRESSED_DATA,
            descriptor.offset(),
            "decompress the cluster at offset "
                + descriptor.offset()
                + " ("
                + available
                + " bytes): "
                + Printable.text(e.getMessage())
                + (cut ? "; the file ends inside it, so it was cut: copy it again" : ""),
            e);
      }
    }

    private void hold(long entry) throws IOException {
      if (held != entry) {
        held = NONE;
        decompress(decode(entry), cluster.clear());
        held = entry;
      }
    }
  }

  private CompressedDescriptor decode(long entry) {
    return CompressedDescriptor.decode(entry, header.clusterBits());
  }

  /**
   * Puts {@code length} bytes from {@code inCluster} on of the cluster of an L2 entry.
   *
   * @throws ImportException {@code QCOW2_COMPRESSED_DATA}, {@code SOURCE_TRUNCATED}
   */
  void read(long entry, int inCluster, int length, ByteBuffer target) throws IOException {
    Reader reader = borrow(entry);
    try {
      if (length == header.clusterSize() && target.isDirect()) {
        int limit = target.limit();
        target.limit(target.position() + length);
        reader.decompress(decode(entry), target);
        target.limit(limit);
      } else {
        reader.hold(entry);
        target.put(reader.cluster.duplicate().clear().slice(inCluster, length));
      }
    } finally {
      giveBack(reader);
    }
  }

  /** Decompresses a cluster only to see that it can be. */
  void check(CompressedDescriptor descriptor) throws IOException {
    Reader reader = borrow(Reader.NONE);
    try {
      reader.held = Reader.NONE;
      reader.decompress(descriptor, reader.cluster.clear());
    } finally {
      giveBack(reader);
    }
  }

  private synchronized Reader borrow(long entry) throws IOException {
    if (closed) {
      throw new IOException("the image is closed");
    }
    for (Iterator<Reader> readers = idle.iterator(); readers.hasNext(); ) {
      Reader reader = readers.next();
      if (reader.held == entry) {
        readers.remove();
        return reader;
      }
    }
    return idle.isEmpty() ? new Reader() : idle.pop();
  }

  private synchronized void giveBack(Reader reader) {
    if (closed) {
      reader.decompressor.close();
    } else {
      idle.push(reader);
    }
  }

  @Override
  public synchronized void close() {
    closed = true;
    idle.forEach(reader -> reader.decompressor.close());
    idle.clear();
  }
}
