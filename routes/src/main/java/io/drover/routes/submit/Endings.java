package io.drover.routes.submit;

import io.drover.routes.event.ImportEvent;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/** The imports that somebody waits for, and the events that tell of them. Thread-safe. */
public final class Endings implements Consumer<ImportEvent> {
  private final Map<String, CompletableFuture<ImportEvent>> awaited = new ConcurrentHashMap<>();
  private final Map<String, ImportEvent> latest = new ConcurrentHashMap<>();

  /** What will be the last event of an import; of a paused one there are more to come. */
  CompletableFuture<ImportEvent> await(String importId) {
    return awaited.computeIfAbsent(importId, id -> new CompletableFuture<>());
  }

  void forget(String importId) {
    awaited.remove(importId);
    latest.remove(importId);
  }

  @Override
  public void accept(ImportEvent event) {
    CompletableFuture<ImportEvent> future = awaited.get(event.importId());
    if (future == null) {
      return;
    }
    switch (event.type()) {
      case COMPLETED, FAILED, CANCELLED -> future.complete(event);
      default -> latest.put(event.importId(), event);
    }
  }

  /** The latest event of each import that goes on. */
  public Collection<ImportEvent> moving() {
    return List.copyOf(latest.values());
  }
}
