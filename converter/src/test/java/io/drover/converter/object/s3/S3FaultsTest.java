package io.drover.converter.object.s3;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.error.Outcome;
import io.drover.converter.object.ByteArrayBody;
import io.drover.converter.object.MultipartUpload;
import io.drover.converter.object.ObjectLocation;
import io.drover.converter.object.StoredObject;
import io.drover.converter.object.UploadedPart;
import io.drover.converter.object.s3.FaultProxy.Fault;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.function.Executable;

/** A real server behind a connection that fails in chosen ways. */
class S3FaultsTest {
  private static final Map<String, String> METADATA = Map.of("drover-import-id", "4711");
  private static final String CREATE = "^POST .*\\?uploads";
  private static final String PART = "^PUT .*partNumber=";
  private static final String COMPLETE = "^POST .*uploadId=";

  private static final byte[] OK_WITHOUT_LENGTH =
      "HTTP/1.1 200 OK\r\nConnection: close\r\nETag: \"e\"\r\n\r\n"
          .getBytes(StandardCharsets.US_ASCII);

  private FaultProxy proxy;
  private S3ObjectStore store;
  private ObjectLocation location;

  @BeforeEach
  void connect(TestInfo test) throws IOException {
    proxy = new FaultProxy(SandboxServer.endpoint());
    store = new S3ObjectStore(SandboxServer.settings(proxy.endpoint()));
    location =
        new ObjectLocation(
            SandboxServer.BUCKET, "faults/" + test.getTestMethod().orElseThrow().getName());
  }

  @AfterEach
  void nothingIsLeftOpen() throws IOException {
    assertEquals(List.of(), store.openUploads(location.bucket(), "faults/"));
    store.close();
    proxy.close();
  }

  @Test
  void aBusyServerIsAskedAgain() throws IOException {
    for (String request : List.of(CREATE, PART, COMPLETE, "^HEAD")) {
      proxy.spoil(request, 2, proxy.error(503, "SlowDown"));
    }
    assertEquals(7, upload("content").size());
    assertEquals(3, proxy.count(PART));
    assertEquals("content", text());
  }

  @Test
  void aServerThatStaysBusyIsResumable() throws IOException {
    proxy.spoil(PART, 99, proxy.error(500, "InternalError"));
    fails(ErrorCode.TARGET_UNAVAILABLE, Outcome.RESUMABLE, () -> upload("content"));
    assertEquals(4, proxy.count(PART));
    assertEquals(Optional.empty(), store.head(location));
  }

  @Test
  void aBrokenConnectionIsMadeAgain() throws IOException {
    proxy.spoil(CREATE, 1, proxy.drop());
    proxy.spoil(PART, 2, proxy.drop());
    proxy.spoil(PART, 1, proxy.loseAnswer());
    assertEquals(7, upload("content").size());
    assertEquals("content", text());
  }

  @Test
  void aFlippedBitIsSentAgain() throws IOException {
    proxy.spoil(PART, 2, proxy.flipBit());
    upload("content");
    assertEquals(3, proxy.count(PART));
    assertEquals("content", text());
  }

  @Test
  void bitsThatFlipEveryTimeAreRefused() throws IOException {
    proxy.spoil(PART, 99, proxy.error(400, "BadDigest"));
    fails(ErrorCode.TARGET_CORRUPTED, Outcome.FAILED, () -> upload("content"));
    assertEquals(4, proxy.count(PART));
  }

  @Test
  void aLostAnswerToCompleteIsResolvedByLooking() throws IOException {
    proxy.spoil(COMPLETE, 1, proxy.loseAnswer());
    assertEquals(7, upload("content").size());
    assertEquals(1, proxy.count(COMPLETE));
  }

  @Test
  void noSuchUploadAfterACompletionThatWorkedIsSuccess() throws IOException {
    // the first answer is lost and the object not yet shown; then the server knows no upload
    proxy.spoil(COMPLETE, 1, proxy.loseAnswer());
    proxy.spoil(COMPLETE, 1, proxy.error(404, "NoSuchUpload"));
    proxy.spoil("^HEAD", 1, proxy.answer(404, "", ""));
    assertEquals(7, upload("content").size());
    assertEquals(2, proxy.count(COMPLETE));
  }

  @Test
  void noSuchUploadIsNoSuccessForAnotherObjectOfThatSize() throws IOException {
    store.put(location, body("another"), Map.of("drover-import-id", "other"), false);
    proxy.spoil(COMPLETE, 9, proxy.error(404, "NoSuchUpload"));
    fails(ErrorCode.TARGET_UNAVAILABLE, Outcome.RESUMABLE, () -> upload("content"));
    assertEquals("another", text());
  }

  @Test
  void anErrorInsideASuccessIsTriedAgain() throws IOException {
    proxy.spoil(COMPLETE, 1, proxy.error(200, "InternalError"));
    assertEquals(7, upload("content").size());
    assertEquals(2, proxy.count(COMPLETE));
  }

  @Test
  void aSizeThatIsNotTheSumIsCorruption() throws IOException {
    store.put(location, body("short"), Map.of(), false);
    proxy.spoil(
        COMPLETE,
        1,
        proxy.answer(
            200,
            "Content-Type: application/xml\r\n",
            "<CompleteMultipartUploadResult><ETag>\"x-1\"</ETag></CompleteMultipartUploadResult>"));
    ImportException e = fails(ErrorCode.TARGET_CORRUPTED, Outcome.FAILED, () -> upload("content"));
    assertTrue(e.getMessage().contains("has 5 bytes, its parts have 7"), e.getMessage());
  }

  @Test
  void aLostPartIsResumable() throws IOException {
    proxy.spoil(COMPLETE, 1, proxy.error(400, "InvalidPart"));
    fails(ErrorCode.TARGET_CORRUPTED, Outcome.RESUMABLE, () -> upload("content"));
  }

  @Test
  void aServerWithoutChecksumsOfWholeObjectsIsRememberedAtCreate() throws IOException {
    proxy.spoil(CREATE, 1, proxy.error(501, "NotImplemented"));
    upload("content");
    assertFalse(store.wholeObjectChecksums());
    upload("content");
    assertEquals(3, proxy.count(CREATE), "refused, plain, plain");
  }

  @Test
  void aServerWithoutChecksumsOfWholeObjectsIsRememberedAtComplete() throws IOException {
    proxy.spoil(COMPLETE, 1, proxy.error(400, "InvalidRequest"));
    upload("content");
    assertFalse(store.wholeObjectChecksums());
    assertEquals("content", text());
  }

  @Test
  void aReadIsTakenUpWhereItBroke() throws IOException {
    byte[] bytes = new byte[200_000];
    new Random(1).nextBytes(bytes);
    String etag = store.put(location, new ByteArrayBody(bytes), Map.of(), false).etag();
    // more breaks than attempts: each brings some bytes
    for (int cut = 0; cut < 6; cut++) {
      proxy.spoil("^GET", 1, proxy.cutAnswer(20_000));
    }
    ByteBuffer target = ByteBuffer.allocate(bytes.length);
    store.read(location, etag, 0, target);
    assertArrayEquals(bytes, target.array());
    assertEquals(7, proxy.count("^GET"));
  }

  /** The rest of a range is asked of the state that its beginning came from. */
  @Test
  void aReadIsNotTakenUpInAnotherState() throws IOException {
    byte[] bytes = new byte[200_000];
    String etag = store.put(location, new ByteArrayBody(bytes), Map.of(), false).etag();
    proxy.spoil(
        "^GET",
        1,
        (request, head, client) -> {
          proxy.cutAnswer(20_000).handle(request, head, client);
          byte[] other = bytes.clone();
          other[bytes.length - 1] = 1;
          store.put(location, new ByteArrayBody(other), Map.of(), false);
        });
    fails(
        ErrorCode.SOURCE_CHANGED,
        Outcome.REFUSED,
        () -> store.read(location, etag, 0, ByteBuffer.allocate(bytes.length)));
    assertEquals(2, proxy.count("^GET"));
  }

  @Test
  void aReadThatBringsNothingGivesUp() throws IOException {
    String etag = store.put(location, body("content"), Map.of(), false).etag();
    proxy.spoil("^GET /images/faults", 99, proxy.drop());
    fails(
        ErrorCode.TARGET_UNAVAILABLE,
        Outcome.RESUMABLE,
        () -> store.read(location, etag, 0, ByteBuffer.allocate(7)));
    assertEquals(4, proxy.count("^GET /images/faults"));
  }

  @Test
  void aServerThatIgnoresRangesIsFound() throws IOException {
    String etag = store.put(location, body("content"), Map.of(), false).etag();
    proxy.spoil("^GET", 1, proxy.answer(200, "ETag: " + etag + "\r\n", "content"));
    fails(
        ErrorCode.TARGET_CORRUPTED,
        Outcome.FAILED,
        () -> store.read(location, etag, 2, ByteBuffer.allocate(3)));
  }

  @Test
  void aCutAnswerToGetIsAskedForAgain() throws IOException {
    store.put(location, new ByteArrayBody(new byte[50_000]), Map.of(), false);
    proxy.spoil("^GET", 2, proxy.cutAnswer(10_000));
    assertEquals(50_000, store.get(location, 50_000).orElseThrow().length);
  }

  @Test
  void onesOwnObjectIsNotMistakenForAnothers() throws IOException {
    proxy.spoil("^PUT", 1, proxy.loseAnswer());
    StoredObject stored = store.put(location, body("content"), METADATA, true);
    assertEquals(stored, store.head(location).orElseThrow());
    assertEquals(2, proxy.count("^PUT"));
  }

  @Test
  void anothersObjectIsNotMistakenForOnesOwn() throws IOException {
    store.put(location, body("another"), Map.of(), false);
    proxy.spoil("^PUT", 1, proxy.drop());
    fails(
        ErrorCode.TARGET_EXISTS,
        Outcome.REFUSED,
        () -> store.put(location, body("content"), METADATA, true));
    assertEquals("another", text());
  }

  @Test
  void theBucketsRegionIsNamed() throws IOException {
    String header = "x-amz-bucket-region: eu-central-1\r\n";
    proxy.spoil("^HEAD", 1, proxy.answer(301, header, ""));
    ImportException e = fails(ErrorCode.TARGET_DENIED, Outcome.REFUSED, () -> store.head(location));
    assertTrue(e.getMessage().contains("--region"), e.getMessage());
    assertTrue(e.getMessage().contains("eu-central-1"), e.getMessage());
  }

  @Test
  void aForbiddenHeadSaysThatItMayBeAbsent() throws IOException {
    proxy.spoil("^HEAD", 1, proxy.answer(403, "", ""));
    ImportException e = fails(ErrorCode.TARGET_DENIED, Outcome.REFUSED, () -> store.head(location));
    assertTrue(e.getMessage().contains("s3:ListBucket"), e.getMessage());
  }

  @Test
  void expiredCredentialsAreResumable() throws IOException {
    proxy.spoil(PART, 99, proxy.error(400, "ExpiredToken"));
    fails(ErrorCode.TARGET_DENIED, Outcome.RESUMABLE, () -> upload("content"));
  }

  @Test
  void credentialsThatExpireAreLookedForAnewAtOnce() throws IOException {
    proxy.spoil(PART, 1, proxy.error(400, "ExpiredToken"));
    proxy.spoil(COMPLETE, 1, proxy.error(403, "ExpiredToken"));
    assertEquals(7, upload("content").size());
    assertEquals(2, proxy.count(PART));
    assertEquals(2, proxy.count(COMPLETE));
  }

  @Test
  void hostileTextOfTheServerStaysOnOneLineWithoutItsQuery() throws IOException {
    proxy.spoil(
        "^GET",
        1,
        proxy.answer(
            400,
            "Content-Type: application/xml\r\n",
            "<Error><Code>Odd</Code><Message>a&#10;b&#9;\u202Ec http://h/k?X-Amz-Signature=secret"
                + "</Message></Error>"));
    ImportException e =
        fails(ErrorCode.TARGET_UNAVAILABLE, Outcome.FAILED, () -> store.get(location, 9));
    assertTrue(e.getMessage().contains("a\\nb\\t\\u202ec http://h/k?"), e.getMessage());
    assertFalse(e.getMessage().contains("secret"), e.getMessage());
  }

  @Test
  void partsThatLandAfterTheAbortAreAbortedAgain() throws IOException {
    MultipartUpload upload = store.begin(location, Map.of());
    upload.upload(1, body("content"));
    Fault pretended = proxy.answer(204, "", "");
    proxy.spoil("^DELETE", 2, pretended);
    upload.close();
    assertEquals(3, proxy.count("^DELETE"));
  }

  @Test
  void anAbortThatDoesNotWorkIsAnError() throws IOException {
    MultipartUpload upload = store.begin(location, Map.of());
    upload.upload(1, body("content"));
    proxy.spoil("^DELETE", 4, proxy.answer(204, "", ""));
    fails(ErrorCode.TARGET_UNAVAILABLE, Outcome.RESUMABLE, upload::close);
    store.abort(store.openUploads(location.bucket(), location.key()).get(0));
  }

  @Test
  void aServerThatStopsReadingIsGivenUp() throws Exception {
    List<Socket> stalled = Collections.synchronizedList(new ArrayList<>());
    try (ServerSocket listener = new ServerSocket(0, 9, InetAddress.getLoopbackAddress())) {
      Thread server = new Thread(() -> acceptAndStall(listener, stalled));
      server.setDaemon(true);
      server.start();
      URI endpoint = URI.create("http://127.0.0.1:" + listener.getLocalPort());
      // more than the buffers of both sockets hold
      ByteArrayBody large = new ByteArrayBody(new byte[32 << 20]);
      // with more time where an attempt's is over before it was even signed
      for (int millis = 1_500; stalled.isEmpty() && millis < 100_000; millis *= 2) {
        S3Settings settings = impatient(endpoint, Duration.ofMillis(millis));
        try (S3ObjectStore impatient = new S3ObjectStore(settings)) {
          fails(
              ErrorCode.TARGET_UNAVAILABLE,
              Outcome.RESUMABLE,
              () -> impatient.put(location, large, Map.of(), false));
        }
        assertFalse(Thread.interrupted(), "the library's own interrupt has leaked");
      }
    }
    assertFalse(stalled.isEmpty(), "no attempt reached the server");
    for (Socket client : stalled) {
      client.close();
    }
  }

  private static void acceptAndStall(ServerSocket listener, List<Socket> stalled) {
    try {
      while (true) {
        Socket client = listener.accept();
        stalled.add(client);
        client.getOutputStream().write("HTTP/1.1 100 Continue\r\n\r\n".getBytes());
      }
    } catch (IOException closed) {
      // the test is over
      return;
    }
  }

  private static S3Settings impatient(URI endpoint, Duration silence) {
    return new S3Settings(
        Optional.of(endpoint),
        Optional.empty(),
        Optional.empty(),
        SandboxServer.settings().credentials(),
        Optional.empty(),
        true,
        Optional.empty(),
        false,
        4,
        new S3Timeouts(silence, silence, silence, 1L << 30),
        new RetryPolicy(2, Duration.ZERO, Duration.ZERO),
        "drover");
  }

  @Test
  void anAnswerWithoutLengthIsNoObject() throws IOException {
    proxy.spoil("^HEAD", 1, (request, head, client) -> client.write(OK_WITHOUT_LENGTH));
    fails(ErrorCode.TARGET_CORRUPTED, Outcome.FAILED, () -> store.head(location));
  }

  @Test
  void pathsInKeysAreNotResolved() throws IOException {
    String key = "a//b/../c/./d";
    proxy.spoil("^HEAD", 1, proxy.answer(200, "ETag: \"e\"\r\n", ""));
    store.head(new ObjectLocation(location.bucket(), key));
    // the second of two slashes goes encoded: the same key to a server, out of reach of proxies
    assertEquals(List.of("HEAD /images/a/%2Fb/../c/./d"), proxy.requests());
  }

  @Test
  void anInterruptedUploadIsCancelled() throws Exception {
    try (MultipartUpload upload = store.begin(location, Map.of())) {
      proxy.spoil(PART, 99, proxy.error(503, "SlowDown"));
      Thread.currentThread().interrupt();
      ImportException e =
          assertThrows(ImportException.class, () -> upload.upload(1, body("content")));
      assertTrue(Thread.interrupted(), "the flag is kept");
      assertSame(ErrorCode.CANCELLED, e.code(), e.getMessage());
      assertSame(Outcome.RESUMABLE, e.outcome());
    }
  }

  private StoredObject upload(String text) throws IOException {
    try (MultipartUpload upload = store.begin(location, METADATA)) {
      UploadedPart part = upload.upload(1, body(text));
      return upload.commit(List.of(part));
    }
  }

  private String text() throws IOException {
    return new String(store.get(location, 1000).orElseThrow(), StandardCharsets.UTF_8);
  }

  private static ByteArrayBody body(String text) {
    return new ByteArrayBody(text.getBytes(StandardCharsets.UTF_8));
  }

  private static ImportException fails(ErrorCode code, Outcome outcome, Executable call) {
    ImportException e = assertThrows(ImportException.class, call);
    assertEquals(code + " " + outcome, e.code() + " " + e.outcome(), e.getMessage());
    assertEquals(-1, e.getMessage().indexOf('\n'), e.getMessage());
    return e;
  }
}
