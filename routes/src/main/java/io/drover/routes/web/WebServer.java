package io.drover.routes.web;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.drover.converter.error.Printable;
import io.drover.routes.boot.HostCheck;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The service's own HTTP server. Others add what they answer with {@link #handle}, by exact path,
 * or by prefix where the path ends in a slash; no path is ever taken for a file's name.
 *
 * <p>Bound to loopback it answers only requests that name a loopback host, which keeps web pages of
 * other origins out (DNS rebinding). At most {@value #THREADS} requests are under way, one that
 * does not arrive within {@value #REQUEST_SECONDS} s is cut. Thread-safe.
 */
public final class WebServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(WebServer.class);
  static final int THREADS = 64;
  private static final int REQUEST_SECONDS = 30;

  /** For every answer: the page has all it needs from here, and nobody frames it. */
  private static final Map<String, String> HEADERS =
      Map.of(
          "Content-Security-Policy",
          "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
              + " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
          "X-Content-Type-Options",
          "nosniff",
          "Referrer-Policy",
          "no-referrer",
          "Cross-Origin-Opener-Policy",
          "same-origin",
          "Cross-Origin-Resource-Policy",
          "same-origin");

  static {
    // read once by the first server of the process: no small answer waits for the client's delayed
    // acknowledgement, and nobody holds a thread by sending a request byte by byte
    for (Map.Entry<String, String> property :
        Map.of(
                "sun.net.httpserver.nodelay", "true",
                "sun.net.httpserver.maxReqTime", Integer.toString(REQUEST_SECONDS),
                "jdk.httpserver.maxConnections", "256")
            .entrySet()) {
      if (System.getProperty(property.getKey()) == null) {
        System.setProperty(property.getKey(), property.getValue());
      }
    }
  }

  /** Answers a request. */
  @FunctionalInterface
  public interface Handler {
    /**
     * @throws IOException what the client is told as status 500; the log has the reason
     */
    WebAnswer answer(WebRequest request) throws IOException;
  }

  /** Answers a GET bit by bit, on a thread of its own, until it returns or the client goes. */
  @FunctionalInterface
  public interface Stream {
    void write(WebRequest request, OutputStream out) throws IOException;
  }

  private final HttpServer server;
  private final ExecutorService threads;
  private final HostCheck hosts;

  /** By path, then by method. */
  private final Map<String, Map<String, Handler>> handlers = new ConcurrentHashMap<>();

  private final Map<String, Open> streams = new ConcurrentHashMap<>();

  private record Open(String contentType, Stream stream) {}

  private WebServer(HttpServer server, ExecutorService threads) {
    this.server = server;
    this.threads = threads;
    this.hosts = HostCheck.forServerAt(server.getAddress().getAddress());
  }

  /**
   * Begins to listen; every path is unknown until somebody handles it.
   *
   * @param port 0 for any free one
   * @throws IOException if the port is taken
   */
  public static WebServer start(String host, int port) throws IOException {
    HttpServer server = HttpServer.create(new InetSocketAddress(host, port), 64);
    AtomicInteger number = new AtomicInteger();
    ExecutorService threads =
        new ThreadPoolExecutor(
            2,
            THREADS,
            30,
            TimeUnit.SECONDS,
            new SynchronousQueue<>(),
            task -> {
              Thread thread = new Thread(task, "web-" + number.incrementAndGet());
              thread.setDaemon(true);
              return thread;
            });
    WebServer web = new WebServer(server, threads);
    server.setExecutor(threads);
    server.createContext("/", web::serve);
    server.start();
    return web;
  }

  /**
   * Adds what is answered.
   *
   * @param method GET (HEAD comes along), POST, …
   * @param path of the requests; if it ends in a slash, of all below it, too
   * @return this
   */
  public WebServer handle(String method, String path, Handler handler) {
    handlers.computeIfAbsent(path, any -> new ConcurrentHashMap<>()).put(method, handler);
    return this;
  }

  /** Adds what is answered to GET bit by bit. */
  public WebServer stream(String path, String contentType, Stream stream) {
    streams.put(path, new Open(contentType, stream));
    return this;
  }

  public int port() {
    return server.getAddress().getPort();
  }

  /** Stops at once. */
  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }

  private void serve(HttpExchange exchange) {
    try (exchange) {
      HEADERS.forEach(exchange.getResponseHeaders()::set);
      exchange.getResponseHeaders().set("Cache-Control", "no-store");
      if (!hosts.accepts(exchange.getRequestHeaders().getFirst("Host"))) {
        send(exchange, WebAnswer.text(421, "this host name is not served here"));
        return;
      }
      String path = exchange.getRequestURI().getPath();
      Open open = path == null ? null : streams.get(path);
      if (open != null && exchange.getRequestMethod().equals("GET")) {
        exchange.getResponseHeaders().set("Content-Type", open.contentType());
        exchange.sendResponseHeaders(200, 0);
        open.stream().write(new WebRequest(exchange, ""), exchange.getResponseBody());
        return;
      }
      send(exchange, answer(exchange, path));
    } catch (IOException | RuntimeException e) {
      // the client has gone, or asked for what HTTP has no words for
      LOG.debug("a request ended early", e);
    }
  }

  private WebAnswer answer(HttpExchange exchange, String path) {
    if (path == null || !path.startsWith("/")) {
      return WebAnswer.text(400, "no path");
    }
    String place = place(path);
    Map<String, Handler> methods = handlers.get(place);
    if (methods == null) {
      return WebAnswer.text(404, "there is nothing here");
    }
    String method = exchange.getRequestMethod();
    Handler handler = methods.get(method.equals("HEAD") ? "GET" : method);
    if (handler == null) {
      return WebAnswer.text(405, "not by " + Printable.text(method, 16))
          .with("Allow", allow(methods));
    }
    try {
      return handler.answer(new WebRequest(exchange, path.substring(place.length())));
    } catch (WebRequest.TooLargeException e) {
      return WebAnswer.text(413, e.getMessage());
    } catch (IOException | RuntimeException e) {
      LOG.warn("{} {} failed", Printable.text(method, 16), Printable.text(path), e);
      return WebAnswer.text(500, "this failed; the log says why");
    }
  }

  /** The path itself, or the longest one above it that takes what is below. */
  private String place(String path) {
    if (handlers.containsKey(path)) {
      return path;
    }
    // the root is itself alone
    for (int slash = path.lastIndexOf('/'); slash > 0; slash = path.lastIndexOf('/', slash - 1)) {
      String above = path.substring(0, slash + 1);
      if (handlers.containsKey(above)) {
        return above;
      }
    }
    return path;
  }

  private static String allow(Map<String, Handler> methods) {
    Set<String> names = new TreeSet<>(methods.keySet());
    if (names.contains("GET")) {
      names.add("HEAD");
    }
    return String.join(", ", names);
  }

  private static void send(HttpExchange exchange, WebAnswer answer) throws IOException {
    answer.headers().forEach(exchange.getResponseHeaders()::set);
    boolean bare = exchange.getRequestMethod().equals("HEAD") || answer.body().length == 0;
    exchange.sendResponseHeaders(answer.status(), bare ? -1 : answer.body().length);
    if (!bare) {
      exchange.getResponseBody().write(answer.body());
    }
  }
}
