package io.drover.converter.http;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * An http server on loopback that serves one file by ranges, rightly, but for what it is told to do
 * to the next answers.
 */
final class MisbehavingServer implements AutoCloseable {
  /** What one answer is to be instead. */
  @FunctionalInterface
  interface Fault {
    void answer(HttpExchange exchange, int first, int last) throws IOException;
  }

  final byte[] content;
  volatile String etag = "\"one\"";
  volatile String lastModified = "Sun, 22 Nov 2026 10:00:00 GMT";
  private final List<String> seen = new ArrayList<>();
  private final Deque<Fault> faults = new ArrayDeque<>();
  private final HttpServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();

  MisbehavingServer(byte[] content) throws IOException {
    this.content = content;
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext("/", this::handle);
    server.start();
  }

  String url(String path) {
    return "http://127.0.0.1:" + server.getAddress().getPort() + path;
  }

  /** The next answers, one each. */
  synchronized void then(Fault... next) {
    faults.addAll(List.of(next));
  }

  /** "path range if-match" of every request. */
  synchronized List<String> seen() {
    return List.copyOf(seen);
  }

  private void handle(HttpExchange exchange) throws IOException {
    String range = exchange.getRequestHeaders().getFirst("Range");
    Fault fault;
    synchronized (this) {
      seen.add(
          exchange.getRequestURI()
              + " "
              + range
              + " "
              + exchange.getRequestHeaders().getFirst("If-Match")
              + " "
              + exchange.getRequestHeaders().getFirst("Authorization"));
      fault = faults.poll();
    }
    String[] ends = range.substring("bytes=".length()).split("-");
    int first = Integer.parseInt(ends[0]);
    int last = Math.min(Integer.parseInt(ends[1]), content.length - 1);
    if (fault != null) {
      fault.answer(exchange, first, last);
    } else {
      right(exchange, first, last);
    }
    exchange.close();
  }

  void right(HttpExchange exchange, int first, int last) throws IOException {
    String match = exchange.getRequestHeaders().getFirst("If-Match");
    if (match != null && !match.equals(etag)) {
      exchange.sendResponseHeaders(412, -1);
    } else if (first >= content.length) {
      exchange.getResponseHeaders().set("Content-Range", "bytes */" + content.length);
      exchange.sendResponseHeaders(416, -1);
    } else {
      headers(exchange, first, last);
      exchange.sendResponseHeaders(206, last - first + 1);
      exchange.getResponseBody().write(content, first, last - first + 1);
    }
  }

  void headers(HttpExchange exchange, int first, int last) {
    exchange
        .getResponseHeaders()
        .set("Content-Range", "bytes " + first + "-" + last + "/" + content.length);
    if (etag != null) {
      exchange.getResponseHeaders().set("ETag", etag);
    }
    if (lastModified != null) {
      exchange.getResponseHeaders().set("Last-Modified", lastModified);
    }
  }

  /** A status and nothing else. */
  static Fault status(int status) {
    return (exchange, first, last) -> exchange.sendResponseHeaders(status, -1);
  }

  /** The right head, and so much of the body before the connection breaks. */
  Fault cutAfter(int bytes) {
    return (exchange, first, last) -> {
      headers(exchange, first, last);
      exchange.sendResponseHeaders(206, last - first + 1);
      exchange.getResponseBody().write(content, first, Math.min(bytes, last - first));
      exchange.getResponseBody().flush();
    };
  }

  /** Everything, as a server without ranges does. */
  Fault whole() {
    return (exchange, first, last) -> {
      exchange.sendResponseHeaders(200, content.length);
      exchange.getResponseBody().write(content);
    };
  }

  static Fault redirect(int status, String target) {
    return (exchange, first, last) -> {
      exchange.getResponseHeaders().set("Location", target);
      exchange.sendResponseHeaders(status, -1);
    };
  }

  /** The right answer but for one header. */
  Fault header(String name, String value) {
    return (exchange, first, last) -> {
      headers(exchange, first, last);
      exchange.getResponseHeaders().set(name, value);
      exchange.sendResponseHeaders(206, last - first + 1);
      exchange.getResponseBody().write(content, first, last - first + 1);
    };
  }

  /** The head, some bytes, and then silence. */
  Fault stallAfter(int bytes, long millis) {
    return (exchange, first, last) -> {
      headers(exchange, first, last);
      exchange.sendResponseHeaders(206, last - first + 1);
      exchange.getResponseBody().write(content, first, Math.min(bytes, last - first));
      exchange.getResponseBody().flush();
      try {
        Thread.sleep(millis);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    };
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
