package io.drover.converter.imports;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.error.Outcome;
import io.drover.converter.error.Printable;
import io.drover.converter.object.ByteArrayBody;
import io.drover.converter.object.ObjectLocation;
import io.drover.converter.object.ObjectStore;
import io.drover.converter.object.StoredObject;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The right to write to a destination, as long as it lasts: an object beside the others, taken by a
 * conditional write and renewed every third of its duration. No two clocks are compared: whoever
 * waits for it ({@link LeaseWait}) counts by its own monotonic clock; the holder counts from before
 * its last renewal was sent, by its own. A holder that was suspended for longer looks whether it
 * still has it before it changes anything.
 *
 * <p>It keeps two workers from doing one work twice. That one import is committed once does not
 * rest on it alone: the manifest is written on condition, too.
 *
 * <p>Where the server knows no conditional writes, the object is written without, and read back:
 * two that take it in the same moment may then both work, until the one that finds the other's
 * token at its next renewal stops. Thread-safe.
 */
final class Lease {
  private static final Logger LOG = LoggerFactory.getLogger(Lease.class);
  private static final int RENEWALS_PER_DURATION = 3;

  private final ObjectStore store;
  private final Destination destination;
  private final String importId;
  private final ObjectLocation location;
  private final Timing timing;
  private volatile LeaseFile file;
  private volatile String etag;
  private boolean conditional = true;
  private volatile long renewedAt;
  private volatile ImportException lost;
  private final RequestLock renewing;
  private Runnable wakeKeeper = () -> {};
  private volatile boolean released;

  /** One that nobody has yet. */
  Lease(
      ObjectStore store,
      Destination destination,
      String importId,
      Duration duration,
      Timing timing) {
    this.store = store;
    this.destination = destination;
    this.importId = importId;
    this.location = destination.object(LeaseFile.NAME);
    this.timing = timing;
    this.renewing = new RequestLock(timing);
    this.file =
        new LeaseFile(
            importId,
            1,
            UUID.randomUUID().toString(),
            0,
            duration,
            WorkerId.self(),
            WorkerId.machine());
  }

  /** Takes it where there is none; whether that is so. */
  boolean takeFree() throws IOException {
    return write(file, Optional.empty());
  }

  /** Takes it from another holder, on condition that it is in this state; whether that is so. */
  boolean takeOver(LeaseFile other, String otherEtag) throws IOException {
    return write(
        new LeaseFile(
            file.importId(),
            other.epoch() + 1,
            file.token(),
            file.renewals() + 1,
            file.duration(),
            file.holder(),
            file.machine()),
        Optional.of(otherEtag));
  }

  /** Whether the object now is this. */
  private boolean write(LeaseFile state, Optional<String> over) throws IOException {
    long start = timing.nanoTime();
    ByteArrayBody body = new ByteArrayBody(state.write());
    Map<String, String> tags = TargetState.tags(importId);
    StoredObject stored;
    try {
      stored = conditional ? putIf(body, tags, over) : store.put(location, body, tags, false);
    } catch (ImportException e) {
      if (e.code() == ErrorCode.TARGET_EXISTS) {
        return false;
      }
      if (!conditional
          || e.code() != ErrorCode.TARGET_UNAVAILABLE
          || e.outcome() != Outcome.REFUSED) {
        throw e;
      }
      // no conditional writes, or no writes at all: then this fails, too
      stored = store.put(location, body, tags, false);
      conditional = false;
      LOG.warn(
          "import {}: the S3 server knows no conditional writes; two workers that take up one"
              + " import in the same moment are told apart late: {}",
          importId,
          e.getMessage());
    }
    // a success proves no condition: some servers do not look at it
    if (LeaseFile.find(store, location)
        .filter(there -> !there.token().equals(state.token()))
        .isPresent()) {
      return false;
    }
    file = state;
    etag = stored.etag();
    renewedAt = start;
    return true;
  }

  private StoredObject putIf(ByteArrayBody body, Map<String, String> tags, Optional<String> over)
      throws IOException {
    return over.isPresent()
        ? store.replace(location, body, tags, over.get())
        : store.put(location, body, tags, true);
  }

  /** 1 more than the number of workers that it was taken over from. */
  int epoch() {
    return (int) Math.min(Math.max(1, file.epoch()), 1_000_000);
  }

  /** Renews it from now on, on a thread of its own, until {@link #release}. */
  void keep(Consumer<ImportException> whenLost) {
    wakeKeeper = timing.start("lease-" + importId, () -> keepRenewing(whenLost));
  }

  private void keepRenewing(Consumer<ImportException> whenLost) {
    long pause = Math.max(50, file.duration().toMillis() / RENEWALS_PER_DURATION);
    try {
      while (!released) {
        timing.sleep(pause);
        try {
          renew();
        } catch (ImportException e) {
          if (e.code() == ErrorCode.LEASE_LOST) {
            whenLost.accept(e);
            return;
          }
          LOG.debug("import {}: lease: {}", importId, e.getMessage());
        } catch (IOException e) {
          LOG.debug("import {}: lease: {}", importId, e.toString());
        }
      }
    } catch (InterruptedException e) {
      // released
    }
  }

  /**
   * To be asked before everything that changes something. If the lease ran out by this worker's
   * clock, it is renewed first, on condition that nobody has taken it since.
   *
   * @throws ImportException {@code LEASE_LOST}; or what keeps it from being renewed
   */
  void requireHeld() throws IOException {
    requireNotLost();
    if (ranOut()) {
      renewIfRunOut();
    }
  }

  private boolean ranOut() {
    return timing.nanoTime() - renewedAt >= file.duration().toNanos();
  }

  private void renewIfRunOut() throws IOException {
    renewing.lock();
    try {
      if (ranOut()) {
        LOG.info("import {}: the lease ran out; looking whether it is free", importId);
        renew();
      }
    } finally {
      renewing.unlock();
    }
  }

  private void requireNotLost() throws ImportException {
    if (lost != null) {
      throw ImportException.resumable(lost.code(), lost.getMessage(), lost);
    }
  }

  void renew() throws IOException {
    renewing.lock();
    try {
      requireNotLost();
      if (!released) {
        renewNow();
      }
    } finally {
      renewing.unlock();
    }
  }

  private void renewNow() throws IOException {
    LeaseFile next = file.renewed();
    if (!conditional && !ours()) {
      throw lose();
    }
    if (write(next, Optional.of(etag))) {
      return;
    }
    // the answer to an earlier renewal of ours may have been lost
    Optional<StoredObject> there = store.head(location);
    if (there.isPresent() && ours() && write(next.renewed(), Optional.of(there.get().etag()))) {
      return;
    }
    throw lose();
  }

  private boolean ours() throws IOException {
    return LeaseFile.find(store, location)
        .filter(there -> there.token().equals(file.token()))
        .isPresent();
  }

  private ImportException lose() {
    lost =
        ImportException.resumable(
            ErrorCode.LEASE_LOST,
            "this worker was away for longer than its lease, and another one has taken over the"
                + " import at "
                + Printable.text(destination.uri(), 1100)
                + "; nothing more is written by this one",
            null);
    LOG.warn("import {}: {}", importId, lost.getMessage());
    return lost;
  }

  /**
   * Gives it back, if it is still there to be given.
   *
   * @return whether it was this worker's to the end
   */
  boolean release() {
    released = true;
    wakeKeeper.run();
    try {
      renewing.lock();
      try {
        return lost == null && giveBack();
      } finally {
        renewing.unlock();
      }
    } catch (IOException e) {
      LOG.debug("import {}: the lease runs out by itself: {}", importId, e.toString());
      return false;
    }
  }

  private boolean giveBack() throws IOException {
    // with as much time left as the request may take
    boolean safe = timing.nanoTime() - renewedAt < file.duration().toNanos() / 2;
    boolean ours = safe || ours();
    if (ours) {
      store.delete(location);
    }
    return ours;
  }

  /** Removes what a worker left that was killed after its commit. */
  static void removeLeftOver(ObjectStore store, Destination destination, String importId)
      throws IOException {
    ObjectLocation location = destination.object(LeaseFile.NAME);
    if (LeaseFile.find(store, location)
        .filter(left -> left.importId().equals(importId))
        .isPresent()) {
      store.delete(location);
    }
  }
}
