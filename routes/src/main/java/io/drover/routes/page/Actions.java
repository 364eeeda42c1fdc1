package io.drover.routes.page;

import io.drover.converter.error.Printable;
import io.drover.routes.event.ImportLog;
import io.drover.routes.web.WebAnswer;
import io.drover.routes.web.WebRequest;
import io.drover.routes.web.WebServer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What may be done through the page: {@code POST /api/imports/ID/cancel} and {@code …/retry}. Asks
 * for a bearer token, and for a header that no form and no page of another origin can send without
 * being asked. Thread-safe.
 */
public final class Actions {
  private static final Logger LOG = LoggerFactory.getLogger(Actions.class);

  /** Names the action again: browsers send it across origins only when they are allowed to. */
  static final String HEADER = "X-Drover-Action";

  /** Shorter ones can be guessed. */
  public static final int SHORTEST_TOKEN = 16;

  private static final Pattern ACTION = Pattern.compile("([A-Za-z0-9._-]{1,128})/(cancel|retry)");
  private static final int MOST_BODY = 1_024;

  private final byte[] token;
  private final Map<String, Action> actions;
  private final Witness witness;

  /** Something that is asked for, of one import. */
  @FunctionalInterface
  public interface Action {
    /**
     * @throws Refused if it makes no sense, or is not allowed
     * @throws IOException if nobody could be asked
     */
    void ask(String importId) throws IOException, Refused;
  }

  /** Told of everything that somebody with the token has asked for. */
  @FunctionalInterface
  public interface Witness {
    /**
     * @param action {@code cancel} or {@code retry}
     * @param address that it came from
     * @param status as HTTP has it, of the answer
     */
    void asked(String action, String importId, String address, int status);
  }

  /** An action that will not be done; the message may be told to anybody. */
  public static final class Refused extends Exception {
    private static final long serialVersionUID = 1;

    public Refused(String reason) {
      super(reason);
    }
  }

  /**
   * @param token at least {@value #SHORTEST_TOKEN} characters
   * @param cancel asks whoever works on an import to end it
   * @param retry has one that failed or was cancelled done once more
   */
  public Actions(String token, Action cancel, Action retry, Witness witness) {
    if (token.length() < SHORTEST_TOKEN) {
      throw new IllegalArgumentException("a token of " + token.length() + " characters");
    }
    this.token = token.getBytes(StandardCharsets.UTF_8);
    this.actions = Map.of("cancel", cancel, "retry", retry);
    this.witness = witness;
  }

  /** Answers on that server. */
  public void on(WebServer server) {
    server.handle("POST", "/api/imports/", this::act);
  }

  @SuppressWarnings("try") // the scope is there meanwhile; nobody calls it
  private WebAnswer act(WebRequest request) throws IOException {
    request.body(MOST_BODY);
    Matcher path = ACTION.matcher(request.rest());
    if (!path.matches()) {
      return WebAnswer.text(404, "there is no such action");
    }
    String importId = path.group(1);
    String action = path.group(2);
    try (ImportLog.Scope scope = ImportLog.of(importId)) {
      return act(request, action, importId);
    }
  }

  private WebAnswer act(WebRequest request, String action, String importId) {
    if (!sameOrigin(request) || !request.header(HEADER).equals(Optional.of(action))) {
      return WebAnswer.text(403, "this was not sent by Drover's page: " + HEADER + " is missing");
    }
    if (!authorized(request)) {
      LOG.warn("import {}: {} without the right token", importId, action);
      return WebAnswer.text(401, "the token is not the right one")
          .with("WWW-Authenticate", "Bearer");
    }
    WebAnswer answer = answer(action, importId);
    LOG.info("import {}: {} by {}: {}", importId, action, request.remoteAddress(), answer.status());
    witness.asked(action, importId, request.remoteAddress(), answer.status());
    return answer;
  }

  private WebAnswer answer(String action, String importId) {
    try {
      actions.get(action).ask(importId);
      return WebAnswer.text(202, "asked for");
    } catch (Refused e) {
      return WebAnswer.text(409, e.getMessage());
    } catch (IOException e) {
      LOG.warn("import {}: {}: {}", importId, action, Printable.text(e.getMessage(), 1_024));
      return WebAnswer.text(503, "it could not be asked for; the log says why");
    }
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
