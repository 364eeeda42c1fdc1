package io.drover.converter.imports;

import static io.drover.converter.imports.SimulatedInvariants.require;
import static io.drover.converter.imports.SimulatedTime.MINUTE;
import static io.drover.converter.imports.SimulatedTime.SECOND;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.error.Outcome;
import io.drover.converter.imports.ImportOptions.Existing;
import io.drover.converter.imports.SimulatedServer.Stored;
import io.drover.converter.imports.SimulatedWeather.Climate;
import io.drover.converter.object.ObjectLocation;
import io.drover.converter.object.UploadLostException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;

/**
 * The life of one import, from its seed: which disk, which server, how many workers, what befalls
 * them; then fair weather, a last worker, and a sweep, after which all must be in order.
 */
final class SimulatedImport {
  static final String SWEEPER = "sweeper";
  static final String ZERO_PREFIX = ".drover/";

  /** What kind of trouble a seed is about; a story of everything at once shows less of each. */
  private enum Kind {
    CALM,
    KILLS,
    FAULTS,
    OUTAGE,
    PAUSES,
    SLOW,
    TOGETHER,
    REFUSED,
    EVERYTHING
  }

  /** How it went. */
  record Story(
      long seed, List<String> trace, Throwable found, int effects, boolean committed, int lies) {}

  private final SimulatedTime time;
  private final Random random;
  private final Kind kind;
  private final SimulatedWorker.Wish wish;
  private final SimulatedServer server;
  private final SimulatedInvariants invariants;
  private final SimulatedVerdict verdict;
  private final SimulatedWeather.Outages outages = new SimulatedWeather.Outages();
  private final List<SimulatedWorker> workers = new ArrayList<>();

  /** Of which it was decided whether they are run again. */
  private final Set<SimulatedWorker> seen = new HashSet<>();

  private final long seed;
  private boolean storm = true;
  private int sweeps;

  private SimulatedImport(long seed) {
    this.seed = seed;
    this.time = new SimulatedTime(seed);
    this.random = time.random();
    this.kind = Kind.values()[random.nextInt(Kind.values().length)];
    this.server =
        new SimulatedServer(
            time,
            new SimulatedServer.Quirks(
                random.nextBoolean(),
                time.chance(0.1),
                kind == Kind.EVERYTHING && time.chance(0.1),
                time.chance(0.3),
                time.chance(0.97),
                time.chance(0.95)));
    String zeroPrefix = time.chance(0.9) ? ZERO_PREFIX : "";
    SimulatedDisk disk =
        SimulatedDisk.any(random, server.quirks().copies() && !zeroPrefix.isEmpty());
    this.invariants = new SimulatedInvariants(server, disk);
    server.watch(
        () -> {
          try {
            invariants.look();
          } catch (AssertionError e) {
            time.fail(e);
            throw new SimulatedTime.Halted();
          }
        });
    this.wish =
        new SimulatedWorker.Wish(
            disk,
            new ImportOptions(
                OptionalInt.of(SimulatedDisk.CLUSTER),
                true,
                5 << 20,
                Optional.empty(),
                random.nextBoolean() ? Existing.REFUSE : Existing.ACCEPT_SAME),
            zeroPrefix,
            Duration.ofSeconds(time.chance(0.2) ? 0 : time.some(15 * 60)),
            1 + random.nextInt(3),
            lease());
    this.verdict = new SimulatedVerdict(time, server, invariants, wish, outages, workers);
    server.watchAborts(verdict::requireDead);
    server.watchTakings(verdict::requireNobodys);
    if (server.quirks().copies() && time.chance(0.9)) {
      ObjectLocation zeros = new ObjectLocation("images", ZERO_PREFIX + "zeros-" + ZeroObject.SIZE);
      int crc32c = SimulatedServer.zeros(ZeroObject.SIZE);
      server.put(zeros, new Stored(ZeroObject.SIZE, crc32c, "\"zeros\"", Map.of(), null, 0), false);
    }
  }

  /** As workers take it, or none, as a program that uses the library by itself. */
  private Optional<LeaseTerms> lease() {
    return time.chance(0.7)
        ? Optional.of(
            new LeaseTerms(Duration.ofSeconds(5 + random.nextInt(56)), random.nextBoolean()))
        : Optional.empty();
  }

  static Story run(long seed) throws InterruptedException {
    SimulatedImport simulated = new SimulatedImport(seed);
    simulated.time.start(new SimulatedTime.Process("director"), simulated::direct);
    Throwable found = simulated.time.run();
    return new Story(
        seed,
        simulated.time.trace(),
        found,
        simulated.time.steps(),
        simulated.invariants.committed(),
        simulated.invariants.lies());
  }

  private Climate climate() {
    return switch (kind) {
      case CALM, REFUSED -> Climate.FAIR;
      case KILLS -> new Climate(1, 0.04, 0, 0, 0, 0, time.chance(0.3) ? 0.5 : 0, false);
      case FAULTS -> new Climate(0, 0, 0, 0, rate(), rate(), random.nextBoolean() ? 0.3 : 0, false);
      case OUTAGE -> new Climate(1, 0.005, 0, 0, 0.01, 0.01, 0, false);
      case PAUSES -> new Climate(0, 0, 3, 0.03, 0, 0, 0, false);
      case SLOW -> new Climate(0, 0, 0, 0, 0, 0, 0, true);
      case TOGETHER -> new Climate(0, 0, 1, 0.005, 0, 0, 0, false);
      case EVERYTHING -> new Climate(1, 0.01, 2, 0.01, rate(), rate(), 0.2, time.chance(0.2));
    };
  }

  private double rate() {
    return new double[] {0, 0.01, 0.05, 0.2}[random.nextInt(4)];
  }

  private void direct() {
    time.say(
        kind
            + ": disk "
            + wish.disk().name()
            + ", "
            + wish.options().existing()
            + ", "
            + wish.lanes()
            + " lanes, budget "
            + wish.retryBudget().toSeconds()
            + " s, "
            + wish.lease().map(LeaseTerms::toString).orElse("no lease")
            + ", "
            + server.quirks());
    int first =
        switch (kind) {
          case CALM, KILLS, REFUSED, SLOW -> 1;
          case TOGETHER -> 2 + random.nextInt(2);
          default -> 1 + random.nextInt(3);
        };
    for (int count = 0; count < first; count++) {
      begin(climate());
    }
    if (Set.of(Kind.PAUSES, Kind.SLOW, Kind.OUTAGE, Kind.EVERYTHING).contains(kind)) {
      time.start(new SimulatedTime.Process(SWEEPER), this::sweepNowAndThen);
    }
    if (kind == Kind.OUTAGE || kind == Kind.EVERYTHING) {
      time.start(new SimulatedTime.Process("outage"), this::outage);
    }
    if (kind == Kind.FAULTS || kind == Kind.EVERYTHING) {
      time.start(new SimulatedTime.Process("fate"), this::disturb);
    }
    if (kind == Kind.REFUSED || kind == Kind.EVERYTHING || time.chance(0.1)) {
      time.start(new SimulatedTime.Process("user"), this::cancel);
    }
    int more = 1 + random.nextInt(4);
    long pause = SECOND;
    while (!allEnded()) {
      time.sleep(pause);
      pause = Math.min(2 * pause, MINUTE);
      int last = workers.size();
      for (int index = 0; index < last && more > 0; index++) {
        SimulatedWorker worker = workers.get(index);
        boolean again =
            worker.ended()
                && (worker.killed()
                    || worker
                        .failure()
                        .filter(cause -> cause.outcome() == Outcome.RESUMABLE)
                        .isPresent());
        if (again && seen.add(worker)) {
          more--;
          time.sleep(time.chance(0.2) ? time.some(120 * MINUTE) : time.some(20 * SECOND));
          begin(climate());
          pause = SECOND;
        }
      }
    }
    storm = false;
    // what is under way lands, and outages end
    time.sleep(31 * SECOND);
    outages.away(0);
    outages.denied(0);
    if (workers.stream().noneMatch(each -> each.killed() || each.lostItsLease())) {
      verdict.requireTruth();
    }
    workers.forEach(each -> verdict.requireSensible(each, sweeps > 0));
    if (kind == Kind.KILLS) {
      verdict.requireNothingSentTwice();
    }
    quiescence();
  }

  private boolean allEnded() {
    return workers.stream().allMatch(SimulatedWorker::ended);
  }

  private SimulatedWorker begin(Climate climate) {
    SimulatedTime.Process process = new SimulatedTime.Process("worker-" + (workers.size() + 1));
    SimulatedWeather weather = new SimulatedWeather(time, process, outages, climate);
    boolean changes = storm && kind == Kind.REFUSED && time.chance(0.3);
    SimulatedWorker worker =
        new SimulatedWorker(
            time, process, server, weather, wish, changes, verdict::requireTruthOfOne);
    workers.add(worker);
    worker.start();
    return worker;
  }

  private void quiescence() {
    boolean refused =
        workers.stream()
            .flatMap(each -> each.failure().stream())
            .anyMatch(cause -> cause.outcome() == Outcome.REFUSED);
    if (kind == Kind.REFUSED && refused && !invariants.committed()) {
      verdict.requireNothingLeft("after a refusal");
    } else if (!refused || verdict.lies() || random.nextBoolean()) {
      if (random.nextBoolean()) {
        time.sleep(120 * MINUTE);
      }
      SimulatedWorker last = runInFairWeather();
      if (last.failure().filter(UploadLostException.class::isInstance).isPresent()) {
        // without a lease, a dead worker's checkpoint that came late looks like a living one's
        time.sleep(CheckpointFile.SILENCE.toNanos());
        last = runInFairWeather();
      }
      boolean there =
          last.failure().filter(cause -> cause.code() == ErrorCode.TARGET_EXISTS).isPresent();
      require(
          last.manifest().isPresent()
              || there && invariants.committed() && wish.options().existing() == Existing.REFUSE,
          "in fair weather the last worker is not done: " + last.failure());
    }
    time.sleep(180 * MINUTE);
    if (server.quirks().listsUploads()) {
      sweep();
      verdict.requireNothingLeft("after the sweep");
    }
  }

  private SimulatedWorker runInFairWeather() {
    SimulatedWorker worker = begin(Climate.FAIR);
    while (!worker.ended()) {
      time.sleep(10 * SECOND);
    }
    return worker;
  }

  private void outage() {
    time.sleep(time.some(60 * SECOND));
    if (!storm) {
      return;
    }
    long until = time.now() + time.some(25 * MINUTE);
    if (time.chance(0.7)) {
      time.say("the server is away for " + (until - time.now()) / SECOND + " s");
      outages.away(until);
    } else {
      time.say("access is denied for " + (until - time.now()) / SECOND + " s");
      outages.denied(until);
    }
  }

  /** Somebody aborts an upload, or the server loses a part. */
  private void disturb() {
    for (int times = random.nextInt(3); times > 0 && storm; times--) {
      time.sleep(time.some(30 * SECOND));
      if (server.uploads().isEmpty()) {
        continue;
      }
      List<SimulatedServer.Upload> uploads = new ArrayList<>(server.uploads().values());
      SimulatedServer.Upload upload = uploads.get(random.nextInt(uploads.size()));
      if (random.nextBoolean()) {
        time.say("somebody aborts " + upload.id());
        server.abort(upload.id());
      } else if (!upload.parts().isEmpty()) {
        int part = new ArrayList<>(upload.parts().keySet()).get(0);
        time.say("the server loses part " + part + " of " + upload.id());
        upload.parts().remove(part);
      }
    }
  }

  private void cancel() {
    time.sleep(time.some(20 * SECOND));
    SimulatedWorker worker = workers.get(random.nextInt(workers.size()));
    boolean kept = kind == Kind.REFUSED ? time.chance(0.2) : time.chance(0.6);
    time.say((kept ? "interrupts " : "limits ") + worker.process().name());
    worker.stop(
        kept
            ? ImportException.resumable(ErrorCode.CANCELLED, "interrupted", null)
            : ImportException.refused(ErrorCode.EXPANSION_LIMIT, "it took too long"));
  }

  private void sweepNowAndThen() {
    while (storm) {
      time.sleep(MINUTE + time.some(20 * MINUTE));
      if (storm) {
        sweep();
      }
    }
  }

  private void sweep() {
    sweeps++;
    SimulatedTime.Process process = time.process();
    SimulatedStore store =
        new SimulatedStore(
            server, new SimulatedWeather(time, process, outages, Climate.FAIR), time);
    try {
      List<UnfinishedImport> removed =
          new UnfinishedImports(store, new SimulatedClock(time, process))
              .sweep(new Destination("images", "vm/"), Duration.ofMinutes(15));
      removed.forEach(each -> time.say("swept " + each.uploadId()));
    } catch (ImportException e) {
      time.say("sweep: " + e.getMessage());
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
