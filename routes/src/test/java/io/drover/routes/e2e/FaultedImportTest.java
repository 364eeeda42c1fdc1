package io.drover.routes.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.error.Outcome;
import io.drover.converter.image.ImageFormat;
import io.drover.converter.image.ReadPolicy;
import io.drover.converter.imports.Destination;
import io.drover.converter.imports.ImportOptions;
import io.drover.converter.imports.ImportRequest;
import io.drover.converter.imports.UnfinishedImports;
import io.drover.converter.object.ByteArrayBody;
import io.drover.converter.object.ObjectStore;
import io.drover.converter.object.s3.FaultProxy;
import io.drover.converter.object.s3.S3Credentials;
import io.drover.converter.object.s3.S3ObjectStore;
import io.drover.converter.object.s3.S3Settings;
import io.drover.converter.storage.FileSource;
import io.drover.converter.storage.SymbolicLinks;
import io.drover.routes.app.DroverApp;
import io.drover.routes.config.Key;
import io.drover.sandbox.SandboxProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** A server, or the way to it, that fails in the middle: what the import does, and what is left. */
class FaultedImportTest {
  private static final int PART = 5 << 20;
  private static final int PARTS = 4;
  private static final String ANY_PART = "PUT .*disk.raw\\?.*partNumber";

  @TempDir private Path directory;
  private FaultProxy proxy;
  private DroverApp app;
  private Destination destination = Servers.destination();

  @BeforeEach
  void start() throws Exception {
    byte[] disk = new byte[PARTS * PART];
    new Random(6).nextBytes(disk);
    Files.write(directory.resolve("d.raw"), disk);
    proxy = new FaultProxy(Servers.sandbox().s3Endpoint());
    start("10m");
  }

  private void start(String retryBudget) throws Exception {
    ObjectStore store =
        new S3ObjectStore(
            S3Settings.DEFAULT
                .withEndpoint(proxy.endpoint())
                .withCredentials(
                    new S3Credentials(SandboxProcess.ACCESS_KEY, SandboxProcess.SECRET_KEY)));
    app =
        DroverApp.start(
            Servers.settings()
                .with(Key.KAFKA_BROKERS, "")
                .with(Key.PARALLEL, "2")
                .with(Key.RETRY_BUDGET, retryBudget),
            store);
  }

  @AfterEach
  void close() throws IOException {
    app.close();
    proxy.close();
  }

  @TestFactory
  Stream<DynamicTest> whateverFailsOnceIsDoneAgainOrWasDone() {
    List<String> kinds =
        List.of(
            "POST .*disk.raw\\?uploads",
            "PUT .*checkpoint.json",
            ANY_PART,
            "POST .*disk.raw\\?.*uploadId",
            "PUT .*disk.qcow2",
            "PUT .*manifest.json",
            "HEAD .*disk.raw",
            "DELETE .*checkpoint.json");
    return kinds.stream()
        .flatMap(
            kind ->
                Stream.of(
                    faulted(kind, "busy", proxy.error(503, "SlowDown")),
                    faulted(kind, "broken", proxy.drop()),
                    faulted(kind, "answer lost", proxy.loseAnswer())));
  }

  private DynamicTest faulted(String kind, String name, FaultProxy.Fault fault) {
    return DynamicTest.dynamicTest(
        kind + " " + name,
        () -> {
          proxy.heal();
          destination = Servers.destination();
          proxy.spoil(kind, 1, fault);
          int before = proxy.count(kind);
          app.run(request());
          assertTrue(proxy.count(kind) > before, "never asked for");
          // of an upload that was begun while nobody heard of it only its age tells
          new UnfinishedImports(Servers.store()).abort(destination, true);
          requireWhole();
        });
  }

  @Test
  void aServerThatIsBusyMoreOftenThanNotDelaysOnly() throws Exception {
    proxy.spoilSome(ANY_PART, 0.6, 1, proxy.error(503, "SlowDown"));
    app.run(request());
    assertTrue(proxy.count(ANY_PART) > PARTS);
    requireWhole();
  }

  @Test
  void aBitThatFlipsOnItsWayIsSentAgain() throws Exception {
    proxy.spoil(ANY_PART, 1, 1, proxy.flipBit());
    app.run(request());
    assertEquals(PARTS + 1, proxy.count(ANY_PART));
    requireWhole();
  }

  @Test
  void connectionsThatAllBreakAtOnceAreMadeAgain() throws Exception {
    proxy.spoil(
        ANY_PART,
        2,
        1,
        proxy.first(
            () -> {
              try {
                proxy.killAll();
              } catch (IOException e) {
                throw new AssertionError(e);
              }
            },
            proxy.drop()));
    app.run(request());
    requireWhole();
  }

  @Test
  void slowIsNoFailure() throws Exception {
    proxy.slowTo(4 << 20);
    app.run(request());
    assertEquals(PARTS, proxy.count(ANY_PART), "nothing is sent twice");
    requireWhole();
  }

  @Test
  void aServerThatIsAwayForAWhileIsWaitedFor() throws Exception {
    proxy.spoil(ANY_PART, 1, 12, proxy.drop());
    app.run(request());
    requireWhole();
  }

  @Test
  void credentialsThatExpireAreAskedForAgain() throws Exception {
    proxy.spoil(ANY_PART, 1, 1, proxy.error(400, "ExpiredToken"));
    app.run(request());
    requireWhole();
  }

  @Test
  void aClockThatIsWrongIsSetByTheServers() throws Exception {
    String now = DateTimeFormatter.RFC_1123_DATE_TIME.format(ZonedDateTime.now(ZoneOffset.UTC));
    proxy.spoil(
        ANY_PART,
        1,
        proxy.answer(
            403,
            "Date: " + now + "\r\nContent-Type: application/xml\r\n",
            "<Error><Code>RequestTimeTooSkewed</Code><Message>told to</Message></Error>"));
    app.run(request());
    requireWhole();
  }

  @Test
  void whatIsDeniedInTheMiddlePausesAndGoesOnWhenItIsAllowed() throws Exception {
    app.close();
    start("2s");
    proxy.spoil(ANY_PART, 2, Integer.MAX_VALUE, proxy.error(403, "AccessDenied"));
    ImportException denied = assertThrows(ImportException.class, () -> app.run(request()));
    assertEquals(ErrorCode.TARGET_DENIED, denied.code());
    assertEquals(Outcome.RESUMABLE, denied.outcome());
    int asked = proxy.count(ANY_PART);
    assertTrue(asked <= 2 + 2 * 4, "asked " + asked + " times: that is hammering");
    proxy.heal();
    app.run(request());
    assertEquals(2, proxy.count(ANY_PART) - asked, "the two that are there are not sent again");
    requireWhole();
  }

  @Test
  void aServerThatStaysAwayPausesAndNothingIsSentTwice() throws Exception {
    app.close();
    start("1s");
    proxy.spoil(ANY_PART, 2, Integer.MAX_VALUE, proxy.drop());
    ImportException away = assertThrows(ImportException.class, () -> app.run(request()));
    assertEquals(ErrorCode.TARGET_UNAVAILABLE, away.code());
    assertEquals(Outcome.RESUMABLE, away.outcome());
    int asked = proxy.count(ANY_PART);
    proxy.heal();
    app.run(request());
    assertEquals(2, proxy.count(ANY_PART) - asked);
    requireWhole();
  }

  @Test
  void aPartThatTheServerLosesIsSentAgain() throws Exception {
    // InvalidPart is what S3 says of one that it does not have
    proxy.spoil(
        "POST .*disk.raw\\?.*uploadId", 1, proxy.first(() -> overwritePart(2), proxy.none()));
    app.run(request());
    requireWhole();
  }

  /** Another body under that number: the part's ETag is not what it was. */
  private void overwritePart(int number) {
    try {
      ObjectStore store = Servers.store();
      ObjectStore.OpenUpload open =
          store.openUploads(destination.bucket(), destination.prefix()).get(0);
      store.resume(open, Map.of()).orElseThrow().upload(number, new ByteArrayBody(new byte[PART]));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void aHostThatNobodyKnowsIsAPassingReason() throws Exception {
    ProcessBuilder program = Program.prepare(directory, "import", "d.raw", destination.uri(), "-q");
    program.environment().put("AWS_ENDPOINT_URL", "http://no-such-host.invalid:9000");
    Tool.Result result = Tool.run(program);
    assertEquals(4, result.exitCode(), result.stderr());
    assertTrue(result.stderr().startsWith("TARGET_UNAVAILABLE: "), result.stderr());
    Servers.assertNothingAt(destination);
  }

  private ImportRequest request() {
    Path disk = directory.resolve("d.raw");
    return new ImportRequest(
        "faulted" + destination.prefix().replaceAll("[^0-9]", ""),
        "d.raw",
        () -> FileSource.open(disk, SymbolicLinks.REFUSE),
        Optional.of(ImageFormat.RAW),
        destination,
        options(),
        ReadPolicy.DEFAULT);
  }

  private static ImportOptions options() {
    return new ImportOptions(
        OptionalInt.empty(), true, PART, Optional.empty(), ImportOptions.Existing.REFUSE);
  }

  private void requireWhole() throws IOException {
    Servers.assertOnly(destination, directory.resolve("d.raw"));
  }
}
