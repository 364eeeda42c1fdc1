package io.drover.routes.boot;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.object.StoredObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ObjectGatewayTest {
  private final MemoryObjects store = new MemoryObjects();
  private final byte[] bytes = random(9 * (1 << 20) + 777);
  private final StoredObject disk = store.add("vm/disk.raw", bytes);
  private final StoredObject manifest = store.add("vm/manifest.json", "{}".getBytes(US_ASCII));
  private final HttpClient client = HttpClient.newHttpClient();
  private ObjectGateway gateway;

  @BeforeEach
  void start() throws IOException {
    gateway =
        ObjectGateway.start(
            store,
            Map.of(
                "/disk.raw",
                disk,
                "/manifest.json",
                manifest,
                "/empty",
                store.add("vm/empty", new byte[0])),
            ObjectGateway.address("0"));
  }

  @AfterEach
  void stop() {
    gateway.close();
  }

  @Test
  void headTellsWhatQemuAsksFor() throws Exception {
    HttpResponse<byte[]> head = send("HEAD", "/disk.raw");
    assertEquals(200, head.statusCode());
    assertEquals(Integer.toString(bytes.length), header(head, "Content-Length"));
    assertEquals("bytes", header(head, "Accept-Ranges"));
    assertEquals(disk.etag(), header(head, "ETag"));
    assertEquals(0, store.reads.get(), "no read for a HEAD");
  }

  @Test
  void getSendsTheWholeInOrder() throws Exception {
    HttpResponse<byte[]> whole = send("GET", "/disk.raw");
    assertEquals(200, whole.statusCode());
    assertArrayEquals(bytes, whole.body());
  }

  @Test
  void anEmptyObjectIsEmpty() throws Exception {
    assertEquals(200, send("GET", "/empty").statusCode());
    assertEquals(0, send("GET", "/empty").body().length);
    assertEquals(416, send("GET", "/empty", "Range", "bytes=0-0").statusCode());
  }

  @ParameterizedTest
  @CsvSource({
    "bytes=0-0, 0, 1",
    "bytes=1048575-1048576, 1048575, 1048577",
    "bytes=5000000-, 5000000, 9437961",
    "bytes=-1000, 9436961, 9437961",
    "bytes=9437960-99999999, 9437960, 9437961",
  })
  void getSendsOneRange(String range, int from, int to) throws Exception {
    HttpResponse<byte[]> part = send("GET", "/disk.raw", "Range", range);
    assertEquals(206, part.statusCode());
    assertEquals(
        "bytes " + from + "-" + (to - 1) + "/" + bytes.length, header(part, "Content-Range"));
    assertArrayEquals(Arrays.copyOfRange(bytes, from, to), part.body());
  }

  @Test
  void aRangeBehindTheEndIs416() throws Exception {
    HttpResponse<byte[]> none = send("GET", "/disk.raw", "Range", "bytes=9437961-");
    assertEquals(416, none.statusCode());
    assertEquals("bytes */" + bytes.length, header(none, "Content-Range"));
  }

  @Test
  void severalRangesAreAnsweredWithTheWhole() throws Exception {
    HttpResponse<byte[]> whole = send("GET", "/disk.raw", "Range", "bytes=0-4,8-9");
    assertEquals(200, whole.statusCode());
    assertEquals(bytes.length, whole.body().length);
  }

  @Test
  void ifMatchGuardsTheState() throws Exception {
    assertEquals(206, ranged("If-Match", disk.etag()).statusCode());
    assertEquals(206, ranged("If-Match", "\"other\", " + disk.etag()).statusCode());
    assertEquals(206, ranged("If-Match", "*").statusCode());
    assertEquals(412, ranged("If-Match", "\"other\"").statusCode());
    assertEquals(412, ranged("If-Match", "W/" + disk.etag()).statusCode());
    assertEquals(412, send("HEAD", "/disk.raw", "If-Match", "\"other\"").statusCode());
  }

  @Test
  void ifNoneMatchSparesTheBody() throws Exception {
    HttpResponse<byte[]> same = ranged("If-None-Match", "W/" + disk.etag());
    assertEquals(304, same.statusCode());
    assertEquals(disk.etag(), header(same, "ETag"));
    assertEquals(0, same.body().length);
    assertEquals(304, send("HEAD", "/disk.raw", "If-None-Match", "*").statusCode());
    assertEquals(206, ranged("If-None-Match", "\"other\"").statusCode());
  }

  @Test
  void ifRangeFallsBackToTheWhole() throws Exception {
    assertEquals(206, ranged("If-Range", disk.etag()).statusCode());
    assertEquals(200, ranged("If-Range", "\"other\"").statusCode());
    assertEquals(200, ranged("If-Range", "Sun, 22 Nov 2026 00:00:00 GMT").statusCode());
  }

  @ParameterizedTest
  @ValueSource(strings = {"/", "/disk.qcow2", "/disk.raw/", "/../disk.raw", "/vm/disk.raw"})
  void nothingElseIsServed(String path) throws Exception {
    assertEquals(404, send("GET", path).statusCode());
    assertEquals(404, send("HEAD", path).statusCode());
  }

  @ParameterizedTest
  @ValueSource(strings = {"PUT", "POST", "DELETE", "OPTIONS", "PATCH"})
  void nothingIsWritten(String method) throws Exception {
    HttpResponse<byte[]> refused = send(method, "/disk.raw");
    assertEquals(405, refused.statusCode());
    assertEquals("GET, HEAD", header(refused, "Allow"));
  }

  @ParameterizedTest
  @CsvSource({
    "127.0.0.1, 200",
    "LOCALHOST:80, 200",
    "[::1]:80, 200",
    "rebound.example, 421",
    "127.0.0.1.rebound.example:80, 421",
    "localhost.rebound.example, 421",
    "'', 421",
  })
  void onlyLoopbackNamesAreAnswered(String host, int status) throws IOException {
    assertEquals(status, rawStatus("HEAD /disk.raw HTTP/1.1\r\nHost: " + host + "\r\n"));
  }

  @Test
  void anyNameIsAnsweredWhenBoundElsewhere() throws IOException {
    try (ObjectGateway open =
        ObjectGateway.start(store, Map.of("/disk.raw", disk), ObjectGateway.address("0.0.0.0:0"))) {
      assertEquals(
          200,
          rawStatus(
              open.address().getPort(), "HEAD /disk.raw HTTP/1.1\r\nHost: images.example\r\n"));
      assertTrue(gateway.isLoopback());
      assertEquals(false, open.isLoopback());
      assertEquals(
          URI.create("http://127.0.0.1:" + open.address().getPort() + "/disk.raw"),
          open.uri("/disk.raw"));
    }
  }

  @Test
  void aStoreThatFailsIsAnError() throws Exception {
    store.failure = ImportException.resumable(ErrorCode.TARGET_UNAVAILABLE, "no answer", null);
    assertEquals(503, send("GET", "/manifest.json").statusCode());
    store.failure = ImportException.failed(ErrorCode.TARGET_DENIED, "no right", null);
    HttpResponse<byte[]> denied = send("GET", "/manifest.json", "Range", "bytes=0-0");
    assertEquals(502, denied.statusCode());
    assertTrue(new String(denied.body(), US_ASCII).startsWith("TARGET_DENIED"));
    assertTrue(denied.headers().firstValue("Content-Range").isEmpty());
    store.failure = null;
    assertEquals("{}", new String(send("GET", "/manifest.json").body(), US_ASCII));
  }

  @Test
  void aReplacedObjectIsAnErrorAndNeverAMixture() throws Exception {
    store.add("vm/disk.raw", random(100));
    assertEquals(502, send("GET", "/disk.raw", "Range", "bytes=0-9").statusCode());
  }

  @Test
  void aStoreThatFailsInTheMiddleCutsTheAnswer() {
    store.failure = ImportException.failed(ErrorCode.TARGET_CORRUPTED, "other bytes", null);
    store.failsFrom = 2L * ObjectHandler.PIECE;
    assertThrows(IOException.class, () -> send("GET", "/disk.raw"));
    store.failure = null;
    assertDoesNotThrow(() -> send("GET", "/disk.raw"));
  }

  @ParameterizedTest
  @CsvSource({
    "8080, 127.0.0.1, 8080",
    ":8080, 127.0.0.1, 8080",
    "127.0.0.1:0, 127.0.0.1, 0",
    "[::1]:65535, ::1, 65535",
  })
  void readsAddresses(String text, String host, int port) {
    assertEquals(new InetSocketAddress(host, port), ObjectGateway.address(text));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "host", "host:", "host:65536", "::1:80", "host:-1", "a b:1"})
  void refusesWhatIsNoAddress(String text) {
    assertThrows(IllegalArgumentException.class, () -> ObjectGateway.address(text));
  }

  private HttpResponse<byte[]> ranged(String name, String value) throws Exception {
    return send("GET", "/disk.raw", "Range", "bytes=10-19", name, value);
  }

  private HttpResponse<byte[]> send(String method, String path, String... headers)
      throws Exception {
    HttpRequest.Builder request = request(method, path);
    if (headers.length > 0) {
      request.headers(headers);
    }
    return client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
  }

  private HttpRequest.Builder request(String method, String path) {
    return HttpRequest.newBuilder(URI.create(gateway.uri("").toString() + path))
        .timeout(Duration.ofMinutes(2))
        .method(method, HttpRequest.BodyPublishers.noBody());
  }

  private int rawStatus(String request) throws IOException {
    return rawStatus(gateway.address().getPort(), request);
  }

  /** The JDK's client does not let a test choose the Host header. */
  private static int rawStatus(int port, String request) throws IOException {
    try (Socket socket = new Socket("127.0.0.1", port)) {
      socket.setSoTimeout(120_000);
      socket.getOutputStream().write((request + "Connection: close\r\n\r\n").getBytes(US_ASCII));
      BufferedReader reader =
          new BufferedReader(new InputStreamReader(socket.getInputStream(), US_ASCII));
      return Integer.parseInt(reader.readLine().split(" ")[1]);
    }
  }

  private static String header(HttpResponse<?> response, String name) {
    return response.headers().firstValue(name).orElseThrow();
  }

  private static byte[] random(int length) {
    byte[] bytes = new byte[length];
    new Random(3).nextBytes(bytes);
    return bytes;
  }
}
