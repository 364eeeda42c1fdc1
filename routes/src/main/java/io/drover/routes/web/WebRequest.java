package io.drover.routes.web;

import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;

/** What a client asks. Its body can be taken once. Thread-confined. */
public final class WebRequest {
  private static final int MOST_DRAINED = 8 << 20;

  private final HttpExchange exchange;
  private final String rest;

  WebRequest(HttpExchange exchange, String rest) {
    this.exchange = exchange;
    this.rest = rest;
  }

  public String method() {
    return exchange.getRequestMethod();
  }

  /** Of the path, decoded, what follows the one that the handler was registered for. */
  public String rest() {
    return rest;
  }

  /** The address that it comes from: a proxy's, where there is one in front. */
  public String remoteAddress() {
    return exchange.getRemoteAddress().getAddress().getHostAddress();
  }

  /** The first field of that name, in any case of its letters. */
  public Optional<String> header(String name) {
    return Optional.ofNullable(exchange.getRequestHeaders().getFirst(name));
  }

  /**
   * The whole body.
   *
   * @param limit bytes that it may have
   * @throws TooLargeException if it has more, which the client is told with status 413
   */
  public byte[] body(int limit) throws IOException {
    byte[] body = exchange.getRequestBody().readNBytes(limit + 1);
    if (body.length > limit) {
      drain(exchange.getRequestBody());
      throw new TooLargeException(limit);
    }
    return body;
  }

  /**
   * A client that is still sending would not hear the answer; beyond this that is its own fault.
   */
  private static void drain(InputStream rest) throws IOException {
    byte[] piece = new byte[1 << 16];
    int read = rest.read(piece);
    for (int drained = 0; read >= 0 && drained < MOST_DRAINED; read = rest.read(piece)) {
      drained += read;
    }
  }

  /** A body beyond its limit. */
  static final class TooLargeException extends IOException {
    TooLargeException(int limit) {
      super("the body has more than " + limit + " bytes");
    }
  }
}
