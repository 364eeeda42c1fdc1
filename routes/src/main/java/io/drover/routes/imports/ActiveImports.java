package io.drover.routes.imports;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.imports.ImportRequest;
import io.drover.converter.imports.ImportSession;
import io.drover.routes.event.ImportEvent;
import io.drover.routes.event.ImportLog;
import io.drover.routes.event.Origin;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The imports that are on the route now, and the ticker that tells how far they are. Thread-safe.
 */
public final class ActiveImports implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ActiveImports.class);

  /** For events that nobody wants to hear. */
  public static final Consumer<ImportEvent> NOBODY = event -> {};

  private static final long BEAT_SECONDS = 60;

  private final Set<ImportRun> runs = ConcurrentHashMap.newKeySet();
  private final Consumer<ImportEvent> events;
  private final ImportRun.Limits limits;
  private final ScheduledExecutorService ticker;

  /** Of its own: it asks the store, which may take its time. */
  private final ScheduledExecutorService heart;

  private volatile boolean stopping;

  /**
   * @param events told every event; must not block
   * @param interval between two progress events of an import
   * @param limits of each import
   */
  public ActiveImports(Consumer<ImportEvent> events, Duration interval, ImportRun.Limits limits) {
    this.events = events;
    this.limits = limits;
    this.ticker = daemon("progress");
    this.heart = daemon("heartbeat");
    heart.scheduleWithFixedDelay(
        () -> each(ImportRun::beat), BEAT_SECONDS, BEAT_SECONDS, TimeUnit.SECONDS);
    long millis = Math.max(1, interval.toMillis());
    // a fixed delay: after a pause, a fixed rate would tell twice at once
    ticker.scheduleWithFixedDelay(this::tick, millis, millis, TimeUnit.MILLISECONDS);
  }

  private static ScheduledExecutorService daemon(String name) {
    return Executors.newSingleThreadScheduledExecutor(
        task -> {
          Thread thread = new Thread(task, name);
          thread.setDaemon(true);
          return thread;
        });
  }

  /**
   * @throws ImportException {@code CANCELLED} after {@link #cancelAll()}
   */
  ImportRun add(ImportRequest request, Origin origin) throws ImportException {
    ImportRun run = new ImportRun(request, origin, events, limits, Clock.systemUTC());
    runs.add(run);
    if (stopping) {
      remove(run);
      throw ImportException.resumable(
          ErrorCode.CANCELLED, "Drover is stopping; the import was not begun; run it again", null);
    }
    return run;
  }

  /** Whether anybody hears of the imports. */
  boolean heard() {
    return events != NOBODY;
  }

  void remove(ImportRun run) {
    runs.remove(run);
  }

  public List<ImportRun> list() {
    return List.copyOf(runs);
  }

  /** What the source of an import under way was when it was opened; empty if nobody knows. */
  public Map<String, String> sourceIdentity(String importId) {
    return runs.stream()
        .filter(run -> run.request().importId().equals(importId))
        .findAny()
        .flatMap(ImportRun::opened)
        .map(ImportSession::sourceIdentity)
        .orElse(Map.of());
  }

  /** Ends an import for good, if it is on the route here. */
  public void cancel(String importId) {
    runs.stream()
        .filter(run -> run.request().importId().equals(importId))
        .forEach(run -> logged(run, ImportRun::cancelForGood));
  }

  /** Asks every import to stop; they end on their own threads, and none begins any more. */
  public void cancelAll() {
    stopping = true;
    each(ImportRun::cancel);
  }

  /** Whether {@link #cancelAll()} was called. */
  public boolean stopping() {
    return stopping;
  }

  /** Tells the end of those that have not come to one. */
  public void giveUpAll() {
    each(ImportRun::giveUp);
  }

  @Override
  public void close() {
    ticker.shutdownNow();
    heart.shutdownNow();
  }

  private void tick() {
    each(ImportRun::tick);
  }

  private void each(Consumer<ImportRun> what) {
    runs.forEach(run -> logged(run, what));
  }

  @SuppressWarnings("try") // the scope is there meanwhile; nobody calls it
  private static void logged(ImportRun run, Consumer<ImportRun> what) {
    try (ImportLog.Scope scope = ImportLog.of(run.request().importId())) {
      what.accept(run);
    } catch (RuntimeException e) {
      // a defect that shows in one import must not keep the others from being watched and stopped
      LOG.error("import {}: a defect of Drover", run.request().importId(), e);
    }
  }
}
