package io.drover.routes.e2e;

import io.drover.converter.storage.RandomAccessSource;
import io.drover.converter.storage.SourceIdentity;
import java.io.IOException;
import java.nio.ByteBuffer;

/** A source that tells before each read, and before it is compared with what it was. */
final class WatchedSource implements RandomAccessSource {
  private final RandomAccessSource source;
  private final Watcher watcher;

  /** Told that something is about to be read, by whoever reads. */
  @FunctionalInterface
  interface Watcher {
    void beforeRead() throws IOException;
  }

  WatchedSource(RandomAccessSource source, Watcher watcher) {
    this.source = source;
    this.watcher = watcher;
  }

  @Override
  public void readFully(long offset, ByteBuffer target) throws IOException {
    watcher.beforeRead();
    source.readFully(offset, target);
  }

  @Override
  public String uri() {
    return source.uri();
  }

  @Override
  public long size() {
    return source.size();
  }

  @Override
  public SourceIdentity identity() {
    return source.identity();
  }

  @Override
  public long nextData(long offset) throws IOException {
    return source.nextData(offset);
  }

  @Override
  public long nextHole(long offset) throws IOException {
    return source.nextHole(offset);
  }

  @Override
  public void requireUnchanged() throws IOException {
    watcher.beforeRead();
    source.requireUnchanged();
  }

  @Override
  public void close() throws IOException {
    source.close();
  }
}
