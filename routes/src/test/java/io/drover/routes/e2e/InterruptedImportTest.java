package io.drover.routes.e2e;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.drover.converter.imports.Destination;
import io.drover.converter.object.ListedPart;
import io.drover.converter.object.ObjectStore.OpenUpload;
import io.drover.converter.object.s3.FaultProxy;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Ctrl-C, a service manager's stop, and no warning at all, in the middle of an import. */
class InterruptedImportTest {
  private static final int PART = 5 << 20;

  /** With something in every part, so that none is spared the wire. */
  private static final long SIZE = 8 * PART;

  @TempDir private Path directory;
  private final Destination destination = Servers.destination();
  private FaultProxy proxy;

  @BeforeEach
  void writeDisk() throws IOException {
    proxy = new FaultProxy(Servers.sandbox().s3Endpoint());
    try (RandomAccessFile disk = new RandomAccessFile(directory.resolve("d.raw").toFile(), "rw")) {
      disk.setLength(SIZE);
      for (long at = 0; at < SIZE; at += 4 << 20) {
        disk.seek(at + 4096);
        disk.writeLong(at + 1);
      }
    }
  }

  @AfterEach
  void close() throws IOException {
    proxy.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"INT", "TERM"})
  void keepsWhatItHasAndTheSameCommandGoesOn(String signal) throws Exception {
    CountDownLatch held = holdPart(3);
    // until it has heard of the signal it gets no further
    proxy.spoil("PUT .*partNumber=[4-8]", Integer.MAX_VALUE, proxy.error(503, "SlowDown"));
    Process process = start();
    try (BufferedReader stderr = process.errorReader()) {
      awaitParts(2);
      Tool.succeed(directory, "kill", "-" + signal, Long.toString(process.pid()));
      held.countDown();
      List<String> rest = stderr.lines().toList();
      assertTrue(process.waitFor(Tool.LIMIT.toSeconds(), TimeUnit.SECONDS));
      assertEquals(4, process.exitValue(), rest.toString());
      String last = rest.get(rest.size() - 1);
      assertTrue(last.startsWith("CANCELLED: "), rest.toString());
      assertTrue(last.contains("run the same command again"), last);
      assertEquals("", new String(process.getInputStream().readAllBytes()));
    } finally {
      process.destroyForcibly();
    }
    requireResumed(parts().size());
  }

  @Test
  void killedItGoesOnToo() throws Exception {
    holdPart(6);
    Process process = start();
    awaitParts(5);
    process.destroyForcibly().waitFor();
    requireResumed(parts().size());
  }

  @Test
  void aSourceThatChangedMeanwhileIsBegunAnew() throws Exception {
    holdPart(4);
    Process process = start();
    awaitParts(3);
    process.destroyForcibly().waitFor();
    try (RandomAccessFile disk = new RandomAccessFile(directory.resolve("d.raw").toFile(), "rw")) {
      disk.writeLong(7);
    }
    Tool.Result again = Program.run(directory, arguments());
    assertEquals(0, again.exitCode(), again.stderr());
    assertTrue(again.stderr().contains("beginning anew"), again.stderr());
    requireWhole();
  }

  @Test
  void anUploadAbortedBehindItsBackIsBegunAnew() throws Exception {
    CountDownLatch held = holdPart(4);
    Process process = start();
    try (BufferedReader stderr = process.errorReader()) {
      awaitParts(3);
      Servers.store().abort(uploads().get(0));
      held.countDown();
      List<String> said = stderr.lines().toList();
      assertTrue(process.waitFor(Tool.LIMIT.toSeconds(), TimeUnit.SECONDS));
      assertEquals(0, process.exitValue(), said.toString());
      assertTrue(
          said.stream().anyMatch(line -> line.contains("beginning anew, from part 1"))
              || said.stream().anyMatch(line -> line.contains("are sent again")),
          said.toString());
    } finally {
      process.destroyForcibly();
    }
    requireWhole();
  }

  @Test
  void whatIsLeftIsListedAndAborted() throws Exception {
    holdPart(2);
    Process process = start();
    awaitParts(1);
    Tool.Result alive = Program.run(directory, "abort", destination.uri());
    assertEquals(3, alive.exitCode(), alive.stderr());
    assertTrue(alive.stderr().startsWith("TARGET_EXISTS: "), alive.stderr());
    process.destroyForcibly().waitFor();
    Tool.Result list = Program.run(directory, "list", destination.uri(), "--output=json");
    assertEquals(0, list.exitCode(), list.stderr());
    JsonNode unfinished = new ObjectMapper().readTree(list.stdout());
    assertEquals(1, unfinished.size(), list.stdout());
    assertEquals(destination.uri(), unfinished.get(0).get("destination").asText());
    assertEquals("d.raw", unfinished.get(0).get("source").asText());
    assertTrue(unfinished.get(0).get("resumable").booleanValue(), list.stdout());
    assertTrue(Program.run(directory, "list", destination.uri()).stdout().contains("resumable"));
    Tool.Result young = Program.run(directory, "abort", destination.uri(), "--older-than=1h");
    assertTrue(young.stdout().contains("nothing unfinished"), young.stdout());
    assertEquals(0, Program.run(directory, "abort", destination.uri()).exitCode());
    Servers.assertNothingAt(destination);
  }

  private String[] arguments() {
    return new String[] {
      "import",
      "d.raw",
      destination.uri(),
      "--part-size=5M",
      "--parallel=1",
      "-v",
      "-Ddrover.grace-period=10m"
    };
  }

  private Process start() throws IOException {
    ProcessBuilder program = Program.prepare(directory, arguments());
    program.environment().put("AWS_ENDPOINT_URL", proxy.endpoint().toString());
    return program.start();
  }

  /** However often it is sent, the part is not at the server before what is returned says so. */
  private CountDownLatch holdPart(int number) {
    CountDownLatch held = new CountDownLatch(1);
    proxy.spoil("PUT .*partNumber=" + number + "(&|$)", Integer.MAX_VALUE, proxy.hold(held));
    return held;
  }

  private List<OpenUpload> uploads() throws IOException {
    return Servers.store().openUploads(destination.bucket(), destination.prefix());
  }

  private List<ListedPart> parts() throws IOException {
    List<OpenUpload> open = uploads();
    return open.isEmpty()
        ? List.of()
        : Servers.store().resume(open.get(0), Map.of()).orElseThrow().parts();
  }

  private void awaitParts(int least) {
    await()
        .atMost(Tool.LIMIT)
        .pollInterval(Duration.ofMillis(20))
        .until(() -> parts().size() >= least);
  }

  private void requireResumed(int sent) throws Exception {
    assertTrue(sent > 0);
    String upload = uploads().get(0).uploadId();
    Tool.Result again = Program.run(directory, arguments());
    assertEquals(0, again.exitCode(), again.stderr());
    assertTrue(again.stderr().contains("going on with upload " + upload), again.stderr());
    requireWhole();
  }

  private void requireWhole() throws Exception {
    Servers.assertOnly(destination, directory.resolve("d.raw"));
  }
}
