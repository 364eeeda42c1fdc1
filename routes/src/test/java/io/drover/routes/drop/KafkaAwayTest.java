package io.drover.routes.drop;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.drover.converter.object.LimitedObjectStore;
import io.drover.converter.object.ObjectStore;
import io.drover.converter.object.RateLimit;
import io.drover.routes.config.Key;
import io.drover.routes.config.Settings;
import io.drover.routes.drop.EventReader.Event;
import io.drover.sandbox.SandboxOptions;
import io.drover.sandbox.SandboxProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Imports neither wait for Kafka nor fail with it, and what it missed it is told. */
class KafkaAwayTest {
  private static final String NOWHERE = "127.0.0.1:1";
  private static final Duration FLUSH = Duration.ofSeconds(1);

  /** On top of what is promised; the machine may be busy. */
  private static final Duration MARGIN = Duration.ofSeconds(60);

  @TempDir private Path directory;
  private Path inbox;

  @BeforeEach
  void makeFolder() throws IOException {
    inbox = Files.createDirectory(directory.resolve("inbox"));
  }

  @Test
  void aCommandSucceedsWithoutKafkaAndWarnsOnce() throws Exception {
    Path image = Files.write(directory.resolve("disk.raw"), disk(1 << 20));
    String endpoint = DropServers.sandbox().s3Endpoint().toString();
    List<String> command =
        List.of(
            "import", image.toString(), "s3://images/away/command/", "--endpoint-url", endpoint);
    Path log = directory.resolve("log");
    Path plainLog = directory.resolve("plain-log");
    long plain = time(() -> exitCode(plainLog, command, List.of("--overwrite")));
    long away = time(() -> exitCode(log, command, List.of("--overwrite", "--kafka", NOWHERE)));
    String output = Files.readString(log);
    assertEquals(1, output.lines().filter(line -> line.contains(" WARN ")).count(), output);
    assertTrue(
        output.contains("Kafka at " + NOWHERE + " takes no events: it does not answer"), output);
    assertTrue(output.contains("imported "), output);
    assertEquals(0, Files.readString(plainLog).lines().filter(l -> l.contains(" WARN ")).count());
    long flush =
        Settings.load(null, Map.of(), Map.of()).duration(Key.KAFKA_FLUSH_TIMEOUT).toMillis();
    assertTrue(away < 3 * plain + flush + MARGIN.toMillis(), away + " ms, else " + plain);
  }

  @Test
  void howACommandEndedIsToldByTheNextOneThatFindsKafka() throws Exception {
    SandboxOptions options =
        SandboxOptions.in(Files.createDirectory(directory.resolve("kafka"))).withoutS3();
    SandboxProcess kafka = SandboxProcess.start(options);
    String bootstrap = kafka.kafkaBootstrap();
    int port = Integer.parseInt(bootstrap.substring(bootstrap.lastIndexOf(':') + 1));
    Path kept = directory.resolve("state/events");
    try {
      kafka.kill();
      Path log = directory.resolve("log");
      importOf("first", log, bootstrap, "3s");
      assertTrue(Files.readString(log).contains("kept in " + kept), Files.readString(log));
      importOf("second", log, bootstrap, "3s");
      assertEquals(2, DropService.files(kept).size());
      kafka = SandboxProcess.start(options.withKafkaPort(port));
      // it waits no longer than Kafka needs
      importOf("third", log, bootstrap, "2m");
      assertEquals(List.of(), DropService.files(kept));
      try (EventReader reader = EventReader.fromTheBeginning(bootstrap)) {
        await().atMost(DropService.PATIENCE).until(() -> reader.terminals() == 3);
        assertEquals(3, reader.byImport().size());
        for (List<Event> events : reader.byImport().values()) {
          assertEquals(
              List.of("accepted", "started", "completed"),
              events.stream().map(Event::type).filter(type -> !type.equals("progress")).toList());
          List<Long> sequences = events.stream().map(Event::sequence).toList();
          assertEquals(sequences.stream().sorted().distinct().toList(), sequences);
          events.forEach(event -> assertEquals(1, event.data().path("attempt").asInt()));
        }
      }
    } finally {
      kafka.close();
    }
  }

  private void importOf(String name, Path log, String kafka, String flush) throws Exception {
    Path image = Files.write(directory.resolve(name + ".raw"), disk(1 << 20));
    List<String> command =
        List.of(
            "import",
            image.toString(),
            "s3://images/away/" + name + "/",
            "--endpoint-url",
            DropServers.sandbox().s3Endpoint().toString());
    exitCode(log, command, List.of("--kafka", kafka, "-Ddrover.kafka.flush-timeout=" + flush));
  }

  @Test
  void aServiceThatNeverSawKafkaImportsAndTellsAtTheNextStart() throws Exception {
    String prefix = "away/never/";
    Set<Thread> before = threads();
    Files.write(inbox.resolve("disk.raw"), disk(1 << 20));
    Files.write(inbox.resolve("broken.qcow2"), new byte[512]);
    try (EventReader reader = EventReader.fromNowOn(DropServers.sandbox().kafkaBootstrap())) {
      DropService service =
          DropService.start(
              inbox, prefix, settings().with(Key.KAFKA_BROKERS, NOWHERE), DropServers.store());
      awaitCommitted(service.app().store(), prefix, 1);
      await().atMost(DropService.PATIENCE).until(() -> service.app().active().list().isEmpty());
      assertTrue(service.app().unsentEvents() >= 3);
      // a late one flows as well: those before it hold no place
      service.drop("late.raw", disk(2 << 20));
      awaitCommitted(service.app().store(), prefix, 2);
      assertPrompt(time(service::close));
      assertNoThreadsBut(before);
      assertEquals(0, reader.terminals());
      // their end is not told: they are claimed still, and told when Kafka is there
      assertEquals(List.of(), DropService.files(inbox.resolve(".done")));
      try (DropService again = DropService.start(inbox, prefix, settings(), DropServers.store())) {
        again.awaitEnded(3);
        assertEquals(List.of("disk.raw", "late.raw"), again.done());
        assertEquals(List.of("broken.qcow2"), again.failed());
        assertEquals(List.of("broken.qcow2.error.json"), again.reasons());
        again.awaitNothingInProgress();
        assertEquals(2, again.verifyAll().size());
        await().atMost(DropService.PATIENCE).until(() -> reader.terminals() == 3);
        reader.poll().forEach(event -> assertEquals(2, event.data().path("attempt").asInt()));
      }
    }
  }

  @Test
  void aBrokerThatDiesAndComesBackHasTheWholeStory() throws Exception {
    String prefix = "away/back/";
    SandboxOptions options =
        SandboxOptions.in(Files.createDirectory(directory.resolve("kafka"))).withoutS3();
    SandboxProcess kafka = SandboxProcess.start(options);
    String bootstrap = kafka.kafkaBootstrap();
    int port = Integer.parseInt(bootstrap.substring(bootstrap.lastIndexOf(':') + 1));
    Set<Thread> before = threads();
    try {
      Settings settings =
          settings()
              .with(Key.KAFKA_BROKERS, bootstrap)
              .with(Key.PARALLEL, "1")
              .with(Key.PART_SIZE, "5m");
      Files.write(inbox.resolve("disk.raw"), disk(64 << 20));
      // slow enough that it is under way, on any machine, when the broker dies
      ObjectStore slow = new LimitedObjectStore(DropServers.store(), new RateLimit(16 << 20));
      DropService service = DropService.start(inbox, prefix, settings, slow);
      try {
        awaitTransfer(service);
        kafka.kill();
        // it ends while there is no broker
        awaitCommitted(service.app().store(), prefix, 1);
        service.drop("small.raw", disk(1 << 20));
        awaitCommitted(service.app().store(), prefix, 2);
        // the end is told after the commit
        await().atMost(DropService.PATIENCE).until(() -> service.app().unsentEvents() >= 4);
        assertTrue(service.app().unsentEvents() <= 8, "more than the newest progress is kept");
        assertEquals(List.of(), service.done());

        kafka = SandboxProcess.start(options.withKafkaPort(port));
        service.awaitEnded(2);
        assertEquals(List.of("disk.raw", "small.raw"), service.done());
        await().atMost(DropService.PATIENCE).until(() -> service.app().unsentEvents() == 0);
        checkStory(bootstrap);

        // with a record on the wire that nobody will answer
        kafka.kill();
        service.drop("last.raw", disk(1 << 20));
        awaitCommitted(service.app().store(), prefix, 3);
      } finally {
        assertPrompt(time(service::close));
      }
      assertNoThreadsBut(before);
    } finally {
      kafka.close();
    }
  }

  private static void checkStory(String bootstrap) throws Exception {
    try (EventReader reader = EventReader.fromTheBeginning(bootstrap)) {
      await().atMost(DropService.PATIENCE).until(() -> reader.terminals() == 2);
      for (List<Event> events : reader.byImport().values()) {
        List<Event> told = events.stream().filter(e -> !e.type().equals("progress")).toList();
        assertEquals(
            List.of("accepted", "started", "completed"),
            told.stream().map(Event::type).distinct().toList());
        List<Long> sequences = events.stream().map(Event::sequence).distinct().toList();
        assertEquals(sequences.stream().sorted().toList(), sequences);
      }
    }
  }

  private static Settings settings() throws Exception {
    return DropServers.settings().with(Key.KAFKA_FLUSH_TIMEOUT, FLUSH.toMillis() + "ms");
  }

  private static int exitCode(Path log, List<String> command, List<String> more) throws Exception {
    List<String> arguments = new java.util.ArrayList<>(command);
    arguments.addAll(more);
    try (ServeProcess process = ServeProcess.run(log, arguments)) {
      int exitCode = process.exitCode(240);
      assertEquals(0, exitCode, process.output());
      return exitCode;
    }
  }

  private static void awaitTransfer(DropService service) {
    await()
        .atMost(DropService.PATIENCE)
        .pollInterval(Duration.ofMillis(5))
        .until(
            () ->
                service.app().active().list().stream()
                    .anyMatch(run -> run.progress().partsDone() > 0));
  }

  private static void awaitCommitted(ObjectStore store, String prefix, int imports) {
    await()
        .atMost(DropService.PATIENCE)
        .until(
            () ->
                store.list("images", prefix).stream()
                        .filter(key -> key.endsWith("/manifest.json"))
                        .count()
                    == imports);
  }

  private static byte[] disk(int size) {
    byte[] disk = new byte[size];
    new Random(size).nextBytes(disk);
    return disk;
  }

  private interface Step {
    void run() throws Exception;
  }

  private static long time(Step step) throws Exception {
    long started = System.nanoTime();
    step.run();
    return (System.nanoTime() - started) / 1_000_000;
  }

  private static void assertPrompt(long millis) {
    assertTrue(millis < FLUSH.plus(MARGIN).toMillis(), "an end of " + millis + " ms");
  }

  private static Set<Thread> threads() {
    return Thread.getAllStackTraces().keySet();
  }

  /** Threads that a process may keep for as long as it lives. */
  private static boolean ofTheProcess(Thread thread) {
    return thread
        .getName()
        .matches(
            "(?i).*(idle-connection-reaper|sdk-|response-input-stream|cleaner|forkjoin|process reaper|sandbox-|attach|awaitility|junit|common-pool).*");
  }

  private static void assertNoThreadsBut(Set<Thread> before) {
    await()
        .atMost(DropService.PATIENCE)
        .untilAsserted(
            () ->
                assertEquals(
                    Set.of(),
                    threads().stream()
                        .filter(thread -> !before.contains(thread) && !ofTheProcess(thread))
                        .map(Thread::getName)
                        .collect(Collectors.toSet())));
  }
}
