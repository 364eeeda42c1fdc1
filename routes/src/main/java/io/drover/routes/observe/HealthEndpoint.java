package io.drover.routes.observe;

import io.drover.routes.web.WebAnswer;
import io.drover.routes.web.WebServer;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;

/**
 * {@code /observe/live}: whether the process works, whatever is around it; {@code /observe/ready}
 * and {@code /observe/health}: whether imports would, with the reason for each component that
 * cannot be used. Tells numbers, components and reasons only, nothing of images or names.
 */
public final class HealthEndpoint implements AutoCloseable {
  private static final Duration INTERVAL = Duration.ofSeconds(2);
  private static final Duration LIMIT = Duration.ofSeconds(5);

  private final BooleanSupplier running;
  private final IntSupplier imports;
  private final IntSupplier unsentEvents;
  private final List<Watch> watches;

  /**
   * Begins to look at the components.
   *
   * @param running whether the routes are up
   * @param imports under way
   * @param unsentEvents that Kafka does not have yet
   */
  public HealthEndpoint(
      BooleanSupplier running,
      IntSupplier imports,
      IntSupplier unsentEvents,
      List<Component> components) {
    this.running = running;
    this.imports = imports;
    this.unsentEvents = unsentEvents;
    this.watches =
        components.stream().map(component -> new Watch(component, INTERVAL, LIMIT)).toList();
  }

  /** Answers on that server. */
  public void on(WebServer server) {
    server.handle("GET", "/observe/live", request -> answer(List.of()));
    server.handle("GET", "/observe/ready", request -> answer(watches));
    server.handle("GET", "/observe/health", request -> answer(watches));
  }

  /** Whether imports would work now. */
  public boolean ready() {
    return running.getAsBoolean() && watches.stream().allMatch(watch -> watch.trouble().isEmpty());
  }

  private WebAnswer answer(List<Watch> asked) {
    boolean up = running.getAsBoolean();
    Map<String, Object> components = new LinkedHashMap<>();
    for (Watch watch : asked) {
      Map<String, Object> state =
          watch
              .trouble()
              .<Map<String, Object>>map(reason -> Map.of("status", "DOWN", "reason", reason))
              .orElse(Map.of("status", "UP"));
      components.put(watch.name(), state);
      up &= state.get("status").equals("UP");
    }
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("status", up ? "UP" : "DOWN");
    answer.put("imports", imports.getAsInt());
    answer.put("unsentEvents", unsentEvents.getAsInt());
    if (!asked.isEmpty()) {
      answer.put("components", components);
    }
    return WebAnswer.json(up ? 200 : 503, answer);
  }

  @Override
  public void close() {
    watches.forEach(Watch::close);
  }
}
