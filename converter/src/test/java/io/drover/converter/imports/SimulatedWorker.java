package io.drover.converter.imports;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.image.ImageFormat;
import io.drover.converter.image.ReadPolicy;
import io.drover.converter.manifest.Manifest;
import io.drover.converter.storage.RandomAccessSource;
import io.drover.converter.storage.SourceIdentity;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Iterator;
import java.util.Map;
import java.util.Optional;

/**
 * A process that runs one import, in the order of steps that the import route has: open, plan,
 * lanes, commit, again if told to, abort on failure, close; and a heart beside it.
 */
final class SimulatedWorker {
  static final Destination DESTINATION = new Destination("images", "vm/");
  static final String ID = "import-1";

  /** Large enough that no lane ever waits: waiting here would be outside of virtual time. */
  private static final MemoryBudget MEMORY = new MemoryBudget(512L << 20);

  /** What all runs of an import have in common. */
  record Wish(
      SimulatedDisk disk,
      ImportOptions options,
      String zeroPrefix,
      Duration retryBudget,
      int lanes,
      Optional<LeaseTerms> lease) {}

  private final SimulatedTime time;
  private final SimulatedTime.Process process;
  private final SimulatedWeather weather;
  private final Wish wish;
  private final Importer importer;
  private final SimulatedClock clock;
  private final boolean sourceChanges;
  private final Runnable whenDone;
  private ImportSession session;
  private ImportException stopReason;
  private Throwable laneFailure;
  private int lanesRunning;
  private boolean released;
  private boolean heartStopped;
  private boolean ended;
  private Manifest manifest;
  private ImportException failure;

  SimulatedWorker(
      SimulatedTime time,
      SimulatedTime.Process process,
      SimulatedServer server,
      SimulatedWeather weather,
      Wish wish,
      boolean sourceChanges,
      Runnable whenDone) {
    this.time = time;
    this.process = process;
    this.weather = weather;
    this.wish = wish;
    this.sourceChanges = sourceChanges;
    this.whenDone = whenDone;
    this.clock = new SimulatedClock(time, process);
    SimulatedStore store = new SimulatedStore(server, weather, time);
    this.importer =
        new Importer(
            store,
            MEMORY,
            new ZeroObject(store, wish.zeroPrefix()),
            wish.retryBudget(),
            wish.lease(),
            clock);
  }

  private final class Source implements RandomAccessSource {
    @Override
    public String uri() {
      return "disk.raw";
    }

    @Override
    public long size() {
      return wish.disk().size();
    }

    @Override
    public SourceIdentity identity() {
      return new SourceIdentity(Map.of("name", wish.disk().name()));
    }

    @Override
    public void readFully(long offset, ByteBuffer target) {
      if (session != null) {
        weather.point("reading " + offset);
      }
      wish.disk().read(offset, target);
    }

    @Override
    public long nextData(long offset) {
      return wish.disk().nextData(offset);
    }

    @Override
    public long nextHole(long offset) {
      return wish.disk().nextHole(offset);
    }

    @Override
    public void requireUnchanged() throws IOException {
      if (sourceChanges) {
        throw ImportException.refused(ErrorCode.SOURCE_CHANGED, "the source has changed");
      }
    }

    @Override
    public void close() {
      // nothing is held
    }
  }

  SimulatedTime.Process process() {
    return process;
  }

  SimulatedWeather weather() {
    return weather;
  }

  /** Nothing of it runs any more. */
  boolean ended() {
    return ended && heartStopped && clock.quiet();
  }

  boolean killed() {
    return process.killed();
  }

  Optional<Manifest> manifest() {
    return Optional.ofNullable(manifest);
  }

  Optional<ImportException> failure() {
    return Optional.ofNullable(failure);
  }

  /** Then whatever it left is for the next one. */
  boolean lostItsLease() {
    return failure != null && failure.code() == ErrorCode.LEASE_LOST;
  }

  ImportSession session() {
    return session;
  }

  void start() {
    time.start(process, this::main);
    time.start(process, this::heart);
  }

  void stop(ImportException reason) {
    stopReason = reason;
    if (session != null) {
      session.stop(reason);
    }
  }

  private void main() {
    try {
      time.say("starts");
      run();
      whenDone.run();
      time.say("done");
    } catch (SimulatedTime.Killed | SimulatedTime.Halted e) {
      throw e;
    } catch (ImportException e) {
      failure = e;
      time.say("ends: " + e.outcome() + " " + e.code() + ": " + e.getMessage());
    } catch (Throwable e) {
      throw new AssertionError(process.name() + " ends with " + e, e);
    } finally {
      released = true;
      ended = true;
    }
  }

  private void run() throws Throwable {
    ImportSession opened =
        importer.open(
            new ImportRequest(
                ID,
                "disk.raw",
                Source::new,
                Optional.of(ImageFormat.RAW),
                DESTINATION,
                wish.options(),
                ReadPolicy.DEFAULT));
    session = opened;
    if (stopReason != null) {
      opened.stop(stopReason);
    }
    try {
      opened.claim();
      opened.plan();
      Optional<Manifest> committed = Optional.empty();
      while (committed.isEmpty()) {
        lanes();
        committed = opened.commit();
      }
      manifest = committed.get();
    } catch (SimulatedTime.Killed | SimulatedTime.Halted e) {
      throw e;
    } catch (Throwable e) {
      ImportException cause = named(e);
      time.say("fails: " + cause.code() + ": " + cause.getMessage());
      opened.stop(cause);
      // what the session does, too, but outside of virtual time
      awaitLanes();
      opened.abort(cause);
      throw cause;
    } finally {
      // the heart beats until here, whatever happened
      released = true;
      opened.close();
    }
  }

  private static ImportException named(Throwable caught) throws Throwable {
    for (Throwable cause = caught; cause != null; cause = cause.getCause()) {
      if (cause instanceof ImportException named) {
        return named;
      }
    }
    throw caught;
  }

  private void lanes() throws Throwable {
    Iterator<PartWork> parts = session.parts();
    laneFailure = null;
    lanesRunning = wish.lanes();
    for (int lane = 1; lane < wish.lanes(); lane++) {
      time.start(process, () -> lane(parts));
    }
    lane(parts);
    awaitLanes();
    if (laneFailure != null) {
      throw laneFailure;
    }
  }

  private void lane(Iterator<PartWork> parts) {
    try {
      while (laneFailure == null && parts.hasNext()) {
        part(parts.next());
      }
    } catch (SimulatedTime.Killed | SimulatedTime.Halted e) {
      throw e;
    } catch (Throwable e) {
      laneFailure = laneFailure == null ? e : laneFailure;
    } finally {
      lanesRunning--;
    }
  }

  private void part(PartWork part) throws IOException, InterruptedException {
    try (Lane lane = session.lane(part)) {
      Iterator<Chunk> chunks = lane.chunks();
      while (chunks.hasNext()) {
        lane.write(chunks.next());
      }
      lane.finish();
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private void awaitLanes() {
    long pause = 20 * SimulatedTime.MILLI;
    while (lanesRunning > 0) {
      time.sleep(pause);
      pause = Math.min(2 * pause, 20 * SimulatedTime.SECOND);
    }
  }

  private void heart() {
    try {
      time.sleep(time.some(SimulatedTime.MINUTE));
      while (!released) {
        ImportSession current = session;
        if (current != null) {
          current.beat();
        }
        time.sleep(SimulatedTime.MINUTE);
      }
    } finally {
      heartStopped = true;
    }
  }
}
