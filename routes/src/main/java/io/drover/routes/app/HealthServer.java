package io.drover.routes.app;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.function.Supplier;

/**
 * The service's own HTTP port: {@code /observe/health}, {@code /observe/live} and {@code
 * /observe/ready}. Tells numbers only, nothing of images or names.
 */
public final class HealthServer implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final HttpServer server;

  private HealthServer(HttpServer server) {
    this.server = server;
  }

  /**
   * @param port 0 for any free one
   * @throws IOException if the port is taken
   */
  public static HealthServer start(String host, int port, DroverApp app) throws IOException {
    HttpServer server = HttpServer.create(new InetSocketAddress(host, port), 16);
    server.setExecutor(
        Executors.newSingleThreadExecutor(
            task -> {
              Thread thread = new Thread(task, "health");
              thread.setDaemon(true);
              return thread;
            }));
    for (String path : new String[] {"/observe/health", "/observe/live", "/observe/ready"}) {
      server.createContext(path, exchange -> answer(exchange, () -> state(app)));
    }
    server.start();
    return new HealthServer(server);
  }

  public int port() {
    return server.getAddress().getPort();
  }

  @Override
  public void close() {
    server.stop(0);
  }

  private static Map<String, Object> state(DroverApp app) {
    return Map.of(
        "status",
        app.running() ? "UP" : "DOWN",
        "imports",
        app.active().list().size(),
        "unsentEvents",
        app.unsentEvents());
  }

  private static void answer(HttpExchange exchange, Supplier<Map<String, Object>> state)
      throws IOException {
    try (exchange) {
      Map<String, Object> values = state.get();
      byte[] body = JSON.writeValueAsBytes(values);
      exchange.getResponseHeaders().set("Content-Type", "application/json");
      exchange.getResponseHeaders().set("Cache-Control", "no-store");
      boolean head = exchange.getRequestMethod().equals("HEAD");
      exchange.sendResponseHeaders(
          "UP".equals(values.get("status")) ? 200 : 503, head ? -1 : body.length);
      if (!head) {
        exchange.getResponseBody().write(body);
      }
    }
  }
}
