package io.drover.routes.imports;

import io.drover.converter.imports.ImportRequest;
import io.drover.routes.event.ImportEvent;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * The imports that are on the route now, and the ticker that tells how far they are. Thread-safe.
 */
public final class ActiveImports implements AutoCloseable {
  private final Map<ImportRequest, ImportRun> runs = new ConcurrentHashMap<>();
  private final Consumer<ImportEvent> events;
  private final Duration limit;
  private final ScheduledExecutorService ticker;

  /**
   * @param events told every event; must not block
   * @param interval between two progress events of an import
   * @param limit how long one import may take
   */
  public ActiveImports(Consumer<ImportEvent> events, Duration interval, Duration limit) {
    this.events = events;
    this.limit = limit;
    this.ticker =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread thread = new Thread(task, "progress");
              thread.setDaemon(true);
              return thread;
            });
    long millis = Math.max(1, interval.toMillis());
    ticker.scheduleAtFixedRate(this::tick, millis, millis, TimeUnit.MILLISECONDS);
  }

  ImportRun add(ImportRequest request) {
    ImportRun run = new ImportRun(request, events, limit, Clock.systemUTC());
    runs.put(request, run);
    return run;
  }

  void remove(ImportRun run) {
    runs.remove(run.request(), run);
  }

  public List<ImportRun> list() {
    return List.copyOf(runs.values());
  }

  /** Asks every import to stop; they end on their own threads. */
  public void cancelAll() {
    runs.values().forEach(ImportRun::cancel);
  }

  @Override
  public void close() {
    ticker.shutdownNow();
  }

  private void tick() {
    runs.values().forEach(ImportRun::tick);
  }
}
