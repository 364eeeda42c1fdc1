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
import java.util.concurrent.atomic.LongAdder;
import java.util.zip.DataFormatException;

/**
 * Reads compressed clusters. Each thread borrows a reader, of which there are as many as there were
 * threads at once, with memory for a cluster and for one read of the source. A reader remembers the
 * cluster it decompressed last, for those who take a large cluster in pieces.
 *
 * <p>Thread-safe.
 */
final class CompressedClusters implements AutoCloseable {
  private static final int PAGE = 4096;

  private final RandomAccessSource source;
  private final Qcow2Header header;
  private final boolean nativeInflate;
  private final int windowSize;
  private final LongAdder decodeNanos = new LongAdder();

  /** Clusters. */
  private final LongAdder decoded = new LongAdder();

  private final Deque<Reader> idle = new ArrayDeque<>();
  private boolean closed;

  /**
   * @param nativeInflate whether libdeflate may be used, if there is one
   */
  CompressedClusters(RandomAccessSource source, Qcow2Header header, boolean nativeInflate) {
    this.source = source;
    this.header = header;
    this.nativeInflate = nativeInflate;
    this.windowSize = Math.max(source.readSize(), 2 * (int) header.clusterSize());
  }

  /** Time spent on decompressing. */
  long decodeNanos() {
    return decodeNanos.sum();
  }

  /** Guest bytes that came of it. */
  long decodedBytes() {
    return decoded.sum() * header.clusterSize();
  }

  /** Buffers and decompressor of one thread. */
  private final class Reader {
    private static final long NONE = -1;

    private final ClusterDecompressor decompressor =
        ClusterDecompressor.of(header.compressionType(), nativeInflate);
    private final ByteBuffer cluster = ByteBuffer.allocateDirect((int) header.clusterSize());
    private long held = NONE;

    /** Bytes of the file from {@link #windowStart} on. */
    private ByteBuffer window = ByteBuffer.allocateDirect(0);

    private long windowStart;

    /** Decompresses into {@code target}, which is exactly one cluster. */
    private void decompress(CompressedDescriptor descriptor, Span span, ByteBuffer target)
        throws IOException {
      ByteBuffer compressed = read(descriptor, span);
      int available = compressed.remaining();
      long start = System.nanoTime();
      try {
        decompressor.decompress(compressed, target);
        decodeNanos.add(System.nanoTime() - start);
        decoded.increment();
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

    /** The descriptor's bytes, out of the span's. */
    private ByteBuffer read(CompressedDescriptor descriptor, Span span) throws IOException {
      long start = descriptor.offset();
      long end = Math.min(start + descriptor.length(), source.size());
      if (start < windowStart || end > windowStart + window.limit()) {
        int length = (int) (Math.min(span.end, source.size()) - span.start);
        if (window.capacity() < length) {
          // a slice of whole pages: of less than two, none might be left
          int one = Math.max(PAGE, 2 * (int) header.clusterSize());
          // the kernel copies to aligned addresses in a third of the time
          window =
              ByteBuffer.allocateDirect((length <= one ? one : windowSize) + PAGE)
                  .alignedSlice(PAGE);
        }
        windowStart = span.start;
        // nothing, if the read fails
        window.limit(0);
        source.readFully(span.start, window.duplicate().clear().limit(length));
        window.limit(length);
      }
      return window
          .duplicate()
          .position((int) (start - windowStart))
          .limit((int) (end - windowStart));
    }

    private void hold(long entry, Span span) throws IOException {
      if (held != entry) {
        held = NONE;
        decompress(decode(entry), span, cluster.clear());
        held = entry;
      }
    }
  }

  /**
   * A stretch of the file in which compressed clusters lie, worth reading in one piece. Neighbours
   * on the guest disk are neighbours in the file, for most writers in the same order.
   */
  private final class Span {
    private long start = Long.MAX_VALUE;
    private long end;
    private long wanted;

    /** Whether the cluster is near enough; it is in, then. The first one always is. */
    boolean add(CompressedDescriptor descriptor) {
      long first = Math.min(start, descriptor.offset());
      long last = Math.max(end, descriptor.offset() + descriptor.length());
      long useful = wanted + descriptor.length();
      boolean near = last - first <= windowSize && last - first <= useful + useful / 4;
      if (wanted > 0 && !near) {
        return false;
      }
      start = first;
      end = last;
      wanted = useful;
      return true;
    }
  }

  private CompressedDescriptor decode(long entry) {
    return CompressedDescriptor.decode(entry, header.clusterBits());
  }

  /**
   * Puts the bytes of the compressed cluster at {@code guestOffset}, and of those that follow as
   * long as one read of the file has them all.
   *
   * @param end guest offset where to end, at the latest
   * @return how many bytes were put
   * @throws ImportException {@code QCOW2_COMPRESSED_DATA}, {@code SOURCE_TRUNCATED}
   */
  int read(ClusterMap map, long guestOffset, long end, ByteBuffer target) throws IOException {
    Span span = new Span();
    long stop = guestOffset;
    while (stop < end) {
      ClusterRun run = map.at(stop, end);
      if (run.kind() != ClusterRun.Kind.COMPRESSED || !span.add(decode(run.host()))) {
        break;
      }
      stop += run.length();
    }
    long offset = guestOffset;
    Reader reader = borrow(map.at(offset, end).host());
    try {
      while (offset < stop) {
        ClusterRun run = map.at(offset, end);
        int inCluster = (int) (offset & header.clusterSize() - 1);
        put(reader, run.host(), span, inCluster, (int) run.length(), target);
        offset += run.length();
      }
    } finally {
      giveBack(reader);
    }
    return (int) (stop - guestOffset);
  }

  private void put(
      Reader reader, long entry, Span span, int inCluster, int length, ByteBuffer target)
      throws IOException {
    if (length == header.clusterSize() && target.isDirect()) {
      int limit = target.limit();
      target.limit(target.position() + length);
      reader.decompress(decode(entry), span, target);
      target.limit(limit);
    } else {
      reader.hold(entry, span);
      target.put(reader.cluster.duplicate().clear().slice(inCluster, length));
    }
  }

  /** Decompresses a cluster only to see that it can be. */
  void check(CompressedDescriptor descriptor) throws IOException {
    Span span = new Span();
    span.add(descriptor);
    Reader reader = borrow(Reader.NONE);
    try {
      reader.held = Reader.NONE;
      reader.decompress(descriptor, span, reader.cluster.clear());
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
