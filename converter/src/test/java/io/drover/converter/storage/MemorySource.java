package io.drover.converter.storage;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/**
 * Bytes in memory as a source, strict: it refuses use after close and reads beyond what it holds,
 * records every read, and can fail where a test wants it.
 */
public final class MemorySource implements RandomAccessSource {
  /** One call of {@link #readFully}. */
  public record Read(long offset, int length) {}

  private final byte[] content;
  private final List<Read> reads = Collections.synchronizedList(new ArrayList<>());
  private volatile long failFrom = Long.MAX_VALUE;
  private volatile boolean changed;
  private volatile boolean closed;

  public MemorySource(byte[] content) {
    this.content = content.clone();
  }

  /** The first {@code length} bytes of the content, as a cut copy would hold them. */
  public static MemorySource cut(byte[] content, int length) {
    return new MemorySource(java.util.Arrays.copyOf(content, length));
  }

  /** Reads that touch a byte at or after {@code offset} fail from now on. */
  public MemorySource failFrom(long offset) {
    failFrom = offset;
    return this;
  }

  /** From now on the source differs from what it was when opened. */
  public void change() {
    changed = true;
  }

  public List<Read> reads() {
    synchronized (reads) {
      return List.copyOf(reads);
    }
  }

  public boolean closed() {
    return closed;
  }

  @Override
  public String uri() {
    return "memory:";
  }

  @Override
  public long size() {
    return content.length;
  }

  @Override
  public SourceIdentity identity() {
    return new SourceIdentity(Map.of("memory", Integer.toString(System.identityHashCode(this))));
  }

  @Override
  public void readFully(long offset, ByteBuffer target) throws IOException {
    if (closed) {
      throw new IllegalStateException("read of a closed source");
    }
    reads.add(new Read(offset, target.remaining()));
    long end = offset + target.remaining();
    if (end > failFrom) {
      throw ImportException.failed(
          ErrorCode.SOURCE_READ_ERROR, failFrom, "as the test wants it", new IOException("EIO"));
    }
    if (offset < 0 || end > content.length) {
      throw ImportException.refused(
          ErrorCode.SOURCE_TRUNCATED, content.length, "read " + offset + " to " + end);
    }
    target.put(content, (int) offset, target.remaining());
  }

  @Override
  public void requireUnchanged() throws IOException {
    if (changed) {
      throw ImportException.refused(ErrorCode.SOURCE_CHANGED, "as the test wants it");
    }
  }

  @Override
  public void close() {
    closed = true;
  }
}
