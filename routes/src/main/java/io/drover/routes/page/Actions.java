package io.drover.routes.page;

import io.drover.converter.error.Printable;
import io.drover.routes.web.WebAnswer;
import io.drover.routes.web.WebRequest;
import io.drover.routes.web.WebServer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What may be done through the page: {@code POST /api/imports/ID/cancel}. Asks for a bearer token,
 * and for a header that no form and no page of another origin can send without being asked.
 * Thread-safe.
 */
public final class Actions {
  private static final Logger LOG = LoggerFactory.getLogger(Actions.class);

  /** Names the action again: browsers send it across origins only when they are allowed to. */
  static final String HEADER = "X-Drover-Action";

  /** Shorter ones can be guessed. */
  public static final int SHORTEST_TOKEN = 16;

  private static final Pattern CANCEL = Pattern.compile("([A-Za-z0-9._-]{1,128})/cancel");
  private static final int MOST_BODY = 1_024;

  private final byte[] token;
  private final Canceller canceller;

  /** Asks whoever works on an import to end it. */
  @FunctionalInterface
  public interface Canceller {
    /**
     * @throws IOException if nobody could be asked
     */
    void cancel(String importId) throws IOException;
  }

  /**
   * @param token at least {@value #SHORTEST_TOKEN} characters
   */
  public Actions(String token, Canceller canceller) {
    if (token.length() < SHORTEST_TOKEN) {
      throw new IllegalArgumentException("a token of " + token.length() + " characters");
    }
    this.token = token.getBytes(StandardCharsets.UTF_8);
    this.canceller = canceller;
  }

  /** Answers on that server. */
  public void on(WebServer server) {
    server.handle("POST", "/api/imports/", this::act);
  }

  private WebAnswer act(WebRequest request) throws IOException {
    request.body(MOST_BODY);
    Matcher action = CANCEL.matcher(request.rest());
    if (!action.matches()) {
      return WebAnswer.text(404, "there is no such action");
    }
    if (!sameOrigin(request) || !request.header(HEADER).equals(Optional.of("cancel"))) {
      return WebAnswer.text(403, "this was not sent by Drover's page: " + HEADER + " is missing");
    }
    if (!authorized(request)) {
      LOG.warn("import {}: a cancellation without the right token", action.group(1));
      return WebAnswer.text(401, "the token is not the right one")
          .with("WWW-Authenticate", "Bearer");
    }
    try {
      canceller.cancel(action.group(1));
    } catch (IOException e) {
      LOG.warn("import {}: {}", action.group(1), Printable.text(e.getMessage(), 1_024));
      return WebAnswer.text(503, "it could not be asked for; the log says why");
    }
    LOG.info("import {}: its cancellation was asked for on the page", action.group(1));
    return WebAnswer.text(202, "asked for");
  }

  /** Programs send no origin; browsers do, and cannot be made to send another one. */
  private static boolean sameOrigin(WebRequest request) {
    Optional<String> origin = request.header("Origin");
    String host = request.header("Host").orElse("");
    return origin.isEmpty()
        || origin.get().equals("http://" + host)
        || origin.get().equals("https://" + host);
  }

  private boolean authorized(WebRequest request) {
    String given = request.header("Authorization").orElse("");
    // takes the same time whichever character is wrong
    return given.startsWith("Bearer ")
        && MessageDigest.isEqual(
            token, given.substring("Bearer ".length()).getBytes(StandardCharsets.UTF_8));
  }
}
