package io.drover.routes.page;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.drover.routes.follow.ImportState;
import io.drover.routes.follow.ImportStates;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * {@code /events}: server-sent events for browsers. First all imports, then what has changed, at
 * most {@value #PER_SECOND} times a second however much that is. Thread-safe.
 */
final class LiveUpdates {
  static final int PER_SECOND = 4;

  /** Each has a thread of the server's. */
  static final int MOST_READERS = 32;

  private static final long PING_NANOS = TimeUnit.SECONDS.toNanos(10);
  private static final int ROWS = 250;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final ImportStates states;
  private final Semaphore readers = new Semaphore(MOST_READERS);
  private volatile boolean closed;

  LiveUpdates(ImportStates states) {
    this.states = states;
  }

  /** Writes until the reader goes, or this is closed. */
  void write(OutputStream out) throws IOException {
    if (!readers.tryAcquire()) {
      send(out, "busy", Map.of("readers", MOST_READERS));
      return;
    }
    Map<String, ImportState> changed = new LinkedHashMap<>();
    Runnable end =
        states.listen(
            state -> {
              synchronized (changed) {
                ImportState other = changed.get(state.importId());
                if (other == null || other.last().sequence() < state.last().sequence()) {
                  changed.put(state.importId(), state);
                }
              }
            });
    try {
      follow(out, changed);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      end.run();
      readers.release();
    }
  }

  private void follow(OutputStream out, Map<String, ImportState> changed)
      throws IOException, InterruptedException {
    List<ImportState> all = states.list();
    send(out, "begin", Map.of("imports", all.size()));
    sendRows(out, all);
    send(out, "all", Map.of());
    long told = System.nanoTime();
    while (!closed) {
      Thread.sleep(1_000 / PER_SECOND);
      List<ImportState> news;
      synchronized (changed) {
        news = List.copyOf(changed.values());
        changed.clear();
      }
      if (!news.isEmpty()) {
        sendRows(out, news);
        told = System.nanoTime();
      } else if (System.nanoTime() - told > PING_NANOS) {
        // finds out whether anybody is there
        out.write(":\n\n".getBytes(StandardCharsets.UTF_8));
        out.flush();
        told = System.nanoTime();
      }
    }
  }

  private static void sendRows(OutputStream out, List<ImportState> states) throws IOException {
    for (int from = 0; from < states.size(); from += ROWS) {
      List<Object> rows = new ArrayList<>();
      for (ImportState state : states.subList(from, Math.min(states.size(), from + ROWS))) {
        rows.add(ImportJson.row(state));
      }
      send(out, "imports", rows);
    }
  }

  /** JSON has no line breaks of its own, and so ends no event early. */
  private static void send(OutputStream out, String event, Object data) throws IOException {
    String text = "event: " + event + "\ndata: " + JSON.writeValueAsString(data) + "\n\n";
    out.write(text.getBytes(StandardCharsets.UTF_8));
    out.flush();
  }

  void close() {
    closed = true;
  }
}
