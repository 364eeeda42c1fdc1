package io.drover.routes.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.drover.converter.imports.Destination;
import io.drover.converter.imports.UnfinishedImports;
import io.drover.converter.object.ObjectStore.OpenUpload;
import io.drover.converter.object.s3.FaultProxy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A command that is killed by what it asks of the server, and run again. */
class KilledImportTest {
  private static final int PART = 5 << 20;
  private static final int PARTS = 4;
  private static final long HOUR_MILLIS = 3_600_000;

  /** What a run asks of the server, in this order. */
  private static final List<String> STEPS =
      List.of(
          "POST .*disk.raw\\?uploads",
          "PUT .*checkpoint.json",
          "PUT .*disk.raw\\?.*partNumber=2",
          "POST .*disk.raw\\?.*uploadId",
          "PUT .*disk.qcow2",
          "PUT .*manifest.json",
          "DELETE .*checkpoint.json");

  @TempDir private Path directory;
  private final Destination destination = Servers.destination();
  private FaultProxy proxy;

  @BeforeEach
  void writeDisk() throws IOException {
    proxy = new FaultProxy(Servers.sandbox().s3Endpoint());
    byte[] disk = new byte[PARTS * PART];
    new Random(5).nextBytes(disk);
    Files.write(directory.resolve("d.raw"), disk);
  }

  @AfterEach
  void close() throws IOException {
    proxy.close();
  }

  @Test
  void killedBeforeAndAfterEachOfItsStepsInTurnItIsDoneByTheLastRun() throws Exception {
    int kills = 0;
    for (String step : STEPS) {
      for (boolean before : new boolean[] {true, false}) {
        kills += killedAt(step, before) ? 1 : 0;
      }
    }
    assertTrue(kills >= 2 * STEPS.size() - 2, kills + " kills only");
    Tool.Result last = Tool.run(program());
    // the last kill came after the last step: there was nothing left to do
    assertTrue(List.of(0, 3).contains(last.exitCode()), last.toString());
    // uploads that were begun and never written down: nobody can know whose they are
    assertTrue(openUploads().size() <= 2, openUploads().toString());
    new UnfinishedImports(Servers.store()).abort(destination, true);
    requireWhole();
    // each kill costs the part that was on the wire, no more
    long sent = proxy.bytes("PUT .*disk.raw");
    assertTrue(sent <= (PARTS + kills) * (long) PART, sent + " bytes");
    assertTrue(proxy.count("PUT .*partNumber=1") <= 2, "what is there is not sent again");
  }

  /** Whether it came that far. */
  private boolean killedAt(String step, boolean before) throws Exception {
    AtomicReference<Process> victim = new AtomicReference<>();
    Runnable kill =
        () -> {
          while (victim.get() == null) {
            Thread.onSpinWait();
          }
          victim.get().destroyForcibly().onExit().join();
        };
    proxy.heal();
    proxy.spoil(step, 1, before ? proxy.first(kill, proxy.drop()) : proxy.afterwards(kill));
    Path log = directory.resolve("log");
    Process process = program().redirectErrorStream(true).redirectOutput(log.toFile()).start();
    victim.set(process);
    assertTrue(process.waitFor(Tool.LIMIT.toSeconds(), TimeUnit.SECONDS), Files.readString(log));
    assertTrue(
        List.of(0, 3, 137).contains(process.exitValue()),
        step + ": " + process.exitValue() + ": " + Files.readString(log));
    return process.exitValue() == 137;
  }

  @Test
  void aWorkerThatSleepsWhileAnotherOneFinishesDoesNoHarm() throws Exception {
    AtomicReference<Process> sleeper = new AtomicReference<>();
    proxy.spoil(
        STEPS.get(3),
        1,
        proxy.first(
            () -> {
              signal("STOP", sleeper.get());
              try {
                Tool.Result other = Tool.run(program());
                assertEquals(0, other.exitCode(), other.stderr());
                requireWhole();
              } catch (Exception e) {
                throw new AssertionError(e);
              }
              signal("CONT", sleeper.get());
            },
            proxy.none()));
    Path log = directory.resolve("log");
    Process process = program().redirectErrorStream(true).redirectOutput(log.toFile()).start();
    sleeper.set(process);
    assertTrue(process.waitFor(Tool.LIMIT.toSeconds(), TimeUnit.SECONDS), Files.readString(log));
    assertEquals(0, process.exitValue(), Files.readString(log));
    requireWhole();
  }

  @Test
  void aSecondSignalEndsItAtOnceAndTheSameCommandGoesOn() throws Exception {
    // the third part goes nowhere, however often it is sent
    proxy.spoil("PUT .*partNumber=3", Integer.MAX_VALUE, proxy.stall(HOUR_MILLIS));
    Path log = directory.resolve("log");
    Process process =
        program("-Ddrover.grace-period=1h")
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    try {
      await(() -> proxy.count("PUT .*partNumber=3") > 0);
      signal("INT", process);
      assertTrue(!process.waitFor(1, TimeUnit.SECONDS), "it waits for its part");
      boolean ended = false;
      for (int signals = 0; signals < 12 && !ended; signals++) {
        // one that comes before the first was heard of is not heard, either
        signal("INT", process);
        ended = process.waitFor(10, TimeUnit.SECONDS);
      }
      assertTrue(ended, "it does not wait out its grace period");
      assertEquals(4, process.exitValue(), Files.readString(log));
    } finally {
      process.destroyForcibly();
    }
    proxy.heal();
    assertEquals(0, Tool.run(program()).exitCode());
    assertEquals(1, proxy.count("PUT .*partNumber=1"));
    requireWhole();
  }

  @Test
  void whatDoesNotStopInItsGracePeriodIsLeftAndGoneOnWith() throws Exception {
    proxy.spoil("PUT .*partNumber=3", Integer.MAX_VALUE, proxy.stall(HOUR_MILLIS));
    Path log = directory.resolve("log");
    Process process =
        program("-Ddrover.grace-period=1s")
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    try {
      await(() -> proxy.count("PUT .*partNumber=3") > 0);
      signal("TERM", process);
      assertTrue(process.waitFor(Tool.LIMIT.toSeconds(), TimeUnit.SECONDS));
      assertEquals(4, process.exitValue());
      assertTrue(Files.readString(log).contains("did not stop in time"), Files.readString(log));
    } finally {
      process.destroyForcibly();
    }
    proxy.heal();
    assertEquals(0, Tool.run(program()).exitCode());
    assertEquals(1, proxy.count("PUT .*partNumber=1"));
    requireWhole();
  }

  private ProcessBuilder program(String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "import",
                "d.raw",
                destination.uri(),
                "--part-size=5M",
                "--parallel=1",
                "-Ddrover.lease=1s"));
    arguments.addAll(Arrays.asList(more));
    ProcessBuilder program = Program.prepare(directory, arguments.toArray(String[]::new));
    program.environment().put("AWS_ENDPOINT_URL", proxy.endpoint().toString());
    return program;
  }

  private void requireWhole() throws Exception {
    Servers.assertOnly(destination, directory.resolve("d.raw"));
  }

  private List<OpenUpload> openUploads() throws IOException {
    return Servers.store().openUploads(destination.bucket(), destination.prefix());
  }

  private static void signal(String name, Process process) {
    try {
      int exitCode =
          new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
              .inheritIO()
              .start()
              .waitFor();
      // it may have ended meanwhile
      assertTrue(exitCode == 0 || process.waitFor(1, TimeUnit.MINUTES), "kill -" + name);
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static void await(Callable<Boolean> condition) {
    Awaitility.await().atMost(Tool.LIMIT).pollInterval(Duration.ofMillis(20)).until(condition);
  }
}
