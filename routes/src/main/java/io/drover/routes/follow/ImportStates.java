package io.drover.routes.follow;

import io.drover.routes.event.ImportEvent;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/**
 * How all imports stand that were told of: everything that goes on, and the newest of those that
 * have ended. The same event from two sides (this process and the topic) counts once. Thread-safe.
 */
public final class ImportStates implements Consumer<ImportEvent> {
  /**
   * A limit for what a topic can claim to be under way, {@value}; beyond it the ones that were
   * silent for the longest time are dropped.
   */
  static final int MOST_UNENDED = 20_000;

  private final int mostEnded;

  /** By id; the one that was silent for the longest time first. */
  private final Map<String, ImportState> unended = new LinkedHashMap<>();

  private final Map<String, ImportState> ended = new LinkedHashMap<>();
  private final List<Consumer<ImportState>> listeners = new CopyOnWriteArrayList<>();

  /**
   * @param mostEnded how many of those are kept that ended or paused
   */
  public ImportStates(int mostEnded) {
    if (mostEnded < 1) {
      throw new IllegalArgumentException("keeps " + mostEnded + " ended imports");
    }
    this.mostEnded = mostEnded;
  }

  /** Takes an event; what was known already changes nothing. */
  @Override
  public void accept(ImportEvent event) {
    ImportState changed;
    synchronized (this) {
      String id = event.importId();
      ImportState before = unended.containsKey(id) ? unended.get(id) : ended.get(id);
      changed = before == null ? ImportState.of(event) : before.with(event);
      if (changed == before) {
        return;
      }
      unended.remove(id);
      ended.remove(id);
      boolean end = changed.status().ended();
      Map<String, ImportState> place = end ? ended : unended;
      place.put(id, changed);
      if (place.size() > (end ? mostEnded : MOST_UNENDED)) {
        Iterator<ImportState> oldest = place.values().iterator();
        oldest.next();
        oldest.remove();
      }
    }
    for (Consumer<ImportState> listener : listeners) {
      listener.accept(changed);
    }
  }

  /** Those that go on, then those that ended; each group by its last event, oldest first. */
  public synchronized List<ImportState> list() {
    List<ImportState> all = new ArrayList<>(unended.values());
    all.addAll(ended.values());
    return all;
  }

  public synchronized Optional<ImportState> find(String importId) {
    ImportState going = unended.get(importId);
    return Optional.ofNullable(going == null ? ended.get(importId) : going);
  }

  /**
   * Tells of every change from now on, on the thread that brings the event; of two changes at once
   * the older may be told last.
   *
   * @param listener must be quick, and must not throw
   * @return ends it
   */
  public Runnable listen(Consumer<ImportState> listener) {
    listeners.add(listener);
    return () -> listeners.remove(listener);
  }
}
