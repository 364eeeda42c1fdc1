package io.drover.converter.http;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.error.Outcome;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HttpSourceTest {
  /** Asks again soon, but gives up late: a request too many would get the next one's fault. */
  private static final HttpTimeouts QUICK =
      new HttpTimeouts(
          Duration.ofMinutes(2),
          Duration.ofMinutes(2),
          4,
          Duration.ofMillis(5),
          Duration.ofMillis(20));

  private static final HttpTimeouts IMPATIENT =
      new HttpTimeouts(
          Duration.ofMinutes(2),
          Duration.ofMillis(300),
          1_000,
          Duration.ofMillis(5),
          Duration.ofMillis(20));

  private MisbehavingServer server;

  @BeforeEach
  void start() throws IOException {
    byte[] content = new byte[200_000];
    new Random(7).nextBytes(content);
    server = new MisbehavingServer(content);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private HttpSource open(String path) throws IOException {
    return HttpSource.open(HttpLocation.parse(server.url(path)), AddressPolicy.ANY, QUICK);
  }

  private HttpSource open() throws IOException {
    return open("/disk.raw");
  }

  private void requireRead(HttpSource source, int offset, int length) throws IOException {
    ByteBuffer target = ByteBuffer.allocate(length + 10).position(5).limit(length + 5);
    source.readFully(offset, target);
    assertFalse(target.hasRemaining());
    assertArrayEquals(
        Arrays.copyOfRange(server.content, offset, offset + length),
        Arrays.copyOfRange(target.array(), 5, 5 + length));
    assertEquals(0, target.array()[4] | target.array()[5 + length]);
  }

  private static ImportException fails(ErrorCode code, Outcome outcome, Callable<?> call) {
    ImportException e = assertThrows(ImportException.class, call::call);
    assertEquals(code, e.code(), e.getMessage());
    assertEquals(outcome, e.outcome(), e.getMessage());
    return e;
  }

  private static Callable<?> reading(HttpSource source) {
    return () -> {
      source.readFully(1000, ByteBuffer.allocate(50_000));
      return null;
    };
  }

  @Test
  void rangesAreRead() throws IOException {
    HttpSource source = open();
    assertEquals(200_000, source.size());
    requireRead(source, 0, 1);
    requireRead(source, 199_990, 10);
    requireRead(source, 12_345, 100_000);
    source.readFully(5, ByteBuffer.allocate(0));
    assertEquals("/disk.raw bytes=199990-199999 \"one\" null", server.seen().get(2));
    source.requireUnchanged();
    fails(
        ErrorCode.SOURCE_TRUNCATED,
        Outcome.REFUSED,
        () -> {
          source.readFully(199_999, ByteBuffer.allocate(2));
          return null;
        });
  }

  @Test
  void manyReadAtOnce() throws Exception {
    HttpSource source = open();
    ExecutorService threads = Executors.newFixedThreadPool(8);
    try {
      List<Callable<Void>> reads =
          IntStream.range(0, 64)
              .<Callable<Void>>mapToObj(
                  each ->
                      () -> {
                        requireRead(source, each * 3000, 3000);
                        return null;
                      })
              .toList();
      for (Future<Void> read : threads.invokeAll(reads)) {
        read.get();
      }
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void aBrokenTransferGoesOnWhereItBroke() throws IOException {
    HttpSource source = open();
    // more often than there are attempts: each brought something
    server.then(
        Collections.nCopies(8, server.cutAfter(5000)).toArray(MisbehavingServer.Fault[]::new));
    requireRead(source, 1000, 50_000);
    List<String> seen = server.seen();
    assertEquals("/disk.raw bytes=1000-50999 \"one\" null", seen.get(1));
    assertEquals("/disk.raw bytes=6000-50999 \"one\" null", seen.get(2));
    assertEquals("/disk.raw bytes=41000-50999 \"one\" null", seen.get(9));
  }

  @Test
  void aSilentServerIsAskedAgain() throws IOException {
    HttpSource source =
        HttpSource.open(HttpLocation.parse(server.url("/disk.raw")), AddressPolicy.ANY, IMPATIENT);
    // more than one, since on a slow machine even what is sent at once may come too late
    MisbehavingServer.Fault some = server.stallAfter(777, 5000);
    server.then(server.stallAfter(0, 5000), some, some, some);
    requireRead(source, 1000, 50_000);
    List<String> seen = server.seen();
    assertTrue(seen.contains("/disk.raw bytes=1777-50999 \"one\" null"), seen.toString());
  }

  @ParameterizedTest
  @ValueSource(ints = {408, 429, 500, 502, 503, 504})
  void aBusyServerIsAskedAgain(int status) throws IOException {
    server.then(MisbehavingServer.status(status));
    HttpSource source = open();
    server.then(MisbehavingServer.status(status), MisbehavingServer.status(status));
    requireRead(source, 0, 1000);
  }

  @Test
  void aStormThatDoesNotEndIsAPassingReason() throws IOException {
    HttpSource source = open();
    server.then(
        Collections.nCopies(4, MisbehavingServer.status(503))
            .toArray(MisbehavingServer.Fault[]::new));
    ImportException e = fails(ErrorCode.SOURCE_READ_ERROR, Outcome.RESUMABLE, reading(source));
    assertTrue(e.getMessage().contains("503"), e.getMessage());
    requireRead(source, 0, 1000);
  }

  @Test
  void aServerThatIsGoneIsAPassingReason() throws IOException {
    HttpSource source = open();
    server.close();
    fails(ErrorCode.SOURCE_READ_ERROR, Outcome.RESUMABLE, reading(source));
    fails(ErrorCode.SOURCE_READ_ERROR, Outcome.RESUMABLE, this::open);
  }

  @Test
  void aServerWithoutRangesIsRefused() throws IOException {
    server.then(server.whole());
    ImportException e = fails(ErrorCode.SOURCE_READ_ERROR, Outcome.REFUSED, this::open);
    assertTrue(e.getMessage().contains("download it"), e.getMessage());
    HttpSource source = open();
    server.then(server.whole());
    fails(ErrorCode.SOURCE_READ_ERROR, Outcome.REFUSED, reading(source));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "bytes 0-49999/200000",
        "bytes 1000-50998/200000",
        "bytes 1000-50999/*",
        "items 1-2/3",
        "bytes 1000-50999/99999999999999999999",
        ""
      })
  void anotherRangeThanAskedForIsRefused(String contentRange) throws IOException {
    HttpSource source = open();
    server.then(server.header("Content-Range", contentRange));
    fails(ErrorCode.SOURCE_READ_ERROR, Outcome.REFUSED, reading(source));
  }

  @Test
  void compressedAnswersAreRefused() throws IOException {
    server.then(server.header("Content-Encoding", "gzip"));
    ImportException e = fails(ErrorCode.SOURCE_READ_ERROR, Outcome.REFUSED, this::open);
    assertTrue(e.getMessage().contains("gzip"), e.getMessage());
    HttpSource source = open();
    server.then(server.header("Content-Encoding", "gzip"));
    fails(ErrorCode.SOURCE_READ_ERROR, Outcome.REFUSED, reading(source));
  }

  @Test
  void anotherFileIsFoundAtTheNextRange() throws IOException {
    HttpSource source = open();
    server.etag = "\"two\"";
    fails(ErrorCode.SOURCE_CHANGED, Outcome.REFUSED, reading(source));
    fails(
        ErrorCode.SOURCE_CHANGED,
        Outcome.REFUSED,
        () -> {
          source.requireUnchanged();
          return null;
        });
  }

  @Test
  void anotherFileIsFoundThoughTheServerIgnoresConditions() throws IOException {
    HttpSource source = open();
    server.then(server.header("ETag", "\"two\""));
    fails(ErrorCode.SOURCE_CHANGED, Outcome.REFUSED, reading(source));
    server.then(server.header("Content-Range", "bytes 1000-50999/200001"));
    fails(ErrorCode.SOURCE_CHANGED, Outcome.REFUSED, reading(source));
    server.then(MisbehavingServer.status(404));
    fails(ErrorCode.SOURCE_CHANGED, Outcome.REFUSED, reading(source));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "W/\"weak\""})
  void withoutAStrongEtagTheDateCounts(String etag) throws IOException {
    server.etag = etag.isEmpty() ? null : etag;
    HttpSource source = open();
    requireRead(source, 1000, 1000);
    assertTrue(server.seen().get(1).endsWith(" null null"), server.seen().get(1));
    server.etag = null;
    server.lastModified = "Sun, 22 Nov 2026 10:00:01 GMT";
    fails(ErrorCode.SOURCE_CHANGED, Outcome.REFUSED, reading(source));
  }

  @Test
  void redirectsAreFollowedAndKeptTo() throws IOException {
    server.then(
        MisbehavingServer.redirect(302, "/a"),
        MisbehavingServer.redirect(308, server.url("/b?secret=1")));
    HttpSource source = open();
    requireRead(source, 0, 10);
    assertEquals("/b?secret=1 bytes=0-9 \"one\" null", server.seen().get(3));
    // the signature of what it redirected to has expired
    server.then(MisbehavingServer.status(403), MisbehavingServer.redirect(302, "/c"));
    requireRead(source, 0, 20);
    requireRead(source, 0, 30);
    assertEquals("/c bytes=0-29 \"one\" null", server.seen().get(7));
    assertEquals(server.url("/disk.raw"), source.uri());
  }

  @Test
  void redirectsHaveAnEnd() {
    server.then(
        Collections.nCopies(6, MisbehavingServer.redirect(302, "/again"))
            .toArray(MisbehavingServer.Fault[]::new));
    fails(ErrorCode.SOURCE_READ_ERROR, Outcome.REFUSED, this::open);
    assertEquals(6, server.seen().size());
  }

  @ParameterizedTest
  @ValueSource(strings = {"file:///etc/passwd", "ftp://127.0.0.1/x", "http://", "::", "jar:http:x"})
  void redirectsToOtherSchemesAreRefused(String target) {
    server.then(MisbehavingServer.redirect(302, target));
    fails(ErrorCode.SOURCE_READ_ERROR, Outcome.REFUSED, this::open);
  }

  @Test
  void redirectsNeverGiveUpEncryption() throws IOException {
    HttpLocation secure = HttpLocation.parse("https://host.invalid/a");
    assertThrows(ImportException.class, () -> secure.redirected("http://host.invalid/a"));
    assertTrue(secure.redirected("/b").secure());
    assertTrue(HttpLocation.parse("http://host.invalid").redirected("https://x.invalid").secure());
  }

  @Test
  void credentialsGoToTheirServerOnlyAndAreNeverShown() throws IOException {
    String url = server.url("/disk.raw?signature=hidden").replace("//", "//me:p%40ss@");
    HttpSource source = HttpSource.open(HttpLocation.parse(url), AddressPolicy.ANY, QUICK);
    assertTrue(server.seen().get(0).endsWith(" Basic bWU6cEBzcw=="), server.seen().get(0));
    server.then(
        MisbehavingServer.redirect(302, server.url("/x").replace("127.0.0.1", "localhost")));
    requireRead(source, 0, 10);
    assertTrue(server.seen().get(2).endsWith(" null"), server.seen().get(2));
    String shown = source.uri() + source.identity();
    assertFalse(
        shown.contains("hidden") || shown.contains("p%40ss") || shown.contains("p@ss"), shown);
    assertTrue(shown.contains("/disk.raw?***"), shown);
    server.then(MisbehavingServer.status(404));
    ImportException e =
        assertThrows(
            ImportException.class,
            () -> HttpSource.open(HttpLocation.parse(url), AddressPolicy.ANY, QUICK));
    assertFalse(e.getMessage().contains("hidden") || e.getMessage().contains("ss@"));
    ImportException bad =
        assertThrows(
            ImportException.class, () -> HttpLocation.parse("http://me:secret@ho st/a?b=secret"));
    assertEquals(ErrorCode.SOURCE_NAME_INVALID, bad.code());
    assertFalse(bad.getMessage().contains("secret"), bad.getMessage());
  }

  @ParameterizedTest
  @ValueSource(ints = {401, 403, 404, 410, 400, 416})
  void whatIsNotThereIsRefused(int status) {
    server.then(MisbehavingServer.status(status));
    fails(ErrorCode.SOURCE_READ_ERROR, Outcome.REFUSED, this::open);
  }

  @Test
  void emptyFilesAreRefused() throws IOException {
    try (MisbehavingServer empty = new MisbehavingServer(new byte[0])) {
      fails(
          ErrorCode.SOURCE_EMPTY,
          Outcome.REFUSED,
          () -> HttpSource.open(HttpLocation.parse(empty.url("/x.raw")), AddressPolicy.ANY, QUICK));
    }
  }

  @Test
  void privateAddressesAreRefusedWhereOnlyPublicOnesAreAllowed() {
    for (String url :
        List.of(server.url("/x"), server.url("/x").replace("127.0.0.1", "localhost"))) {
      fails(
          ErrorCode.SOURCE_OUTSIDE_ROOT,
          Outcome.REFUSED,
          () -> HttpSource.open(HttpLocation.parse(url), AddressPolicy.PUBLIC, QUICK));
    }
    assertEquals(List.of(), server.seen());
  }

  @Test
  void anEndlessAnswerIsNotTaken() throws IOException {
    HttpSource source = open();
    server.then(
        (exchange, first, last) -> {
          exchange.sendResponseHeaders(404, 0);
          try {
            while (true) {
              exchange.getResponseBody().write(server.content);
            }
          } catch (IOException e) {
            // the reader went away, as it should
          }
        });
    fails(ErrorCode.SOURCE_CHANGED, Outcome.REFUSED, reading(source));
  }
}
