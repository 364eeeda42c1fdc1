package io.drover.routes.boot;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import io.drover.converter.error.ImportException;
import io.drover.converter.error.Outcome;
import io.drover.converter.object.StoredObject;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Answers HEAD and GET for a fixed set of objects (RFC 9110). Thread-safe. */
final class ObjectHandler implements HttpHandler {
  /**
   * Bodies up to here leave in one write, which takes in what QEMU asks for at once (2 MiB and its
   * read-ahead); QEMU's curl driver has been seen to hang on bodies that come in small pieces.
   */
  static final int PIECE = 4 << 20;

  private static final Logger LOG = LoggerFactory.getLogger(ObjectHandler.class);

  /** {@code sendResponseHeaders}: no body follows. */
  private static final int NO_BODY = -1;

  private final Map<String, StoredObject> objects;
  private final BlockCache cache;
  private final HostCheck hosts;

  ObjectHandler(Map<String, StoredObject> objects, BlockCache cache, HostCheck hosts) {
    this.objects = Map.copyOf(objects);
    this.cache = cache;
    this.hosts = hosts;
  }

  @Override
  public void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      answer(exchange);
    }
  }

  private void answer(HttpExchange exchange) throws IOException {
    Headers request = exchange.getRequestHeaders();
    if (!hosts.accepts(request.getFirst("Host"))) {
      refuse(exchange, 421, "this server answers for loopback host names only");
      return;
    }
    StoredObject object = objects.get(exchange.getRequestURI().getPath());
    if (object == null) {
      refuse(exchange, 404, "no such object; there are: " + String.join(" ", sortedPaths()));
      return;
    }
    boolean head = exchange.getRequestMethod().equals("HEAD");
    if (!head && !exchange.getRequestMethod().equals("GET")) {
      exchange.getResponseHeaders().set("Allow", "GET, HEAD");
      refuse(exchange, 405, "read-only: GET and HEAD");
      return;
    }
    Headers response = exchange.getResponseHeaders();
    response.set("ETag", object.etag());
    response.set("Accept-Ranges", "bytes");
    // the order of the conditions is RFC 9110 section 13.2.2
    String match = request.getFirst("If-Match");
    if (match != null && !lists(match, object.etag(), true)) {
      refuse(exchange, 412, "the object's ETag is " + object.etag());
      return;
    }
    String noneMatch = request.getFirst("If-None-Match");
    if (noneMatch != null && lists(noneMatch, object.etag(), false)) {
      exchange.sendResponseHeaders(304, NO_BODY);
      return;
    }
    response.set("Content-Type", contentType(exchange.getRequestURI().getPath()));
    if (head) {
      response.set("Content-Length", Long.toString(object.size()));
      exchange.sendResponseHeaders(200, NO_BODY);
      return;
    }
    Optional<ByteRange> range = range(request, object);
    if (range.isPresent() && range.get().length() == 0) {
      response.set("Content-Range", "bytes */" + object.size());
      refuse(exchange, 416, "the object has " + object.size() + " bytes");
      return;
    }
    range.ifPresent(asked -> response.set("Content-Range", asked.contentRange(object.size())));
    send(exchange, object, range.orElse(new ByteRange(0, object.size())), range.isPresent());
  }

  private void send(HttpExchange exchange, StoredObject object, ByteRange range, boolean partial)
      throws IOException {
    byte[] piece = new byte[(int) Math.min(PIECE, range.length())];
    int length = piece.length;
    try {
      // before the status line goes out: a failure can still be told
      cache.read(object, range.first(), ByteBuffer.wrap(piece, 0, length));
    } catch (ImportException e) {
      LOG.warn("{}: {}", e.code(), e.getMessage());
      exchange.getResponseHeaders().remove("Content-Range");
      exchange.getResponseHeaders().remove("ETag");
      refuse(
          exchange, e.outcome() == Outcome.RESUMABLE ? 503 : 502, e.code() + ": " + e.getMessage());
      return;
    }
    exchange.sendResponseHeaders(partial ? 206 : 200, length == 0 ? NO_BODY : range.length());
    OutputStream body = exchange.getResponseBody();
    long position = range.first();
    long end = range.first() + range.length();
    while (position < end) {
      body.write(piece, 0, length);
      position += length;
      length = (int) Math.min(piece.length, end - position);
      if (length > 0) {
        // a failure from here on cuts the connection, and the client sees a short body
        cache.read(object, position, ByteBuffer.wrap(piece, 0, length));
      }
    }
  }

  /** The range to send, empty for the whole object. */
  private static Optional<ByteRange> range(Headers request, StoredObject object) {
    String header = request.getFirst("Range");
    if (header == null) {
      return Optional.empty();
    }
    String ifRange = request.getFirst("If-Range");
    // a date in it never matches: no Last-Modified is sent
    if (ifRange != null && !(ifRange.equals(object.etag()) && isStrong(ifRange))) {
      return Optional.empty();
    }
    return ByteRange.parse(header, object.size());
  }

  /**
   * Whether the list of entity tags holds the one, by strong or weak comparison (section 8.8.3.2).
   */
  private static boolean lists(String header, String etag, boolean strong) {
    if (header.strip().equals("*")) {
      return true;
    }
    return Arrays.stream(header.split(","))
        .map(String::strip)
        .anyMatch(
            tag -> strong ? isStrong(tag) && tag.equals(etag) : opaque(tag).equals(opaque(etag)));
  }

  private static boolean isStrong(String tag) {
    return tag.startsWith("\"");
  }

  private static String opaque(String tag) {
    return tag.startsWith("W/") ? tag.substring(2) : tag;
  }

  private static String contentType(String path) {
    return path.endsWith(".json") ? "application/json" : "application/octet-stream";
  }

  private Iterable<String> sortedPaths() {
    return objects.keySet().stream().sorted().toList();
  }

  private static void refuse(HttpExchange exchange, int status, String reason) throws IOException {
    LOG.debug("{} {}: {}", exchange.getRequestMethod(), status, reason);
    byte[] body = (reason + "\n").getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", "text/plain; charset=utf-8");
    if (exchange.getRequestMethod().equals("HEAD")) {
      exchange.getResponseHeaders().set("Content-Length", Integer.toString(body.length));
      exchange.sendResponseHeaders(status, NO_BODY);
      return;
    }
    exchange.sendResponseHeaders(status, body.length);
    exchange.getResponseBody().write(body);
  }
}
