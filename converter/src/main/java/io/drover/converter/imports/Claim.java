package io.drover.converter.imports;

import io.drover.converter.error.ImportException;
import io.drover.converter.object.ObjectStore;
import java.io.IOException;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;

/** An import's right to its destination, from when it is taken to when it is given back. */
final class Claim {
  /** That the lease itself lies in. */
  private final ObjectStore store;

  private final LeasedStore guarded;
  private final ImportRequest request;
  private final Optional<LeaseTerms> terms;
  private final Timing timing;

  /** Null where there are no leases, and before one is taken. */
  private Lease lease;

  /**
   * @param guarded the store, as the import sees it
   */
  Claim(Shared shared, LeasedStore guarded, ImportRequest request) {
    this.store = shared.store();
    this.terms = shared.leaseTerms();
    this.timing = shared.timing();
    this.guarded = guarded;
    this.request = request;
  }

  /**
   * Takes the lease, where there are leases at all.
   *
   * @return how many had it, this worker included; empty without leases
   * @throws ImportException {@code LEASE_HELD} if another worker has it
   */
  OptionalInt take(Patience patience, Patience.Watcher watcher, Consumer<ImportException> whenLost)
      throws IOException {
    if (terms.isEmpty()) {
      return OptionalInt.empty();
    }
    lease =
        patience.insistFirst(() -> LeaseWait.take(store, request, terms.get(), timing, watcher));
    guarded.hold(lease);
    lease.keep(whenLost);
    return OptionalInt.of(lease.epoch());
  }

  /** Whether no other worker is at the destination. */
  boolean alone() {
    return lease != null;
  }

  /**
   * Gives the lease back, or removes what is left of one that was never given back.
   *
   * @return whether it was this worker's to the end
   */
  boolean end() throws IOException {
    if (lease != null) {
      return lease.release();
    }
    if (terms.isPresent()) {
      Lease.removeLeftOver(store, request.destination(), request.importId());
    }
    return true;
  }

  /** Gives the lease back, if there is one. */
  void giveBack() {
    if (lease != null) {
      lease.release();
    }
  }
}
