package io.drover.converter.imports;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.error.Printable;
import io.drover.converter.object.ByteArrayBody;
import io.drover.converter.object.ObjectLocation;
import io.drover.converter.object.ObjectStore;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The checkpoint object of a destination. Written by one thread at a time, and so seldom that
 * writing takes no more than a fiftieth of the time. Thread-safe.
 */
final class CheckpointFile {
  /** Without a new one for so long, nobody is at work any more. */
  static final Duration SILENCE = Duration.ofMinutes(15);

  private static final long LEAST_PAUSE_NANOS = Duration.ofSeconds(2).toNanos();
  private static final long HEARTBEAT_NANOS = Duration.ofMinutes(2).toNanos();
  private static final int PAUSE_PER_WRITING = 50;
  private static final Logger LOG = LoggerFactory.getLogger(CheckpointFile.class);

  private final ObjectStore store;
  private final ObjectLocation location;
  private final Map<String, String> tags;
  private final Timing timing;
  private final RequestLock writing;
  private volatile long writtenAt;
  private volatile long dueAt;
  private volatile boolean warned;
  private volatile boolean ended;

  /** Makes the bytes of a checkpoint. */
  @FunctionalInterface
  interface Content {
    byte[] make();
  }

  CheckpointFile(ObjectStore store, ImportRequest request, Timing timing) {
    this.store = store;
    this.timing = timing;
    this.writing = new RequestLock(timing);
    this.location = request.destination().object(Checkpoint.NAME);
    this.tags = TargetState.tags(request);
  }

  /**
   * What lies at a destination.
   *
   * @param checkpoint empty if it is there and cannot be read
   * @param age since it was written, by the server's clock
   */
  record Found(Optional<Checkpoint> checkpoint, Duration age) {
    /** The checkpoint, if an earlier run of this import wrote it. */
    Optional<Checkpoint> of(ImportRequest request) {
      return checkpoint.filter(found -> found.isOf(request));
    }

    /** Whether somebody may be at work on it. */
    boolean alive() {
      return checkpoint
          .map(found -> found.running() && age.compareTo(SILENCE) < 0 && !found.worker().gone())
          .orElse(false);
    }
  }

  /** Looks for one; a damaged one is said to be so, once. */
  static Optional<Found> find(ObjectStore store, Destination destination) throws IOException {
    ObjectLocation location = destination.object(Checkpoint.NAME);
    Optional<Duration> age = store.age(location);
    if (age.isEmpty()) {
      return Optional.empty();
    }
    try {
      Optional<byte[]> json = store.get(location, CheckpointJson.MAX_BYTES);
      if (json.isEmpty()) {
        return Optional.empty();
      }
      return Optional.of(new Found(Optional.of(CheckpointJson.read(json.get())), age.get()));
    } catch (ImportException e) {
      if (e.code() != ErrorCode.TARGET_CORRUPTED) {
        throw e;
      }
      LOG.warn("{} is no checkpoint: {}", Printable.text(location.uri(), 1100), e.getMessage());
      return Optional.of(new Found(Optional.empty(), age.get()));
    }
  }

  /** Writes one now; its failure is the caller's. */
  void write(Content content) throws IOException {
    writing.lock();
    try {
      if (ended) {
        return;
      }
      long start = timing.nanoTime();
      store.put(location, new ByteArrayBody(content.make()), tags, false);
      long end = timing.nanoTime();
      writtenAt = end;
      dueAt = end + Math.max(LEAST_PAUSE_NANOS, PAUSE_PER_WRITING * (end - start));
    } finally {
      writing.unlock();
    }
  }

  /** Writes one if it is time and nobody else does; a failure costs some reading later, no more. */
  void writeIfDue(Content content) {
    if (timing.nanoTime() - dueAt >= 0 && writing.tryLock()) {
      try {
        tryWrite(content);
      } finally {
        writing.unlock();
      }
    }
  }

  /**
   * Writes one if there was none for a while, so that all see that somebody is at work; also where
   * writing is so slow that it would not be due for long.
   */
  void beat(Content content) {
    if (timing.nanoTime() - writtenAt >= HEARTBEAT_NANOS && writing.tryLock()) {
      try {
        tryWrite(content);
      } finally {
        writing.unlock();
      }
    }
  }

  /** Writes one; a failure costs some reading later, no more. */
  void tryWrite(Content content) {
    try {
      write(content);
      warned = false;
    } catch (IOException e) {
      dueAt = timing.nanoTime() + 5 * LEAST_PAUSE_NANOS;
      if (!warned) {
        warned = true;
        LOG.warn(
            "{} cannot be written, so that more would be read again: {}",
            Printable.text(location.uri(), 1100),
            e.getMessage());
      }
    }
  }

  /**
   * Writes none any more, and waits for one that is on its way: it must not come back after whoever
   * ends the import has removed it.
   */
  void end() {
    try {
      writing.lock();
    } catch (ImportException e) {
      // interrupted, which is kept for later; what is on its way may arrive
      ended = true;
      return;
    }
    ended = true;
    writing.unlock();
  }
}
