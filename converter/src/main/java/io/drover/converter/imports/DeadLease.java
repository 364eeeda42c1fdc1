package io.drover.converter.imports;

import io.drover.converter.object.ObjectLocation;
import io.drover.converter.object.ObjectStore;
import io.drover.converter.object.StoredObject;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/**
 * Takes the lease of a destination at which nobody is at work any more, to remove what is there: so
 * that a worker that begins, or wakes up, meanwhile finds somebody there.
 */
final class DeadLease {
  /** Whoever waits for the sweeper waits as long as for a worker that was killed. */
  private static final Duration DURATION = Duration.ofMinutes(1);

  private DeadLease() {}

  /**
   * @param importId of what is removed
   * @param force whether somebody may be at work: then that ends
   * @return empty if somebody is there, or comes at the same moment
   */
  static Optional<Lease> take(
      ObjectStore store, Destination destination, String importId, boolean force, Timing timing)
      throws IOException {
    ObjectLocation location = destination.object(LeaseFile.NAME);
    Lease lease = new Lease(store, destination, importId, DURATION, timing);
    Optional<StoredObject> there = store.head(location);
    if (there.isEmpty()) {
      return lease.takeFree() ? Optional.of(lease) : Optional.empty();
    }
    Optional<LeaseFile> other = LeaseFile.find(store, location);
    // asked for after the state that it is about: one that is renewed meanwhile is young
    Optional<Duration> age = store.age(location);
    boolean dead = force || other.isPresent() && other.get().gone();
    if (other.isEmpty()
        || age.isEmpty()
        || !dead && age.get().compareTo(CheckpointFile.SILENCE) < 0) {
      return Optional.empty();
    }
    return lease.takeOver(other.get(), there.get().etag()) ? Optional.of(lease) : Optional.empty();
  }
}
