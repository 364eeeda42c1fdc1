package io.drover.converter.storage;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Bytes at rest that can be read at any offset: a local file, later an object or a URL with ranges.
 *
 * <p>Implementations are thread-safe: several lanes read one source at the same time.
 */
public interface RandomAccessSource extends Closeable {
  /** How messages and the manifest name it; may hold hostile text, so escape it before printing. */
  String uri();

  /** Length in bytes, fixed when the source was opened. */
  long size();

  /** What tells this source from a later one of the same name. */
  SourceIdentity identity();

  /**
   * Fills {@code target} (its remaining bytes) from {@code offset}. Never returns short.
   *
   * @throws io.drover.converter.error.ImportException {@code SOURCE_TRUNCATED} where the source
   *     ends early, {@code SOURCE_READ_ERROR} with the offset where it cannot be read
   */
  void readFully(long offset, ByteBuffer target) throws IOException;

  /**
   * Bytes that are best read at a time, at least 1 MiB: more where every read is a request, and
   * costs its way there and back.
   */
  default int readSize() {
    return 1 << 20;
  }

  /**
   * The first offset at or after {@code offset} that may hold anything but zeros, or {@link
   * #size()}. A source that does not know its holes answers {@code offset} itself.
   */
  default long nextData(long offset) throws IOException {
    return Math.min(offset, size());
  }

  /**
   * The first offset at or after {@code offset} from which the source knows that it holds zeros, or
   * {@link #size()}.
   */
  default long nextHole(long offset) throws IOException {
    return size();
  }

  /** Bytes of storage that the source takes, fewer than its size if it has holes. */
  default long allocatedSize() {
    return size();
  }

  /**
   * Compares the source with what it was when opened.
   *
   * @throws io.drover.converter.error.ImportException {@code SOURCE_CHANGED} if it differs
   */
  void requireUnchanged() throws IOException;
}
