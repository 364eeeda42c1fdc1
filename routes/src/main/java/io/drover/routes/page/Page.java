package io.drover.routes.page;

import io.drover.converter.object.ObjectStore;
import io.drover.routes.follow.ImportState;
import io.drover.routes.follow.ImportStates;
import io.drover.routes.web.WebAnswer;
import io.drover.routes.web.WebRequest;
import io.drover.routes.web.WebServer;
import java.io.IOException;
import java.io.InputStream;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * The page at {@code /}, and what its script asks for: {@code /events}, {@code /api/imports/ID},
 * {@code /api/about}. Reads nothing from the store. Thread-safe.
 */
public final class Page implements AutoCloseable {
  private static final Map<String, String> ASSETS =
      Map.of(
          "index.html", "text/html; charset=utf-8",
          "page.css", "text/css; charset=utf-8",
          "page.js", "text/javascript; charset=utf-8",
          "import.js", "text/javascript; charset=utf-8",
          "format.js", "text/javascript; charset=utf-8",
          "icon.svg", "image/svg+xml");

  private final ImportStates states;
  private final LiveUpdates updates;
  private final Throughput throughput = new Throughput();
  private final ImportJson json;
  private final Supplier<Map<String, Object>> about;

  /**
   * @param states of all imports, kept up to date by somebody else
   * @param store that addresses of objects come from
   * @param about told to the script: who this is, and what it may do
   */
  public Page(ImportStates states, ObjectStore store, Supplier<Map<String, Object>> about) {
    this.states = states;
    this.updates = new LiveUpdates(states);
    this.json = new ImportJson(store);
    this.about = about;
    states.listen(throughput);
  }

  /** Answers on that server. */
  public void on(WebServer server) {
    ASSETS.forEach(
        (name, type) -> {
          WebAnswer asset = asset(name, type);
          server.handle("GET", name.equals("index.html") ? "/" : "/" + name, request -> asset);
        });
    server.handle("GET", "/api/about", request -> WebAnswer.json(200, about.get()));
    server.handle("GET", "/api/imports/", this::details);
    server.stream("/events", "text/event-stream", (request, out) -> updates.write(out));
  }

  private WebAnswer details(WebRequest request) {
    Optional<ImportState> state = states.find(request.rest());
    if (state.isEmpty()) {
      return WebAnswer.json(404, new LinkedHashMap<>(Map.of("error", "no such import")));
    }
    String id = state.get().importId();
    return WebAnswer.json(200, json.details(state.get(), throughput.of(id)));
  }

  private static WebAnswer asset(String name, String type) {
    try (InputStream in = Page.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException(name + " is not among the classes");
      }
      return WebAnswer.of(200, type, in.readAllBytes());
    } catch (IOException e) {
      throw new IllegalStateException(name, e);
    }
  }

  @Override
  public void close() {
    updates.close();
  }
}
