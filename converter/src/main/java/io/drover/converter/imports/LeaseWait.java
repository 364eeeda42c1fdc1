package io.drover.converter.imports;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.error.Printable;
import io.drover.converter.object.ObjectLocation;
import io.drover.converter.object.ObjectStore;
import io.drover.converter.object.StoredObject;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes a {@link Lease}, or waits for it: it is taken over from a holder that is known to be gone,
 * or when the same state of it has been seen for longer than it lasts, by the waiter's own
 * monotonic clock. Thread-confined.
 */
final class LeaseWait {
  private static final Logger LOG = LoggerFactory.getLogger(LeaseWait.class);
  private static final int LOOKS_PER_DURATION = 10;

  private final ObjectStore store;
  private final ImportRequest request;
  private final ObjectLocation location;
  private final LeaseTerms terms;
  private final Timing timing;
  private final Patience.Watcher watcher;

  /** ETag of the state that is watched; empty for none yet. */
  private String seen = "";

  private long seenAt;
  private boolean told;

  private LeaseWait(
      ObjectStore store,
      ImportRequest request,
      LeaseTerms terms,
      Timing timing,
      Patience.Watcher watcher) {
    this.store = store;
    this.request = request;
    this.location = request.destination().object(LeaseFile.NAME);
    this.terms = terms;
    this.timing = timing;
    this.watcher = watcher;
  }

  /**
   * Takes it; waits while it is not known whether its holder lives, or until it is free.
   *
   * @param watcher looked at while waiting
   * @throws ImportException {@code LEASE_HELD} if another worker has it and the terms are impatient
   */
  static Lease take(
      ObjectStore store,
      ImportRequest request,
      LeaseTerms terms,
      Timing timing,
      Patience.Watcher watcher)
      throws IOException {
    Lease lease =
        new Lease(store, request.destination(), request.importId(), terms.duration(), timing);
    LeaseWait wait = new LeaseWait(store, request, terms, timing, watcher);
    boolean taken = false;
    while (!taken) {
      taken = wait.taken(lease);
    }
    return lease;
  }

  /** One look, and a pause if it is held. */
  private boolean taken(Lease lease) throws IOException {
    watcher.requireGoing();
    Optional<StoredObject> there = store.head(location);
    if (there.isEmpty()) {
      return lease.takeFree();
    }
    Optional<LeaseFile> other = LeaseFile.find(store, location);
    if (other.isEmpty()) {
      return false;
    }
    long now = timing.nanoTime();
    boolean renewed = !seen.isEmpty() && !there.get().etag().equals(seen);
    if (seen.isEmpty() || renewed) {
      seen = there.get().etag();
      seenAt = now;
    }
    long silence = other.get().duration().toNanos() * 5 / 4;
    if (now - seenAt > silence || goneAtEtag(other.get(), seen)) {
      return takenOver(lease, other.get());
    }
    if (renewed && !terms.patient()) {
      throw held(other.get());
    }
    if (!told) {
      told = true;
      LOG.info("import {}: {}", request.importId(), held(other.get()).getMessage());
    }
    pause(other.get().duration());
    return false;
  }

  /** The ETag was asked for before the content; only if both belong together they count. */
  private boolean goneAtEtag(LeaseFile other, String etag) throws IOException {
    return other.gone()
        && store.head(location).filter(again -> again.etag().equals(etag)).isPresent();
  }

  private boolean takenOver(Lease lease, LeaseFile other) throws IOException {
    if (!lease.takeOver(other, seen)) {
      return false;
    }
    LOG.info(
        "import {}: taken over from {} on {}, epoch {}",
        request.importId(),
        other.holder().pid(),
        Printable.text(other.holder().host()),
        lease.epoch());
    return true;
  }

  private ImportException held(LeaseFile other) {
    return ImportException.resumable(
        ErrorCode.LEASE_HELD,
        Printable.text(request.destination().uri(), 1100)
            + " is being written by process "
            + other.holder().pid()
            + " on host "
            + Printable.text(other.holder().host())
            + " (import "
            + Printable.text(other.importId())
            + "); wait for its end, or run the same command again later",
        null);
  }

  private void pause(Duration duration) throws ImportException {
    try {
      timing.sleep(Math.max(20, Math.min(1_000, duration.toMillis() / LOOKS_PER_DURATION)));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw ImportException.resumable(ErrorCode.CANCELLED, "interrupted", e);
    }
  }
}
