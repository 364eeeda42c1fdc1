package io.drover.converter.imports;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A disk from its first byte to its last, in windows that are read while earlier ones are used:
 * several at a time where every read is a request. Its windows come on top of the budget for parts;
 * there are few of them. Thread-confined.
 */
final class ReadAhead implements Closeable {
  /** For sources whose reads are requests: as much in flight as a fast network wants. */
  private static final int REQUEST_WINDOW = 4 << 20;

  private static final int REQUESTS = 6;

  /** For files and streams: the system reads ahead by itself. */
  private static final int LOCAL_WINDOW = 1 << 20;

  private static final long LOOK_MILLIS = 100;

  /** Fills a window from the disk's offset; gives fewer bytes only at the disk's end. */
  @FunctionalInterface
  interface Reader {
    int read(long offset, byte[] window) throws IOException;
  }

  private final Reader reader;
  private final long end;
  private final Patience.Watcher watcher;
  private final ExecutorService threads;
  private final Deque<Future<ByteBuffer>> coming = new ArrayDeque<>();
  private final Deque<byte[]> idle = new ArrayDeque<>();
  private final int windowSize;
  private long asked;
  private boolean ended;
  private byte[] current;

  private ReadAhead(
      Reader reader, long end, int windows, int windowSize, int threads, Patience.Watcher watcher) {
    this.reader = reader;
    this.end = end;
    this.windowSize = windowSize;
    this.watcher = watcher;
    this.threads =
        Executors.newFixedThreadPool(
            threads,
            task -> {
              Thread thread = new Thread(LogContext.carried(task), "read-ahead");
              thread.setDaemon(true);
              return thread;
            });
    for (int window = 0; window < windows; window++) {
      idle.add(new byte[(int) Math.min(windowSize, end)]);
    }
  }

  /**
   * Of a disk of known size, in any order.
   *
   * @param requests whether every read is a request
   */
  static ReadAhead random(Reader reader, long size, boolean requests, Patience.Watcher watcher) {
    return requests
        ? new ReadAhead(reader, size, REQUESTS + 1, REQUEST_WINDOW, REQUESTS, watcher)
        : new ReadAhead(reader, size, 3, LOCAL_WINDOW, 1, watcher);
  }

  /** Of a stream, whose end shows by a window that is not full. */
  static ReadAhead sequential(Reader reader, Patience.Watcher watcher) {
    return new ReadAhead(reader, Long.MAX_VALUE, 3, LOCAL_WINDOW, 1, watcher);
  }

  /**
   * The next bytes, valid until the next call; none at the end.
   *
   * @throws ImportException the reason, if the import was stopped
   */
  ByteBuffer next() throws IOException {
    if (current != null) {
      idle.add(current);
      current = null;
    }
    while (!ended && asked < end && !idle.isEmpty()) {
      long offset = asked;
      byte[] window = idle.poll();
      asked += Math.min(window.length, end - offset);
      coming.add(threads.submit(() -> read(offset, window)));
    }
    if (coming.isEmpty()) {
      return ByteBuffer.allocate(0);
    }
    // one that fails stays the first: what follows it is never taken for it
    ByteBuffer window = await(coming.peek());
    coming.remove();
    current = window.array();
    ended |= window.remaining() < windowSize;
    return window;
  }

  private ByteBuffer read(long offset, byte[] window) throws IOException {
    return ByteBuffer.wrap(window, 0, reader.read(offset, window));
  }

  private ByteBuffer await(Future<ByteBuffer> window) throws IOException {
    while (true) {
      try {
        // a pipe that nobody writes to must not keep an import that was stopped
        watcher.requireGoing();
        return window.get(LOOK_MILLIS, TimeUnit.MILLISECONDS);
      } catch (TimeoutException e) {
        continue;
      } catch (ExecutionException e) {
        if (e.getCause() instanceof IOException failure) {
          throw failure;
        }
        throw new IllegalStateException(e.getCause());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw ImportException.resumable(ErrorCode.CANCELLED, "interrupted", e);
      }
    }
  }

  @Override
  public void close() {
    // not interrupted: that would close a channel that others read
    threads.shutdown();
    coming.forEach(window -> window.cancel(false));
  }
}
