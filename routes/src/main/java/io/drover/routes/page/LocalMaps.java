package io.drover.routes.page;

import io.drover.converter.imports.ImportSession;
import io.drover.routes.event.ImportEvent;
import io.drover.routes.imports.ActiveImports;
import io.drover.routes.imports.ImportRun;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Maps of the disks that this process imports, and of the last ones that it did. Of what other
 * workers do there are none: events carry sums only. Thread-safe.
 */
final class LocalMaps implements Consumer<ImportEvent> {
  static final int CELLS = 768;
  private static final int MOST_KEPT = 500;

  private final ActiveImports active;

  /** As they were at the end. */
  private final Map<String, String> kept = new LinkedHashMap<>();

  LocalMaps(ActiveImports active) {
    this.active = active;
  }

  /** Takes an event of this process, on the import's own thread. */
  @Override
  public void accept(ImportEvent event) {
    if (!event.type().last()) {
      return;
    }
    Optional<String> map = live(event.importId());
    synchronized (kept) {
      kept.remove(event.importId());
      map.ifPresent(cells -> kept.put(event.importId(), cells));
      if (kept.size() > MOST_KEPT) {
        kept.remove(kept.keySet().iterator().next());
      }
    }
  }

  Optional<String> find(String importId) {
    Optional<String> live = live(importId);
    if (live.isPresent()) {
      return live;
    }
    synchronized (kept) {
      return Optional.ofNullable(kept.get(importId));
    }
  }

  private Optional<String> live(String importId) {
    for (ImportRun run : active.list()) {
      if (run.request().importId().equals(importId)) {
        return run.opened().map(LocalMaps::cells);
      }
    }
    return Optional.empty();
  }

  private static String cells(ImportSession session) {
    return session.map(CELLS).toString();
  }
}
