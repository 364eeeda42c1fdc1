package io.drover.converter.imports;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.object.ForwardingBody;
import io.drover.converter.object.ForwardingUpload;
import io.drover.converter.object.MultipartUpload;
import io.drover.converter.object.PartBody;
import io.drover.converter.object.StoredObject;
import io.drover.converter.object.UploadedPart;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;

/**
 * When bytes of an import moved last, and on which side the next ones are waited for. What the
 * server does on its own, such as filling zeros, moves no bytes and has its time limits elsewhere.
 * Thread-safe.
 */
final class Activity {
  private final LongSupplier bytesRead;
  private final AtomicInteger sending = new AtomicInteger();
  private final AtomicInteger pulling = new AtomicInteger();
  private final AtomicInteger copying = new AtomicInteger();
  private final AtomicInteger waiting = new AtomicInteger();
  private volatile long movedAt = System.nanoTime();
  private long lastRead;

  /** Something that takes its time, and may fail. */
  @FunctionalInterface
  private interface Step<T> {
    T run() throws IOException;
  }

  /**
   * @param bytesRead of the source, so far
   */
  Activity(LongSupplier bytesRead) {
    this.bytesRead = bytesRead;
  }

  private void moved() {
    movedAt = System.nanoTime();
  }

  /** Waits for room in memory, which other imports may hold. */
  byte[] room(MemoryBudget budget, int size) throws InterruptedException {
    waiting.incrementAndGet();
    try {
      return budget.acquire(size);
    } finally {
      waiting.decrementAndGet();
      moved();
    }
  }

  private <T> T within(AtomicInteger side, Step<T> step) throws IOException {
    side.incrementAndGet();
    moved();
    try {
      return step.run();
    } finally {
      side.decrementAndGet();
      moved();
    }
  }

  /**
   * Who is waited for, if nothing has moved for so long while parts are on their way. To be asked
   * now and then, since it looks whether anything was read since the last time.
   *
   * @param source named to people
   * @param destination named to people
   */
  synchronized Optional<ImportException> stalled(
      Duration limit, String source, String destination) {
    long read = bytesRead.getAsLong();
    if (read != lastRead) {
      lastRead = read;
      moved();
    }
    Duration still = Duration.ofNanos(System.nanoTime() - movedAt);
    if (still.compareTo(limit) < 0) {
      return Optional.empty();
    }
    // a part that is too large to be held is read as it is sent
    if (sending.get() > pulling.get()) {
      return Optional.of(
          ImportException.resumable(
              ErrorCode.TARGET_UNAVAILABLE,
              "the S3 server of "
                  + destination
                  + " has taken no byte for "
                  + still.toSeconds()
                  + " s; waiting for it",
              null));
    }
    if (copying.get() > 0 || waiting.get() > 0) {
      return Optional.empty();
    }
    return Optional.of(
        ImportException.resumable(
            ErrorCode.SOURCE_READ_ERROR,
            "the source "
                + source
                + " has given no byte for "
                + still.toSeconds()
                + " s; waiting for it: look at its disk, mount or server, or stop the import",
            null));
  }

  /** The same upload, its bytes seen as they are taken. */
  MultipartUpload watch(MultipartUpload upload) {
    return new Watched(upload);
  }

  private final class Watched extends ForwardingUpload {
    Watched(MultipartUpload upload) {
      super(upload);
    }

    @Override
    public UploadedPart upload(int number, PartBody body) throws IOException {
      return within(sending, () -> upload().upload(number, new WatchedBody(body)));
    }

    @Override
    public UploadedPart copy(int number, StoredObject source, long offset, long length, int crc32c)
        throws IOException {
      return within(copying, () -> upload().copy(number, source, offset, length, crc32c));
    }

    @Override
    public StoredObject commit(List<UploadedPart> parts) throws IOException {
      return upload().commit(parts);
    }

    @Override
    public void close() throws IOException {
      upload().close();
    }
  }

  private final class WatchedBody extends ForwardingBody {
    WatchedBody(PartBody body) {
      super(body);
    }

    @Override
    public InputStream open() throws IOException {
      return new FilterInputStream(body().open()) {
        @Override
        public int read() throws IOException {
          return within(pulling, in::read);
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
          return within(pulling, () -> in.read(target, offset, length));
        }
      };
    }
  }
}
