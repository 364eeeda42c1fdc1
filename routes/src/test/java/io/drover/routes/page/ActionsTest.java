package io.drover.routes.page;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.drover.routes.web.WebServer;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ActionsTest {
  private static final String TOKEN = "a-token-of-the-operator";

  private final HttpClient client = HttpClient.newHttpClient();
  private final List<String> cancelled = new ArrayList<>();
  private final List<String> retried = new ArrayList<>();
  private final List<String> witnessed = new ArrayList<>();
  private boolean away;
  private WebServer server;

  @BeforeEach
  void start() throws IOException {
    server = WebServer.start("127.0.0.1", 0);
    new Actions(
            TOKEN,
            id -> {
              if (away) {
                throw new IOException("Kafka is away");
              }
              cancelled.add(id);
            },
            id -> {
              if (!id.startsWith("id")) {
                throw new Actions.Refused("it goes on");
              }
              retried.add(id);
            },
            (action, id, address, status) ->
                witnessed.add(action + " " + id + " " + address + " " + status))
        .on(server);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void theOperatorCancels() throws Exception {
    assertEquals(202, post("id-1/cancel", "Bearer " + TOKEN, "cancel", null));
    assertEquals(202, post("id-2/cancel", "Bearer " + TOKEN, "cancel", origin()));
    assertEquals(List.of("id-1", "id-2"), cancelled);
  }

  @Test
  void nobodyElseDoes() throws Exception {
    assertEquals(401, post("id/cancel", null, "cancel", null));
    assertEquals(401, post("id/cancel", "Bearer ", "cancel", null));
    assertEquals(401, post("id/cancel", "Bearer " + TOKEN + "x", "cancel", null));
    assertEquals(401, post("id/cancel", "Basic " + TOKEN, "cancel", null));
    assertEquals(List.of(), cancelled);
  }

  @Test
  void aPageOfAnotherOriginDoesNotEitherWhateverItKnows() throws Exception {
    assertEquals(403, post("id/cancel", "Bearer " + TOKEN, null, null));
    assertEquals(403, post("id/cancel", "Bearer " + TOKEN, "cancel", "http://evil.example"));
    assertEquals(403, post("id/cancel", "Bearer " + TOKEN, "cancel", "null"));
    assertEquals(List.of(), cancelled);
  }

  @Test
  void whatIsNoImportOrNoActionIsNotThere() throws Exception {
    assertEquals(404, post("id/explode", "Bearer " + TOKEN, "cancel", null));
    assertEquals(404, post("a%22b/cancel", "Bearer " + TOKEN, "cancel", null));
    assertEquals(404, post("cancel", "Bearer " + TOKEN, "cancel", null));
  }

  @Test
  void thatNobodyCouldBeAskedIsSaid() throws Exception {
    away = true;
    assertEquals(503, post("id/cancel", "Bearer " + TOKEN, "cancel", null));
  }

  @Test
  void aShortTokenIsNone() {
    assertThrows(
        IllegalArgumentException.class,
        () -> new Actions("short", id -> {}, id -> {}, (action, id, address, status) -> {}));
  }

  @Test
  void theOperatorHasOneTriedAgainWhereThatMakesSense() throws Exception {
    assertEquals(202, post("id-1/retry", "Bearer " + TOKEN, "retry", origin()));
    assertEquals(409, post("other/retry", "Bearer " + TOKEN, "retry", null));
    assertEquals(List.of("id-1"), retried);
    assertEquals(List.of("retry id-1 127.0.0.1 202", "retry other 127.0.0.1 409"), witnessed);
  }

  @Test
  void nobodyElseHasOneTriedAgain() throws Exception {
    assertEquals(401, post("id/retry", "Bearer wrong", "retry", null));
    assertEquals(403, post("id/retry", "Bearer " + TOKEN, "cancel", null));
    assertEquals(403, post("id/cancel", "Bearer " + TOKEN, "retry", null));
    assertEquals(403, post("id/retry", "Bearer " + TOKEN, "retry", "http://evil.example"));
    assertEquals(List.of(), retried);
    assertEquals(List.of(), cancelled);
    assertEquals(List.of(), witnessed);
  }

  private String origin() {
    return "http://127.0.0.1:" + server.port();
  }

  private int post(String path, String authorization, String action, String origin)
      throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(origin() + "/api/imports/" + path))
            .POST(HttpRequest.BodyPublishers.noBody());
    if (authorization != null) {
      request.header("Authorization", authorization);
    }
    if (action != null) {
      request.header(Actions.HEADER, action);
    }
    if (origin != null) {
      request.header("Origin", origin);
    }
    return client.send(request.build(), HttpResponse.BodyHandlers.discarding()).statusCode();
  }
}
