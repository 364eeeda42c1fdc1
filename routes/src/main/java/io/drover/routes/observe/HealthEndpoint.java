package io.drover.routes.observe;

import io.drover.routes.web.WebAnswer;
import io.drover.routes.web.WebServer;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;

/**
 * {@code /observe/health}, {@code /observe/live} and {@code /observe/ready}. Tells numbers only,
 * nothing of images or names.
 */
public final class HealthEndpoint {
  private final BooleanSupplier running;
  private final IntSupplier imports;
  private final IntSupplier unsentEvents;

  /**
   * @param running whether the routes are up
   * @param imports under way
   * @param unsentEvents that Kafka does not have yet
   */
  public HealthEndpoint(BooleanSupplier running, IntSupplier imports, IntSupplier unsentEvents) {
    this.running = running;
    this.imports = imports;
    this.unsentEvents = unsentEvents;
  }

  /** Answers on that server. */
  public void on(WebServer server) {
    for (String path : new String[] {"/observe/health", "/observe/live", "/observe/ready"}) {
      server.handle("GET", path, request -> answer());
    }
  }

  private WebAnswer answer() {
    boolean up = running.getAsBoolean();
    return WebAnswer.json(
        up ? 200 : 503,
        Map.of(
            "status",
            up ? "UP" : "DOWN",
            "imports",
            imports.getAsInt(),
            "unsentEvents",
            unsentEvents.getAsInt()));
  }
}
