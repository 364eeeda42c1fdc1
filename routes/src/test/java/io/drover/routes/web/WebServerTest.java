package io.drover.routes.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WebServerTest {
  private final HttpClient client = HttpClient.newHttpClient();
  private WebServer server;

  @BeforeEach
  void start() throws IOException {
    server = WebServer.start("127.0.0.1", 0);
    server.handle("GET", "/exact", request -> WebAnswer.text(200, "exact"));
    server.handle("GET", "/below/", request -> WebAnswer.text(200, "rest=" + request.rest()));
    server.handle("GET", "/", request -> WebAnswer.text(200, "root"));
    server.handle("POST", "/in", request -> WebAnswer.text(202, "got " + request.body(10).length));
    server.handle(
        "GET",
        "/defect",
        request -> {
          throw new IllegalStateException("secret detail");
        });
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void answersExactPathsAndPrefixes() throws Exception {
    assertEquals("root\n", send("GET", "/").body());
    assertEquals("exact\n", send("GET", "/exact").body());
    assertEquals("exact\n", send("GET", "/exact?x=1").body());
    assertEquals("rest=a b/c\n", send("GET", "/below/a%20b/c").body());
    assertEquals(404, send("GET", "/exact/more").statusCode());
    assertEquals(404, send("GET", "/exac").statusCode());
    assertEquals(404, send("GET", "/other").statusCode());
  }

  @Test
  void headIsGetWithoutABody() throws Exception {
    HttpResponse<String> head = send("HEAD", "/exact");
    assertEquals(200, head.statusCode());
    assertEquals("", head.body());
  }

  @Test
  void otherMethodsAreRefusedWithTheOnesThereAre() throws Exception {
    HttpResponse<String> put = send("PUT", "/exact");
    assertEquals(405, put.statusCode());
    assertEquals("GET, HEAD", put.headers().firstValue("Allow").orElseThrow());
    HttpResponse<String> get = send("GET", "/in");
    assertEquals(405, get.statusCode());
    assertEquals("POST", get.headers().firstValue("Allow").orElseThrow());
  }

  @Test
  void bodiesAreBounded() throws Exception {
    assertEquals("got 10\n", post("0123456789").body());
    assertEquals(413, post("0123456789a").statusCode());
    assertEquals(413, post("x".repeat(3 << 20)).statusCode());
  }

  @Test
  void everyAnswerForbidsWhatThePageDoesNotNeed() throws Exception {
    for (String path : new String[] {"/", "/other", "/defect"}) {
      HttpResponse<String> answer = send("GET", path);
      String policy = answer.headers().firstValue("Content-Security-Policy").orElseThrow();
      assertTrue(policy.startsWith("default-src 'none';"), policy);
      assertFalse(policy.contains("unsafe"), policy);
      assertEquals("nosniff", answer.headers().firstValue("X-Content-Type-Options").orElseThrow());
      assertEquals("no-store", answer.headers().firstValue("Cache-Control").orElseThrow());
    }
  }

  @Test
  void aDefectTellsNothing() throws Exception {
    HttpResponse<String> answer = send("GET", "/defect");
    assertEquals(500, answer.statusCode());
    assertFalse(answer.body().contains("secret"), answer.body());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/../../etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/exact/../../etc/passwd",
        "//etc/passwd",
        "/exact%00",
        "/app.js/..%2f..%2fapplication.properties",
        "*",
        "http://elsewhere/exact/../x"
      })
  void noPathLeadsOut(String target) throws Exception {
    String answer = raw("GET " + target + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assertTrue(answer.matches("(?s)HTTP/1.1 (404|400) .*"), answer);
  }

  @Test
  void aHostNameOfSomebodyElseIsNotServed() throws Exception {
    String answer = raw("GET /exact HTTP/1.1\r\nHost: evil.example:80\r\n\r\n");
    assertTrue(answer.startsWith("HTTP/1.1 421 "), answer);
    assertFalse(answer.contains("exact\n"), answer);
  }

  @Test
  void streamsComeAsTheyAreWritten() throws Exception {
    server.stream(
        "/drops",
        "text/event-stream",
        (request, out) -> {
          for (int drop = 0; drop < 3; drop++) {
            out.write(("data: " + drop + "\n\n").getBytes(StandardCharsets.UTF_8));
            out.flush();
          }
        });
    HttpResponse<String> answer = send("GET", "/drops");
    assertEquals("text/event-stream", answer.headers().firstValue("Content-Type").orElseThrow());
    assertEquals("data: 0\n\ndata: 1\n\ndata: 2\n\n", answer.body());
    assertEquals(404, send("POST", "/drops").statusCode());
  }

  private HttpResponse<String> send(String method, String path) throws Exception {
    return client.send(
        HttpRequest.newBuilder(uri(path))
            .method(method, HttpRequest.BodyPublishers.noBody())
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private HttpResponse<String> post(String body) throws Exception {
    return client.send(
        HttpRequest.newBuilder(uri("/in")).POST(HttpRequest.BodyPublishers.ofString(body)).build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private URI uri(String path) {
    return URI.create("http://127.0.0.1:" + server.port() + path);
  }

  private String raw(String request) throws IOException {
    try (Socket socket = new Socket("127.0.0.1", server.port())) {
      socket.setSoTimeout(120_000);
      OutputStream out = socket.getOutputStream();
      out.write(request.getBytes(StandardCharsets.ISO_8859_1));
      out.flush();
      socket.shutdownOutput();
      InputStream in = socket.getInputStream();
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
