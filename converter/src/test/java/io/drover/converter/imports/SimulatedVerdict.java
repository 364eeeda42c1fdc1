package io.drover.converter.imports;

import static io.drover.converter.imports.SimulatedInvariants.require;
import static io.drover.converter.imports.SimulatedTime.MINUTE;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.error.Outcome;
import io.drover.converter.object.ObjectLocation;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** What must hold of a {@link SimulatedImport}'s workers and sweepers, and at its end. */
final class SimulatedVerdict {
  private final SimulatedTime time;
  private final SimulatedServer server;
  private final SimulatedInvariants invariants;
  private final SimulatedWorker.Wish wish;
  private final SimulatedWeather.Outages outages;

  /** All there were so far; grows. */
  private final List<SimulatedWorker> workers;

  SimulatedVerdict(
      SimulatedTime time,
      SimulatedServer server,
      SimulatedInvariants invariants,
      SimulatedWorker.Wish wish,
      SimulatedWeather.Outages outages,
      List<SimulatedWorker> workers) {
    this.time = time;
    this.server = server;
    this.invariants = invariants;
    this.wish = wish;
    this.outages = outages;
    this.workers = workers;
  }

  /** Every import ends done, killed, or with a failure that somebody has caused. */
  void requireSensible(SimulatedWorker worker, boolean swept) {
    if (worker.killed()) {
      return;
    }
    if (worker.manifest().isPresent()) {
      require(invariants.committed(), worker.process().name() + " is done without a manifest");
      return;
    }
    ImportException failure = worker.failure().orElseThrow();
    boolean sensible =
        failure.outcome() == Outcome.RESUMABLE
            || switch (failure.code()) {
              case TARGET_EXISTS -> invariants.committed();
              case SOURCE_CHANGED, EXPANSION_LIMIT -> true;
              // completed, and then removed by somebody who took the worker for dead
              case TARGET_CORRUPTED -> swept || workers.size() > 1;
              case TARGET_DENIED -> outages.lastTrouble() > 0 || !server.quirks().listsUploads();
              default -> false;
            };
    if (!sensible) {
      throw new AssertionError(
          worker.process().name() + ": " + failure.outcome() + " " + failure.code(), failure);
    }
  }

  /** Of what had arrived, nothing is sent again but what was under way when a worker was killed. */
  void requireNothingSentTwice() {
    if (!server.quirks().listsChecksums()) {
      return;
    }
    long kills = workers.stream().filter(SimulatedWorker::killed).count();
    long most = wish.disk().size() + kills * wish.lanes() * (10L << 20);
    require(
        server.bytesReceived() <= most,
        server.bytesReceived() + " bytes were sent, where " + most + " are enough");
  }

  /**
   * Whoever sweeps must leave alone what a worker is at that nothing has befallen; unless another
   * one has committed the import meanwhile, and has taken the checkpoint of both away.
   */
  void requireDead(SimulatedServer.Upload upload) {
    if (SimulatedImport.SWEEPER.equals(time.process().name())
        && wish.lease().isEmpty()
        && !invariants.committed()
        && workers.stream().anyMatch(it -> well(it) && upload.users().contains(name(it)))) {
      time.fail(new AssertionError(upload.id() + " of a living worker is swept"));
    }
  }

  /** Where there are leases, the sweeper has to have one; of living workers it takes none. */
  void requireNobodys(String holder) {
    if (time.process() != null
        && SimulatedImport.SWEEPER.equals(time.process().name())
        && workers.stream().anyMatch(it -> well(it) && name(it).equals(holder))) {
      time.fail(new AssertionError("the lease of a living worker is taken by the sweeper"));
    }
  }

  private static String name(SimulatedWorker worker) {
    return worker.process().name();
  }

  private boolean well(SimulatedWorker worker) {
    return !worker.ended()
        && !worker.killed()
        && time.now() - worker.weather().lastTrouble() > 20 * MINUTE;
  }

  /**
   * Said by a worker that is done. Without leases another one on the import may complete its own
   * upload in the same moment, and finds out that somebody was first.
   */
  void requireTruthOfOne() {
    boolean alone = workers.stream().filter(worker -> !worker.ended()).count() <= 1;
    if (wish.lease().isPresent() || alone) {
      requireTruth();
    }
  }

  /** What a manifest says; without one, what is there is found by the next run or the sweep. */
  void requireTruth() {
    require(!lies(), "for good: " + invariants.lie());
  }

  /**
   * One that slept until its objects were swept, and was killed when it had put the manifest; the
   * next run repairs that.
   */
  boolean lies() {
    boolean seen = server.find(SimulatedWorker.DESTINATION.manifest()) != null;
    return seen && invariants.lie() != null;
  }

  void requireNothingLeft(String when) {
    requireTruth();
    Set<String> keys = new TreeSet<>(server.objects().keySet());
    keys.removeIf(key -> key.startsWith(SimulatedImport.ZERO_PREFIX));
    if (!invariants.committed()) {
      keys.removeIf(this::isLateMetadata);
    }
    Set<String> expected =
        invariants.committed()
            ? Set.of("vm/disk.raw", "vm/disk.qcow2", "vm/manifest.json")
            : Set.of();
    require(keys.equals(expected), when + " there are " + keys);
    List<ObjectLocation> open =
        server.uploads().values().stream()
            .map(SimulatedServer.Upload::location)
            // of the bucket, not of an import
            .filter(location -> !location.key().startsWith(SimulatedImport.ZERO_PREFIX))
            .toList();
    require(open.isEmpty(), when + " there are uploads of " + open);
  }

  /**
   * A worker that is suspended between its last look at its lease and its write may write when all
   * is swept. It must not take that back: by then, the object may be another's.
   */
  private boolean isLateMetadata(String key) {
    return key.equals("vm/disk.qcow2")
        && workers.stream()
            .filter(it -> name(it).equals(server.writer(key)))
            .flatMap(it -> it.failure().stream())
            .anyMatch(cause -> cause.code() == ErrorCode.LEASE_LOST);
  }
}
