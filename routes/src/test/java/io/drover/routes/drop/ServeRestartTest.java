package io.drover.routes.drop;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.drover.converter.imports.Destination;
import io.drover.converter.object.ObjectStore;
import io.drover.converter.verify.Verifier;
import io.drover.converter.verify.VerifyReport;
import io.drover.routes.drop.EventReader.Event;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The service ends in the middle, one way or another, and is started again. */
class ServeRestartTest {
  private static final Duration PATIENCE = DropService.PATIENCE;
  private static final Duration OFTEN = Duration.ofMillis(5);

  @TempDir private Path directory;
  private final Random random = new Random(8);
  private final Map<String, String> dropped = new TreeMap<>();
  private Path inbox;
  private Path log;

  @BeforeEach
  void makeFolder() throws IOException {
    inbox = Files.createDirectory(directory.resolve("inbox"));
    log = directory.resolve("log");
  }

  @Test
  void killedAtAnyMomentItLosesNothingAndDoesNothingTwice() throws Exception {
    String prefix = "killed/";
    String kafka = DropServers.sandbox().kafkaBootstrap();
    try (ObjectStore store = DropServers.store();
        EventReader reader = EventReader.fromNowOn(kafka)) {
      // in the order of an import's life; each is waited for among the imports of its round
      List<Callable<Boolean>> moments =
          List.of(
              () -> true,
              () -> !claims().isEmpty(),
              () -> !store.openUploads("images", prefix).isEmpty(),
              () -> pause(store.openUploads("images", prefix).isEmpty() ? 0 : 150),
              () -> unfinished(store, prefix, "disk.raw"),
              () -> unfinished(store, prefix, "disk.qcow2"),
              () -> unfinished(store, prefix, "manifest.json"),
              () -> !DropService.files(inbox.resolve(".done")).isEmpty());
      for (int round = 0; round < moments.size(); round++) {
        dropTwo("vm-" + round);
        try (ServeProcess service = ServeProcess.start(inbox, prefix, log, "--kafka", kafka)) {
          awaitMoment(moments.get(round), "vm-" + round);
          pause(random.nextInt(40));
          assertTrue(service.isAlive(), service.output());
          service.kill();
        }
      }
      try (ServeProcess service = ServeProcess.start(inbox, prefix, log, "--kafka", kafka)) {
        awaitDone();
        await().atMost(PATIENCE).until(() -> claims().isEmpty());
        awaitCompleted(reader);
        assertEquals(143, service.terminate(240), service.output());
      }
      checkFolders();
      checkImports(store, prefix);
      checkEvents(reader);
    }
  }

  @Test
  void aPoliteEndKeepsTheClaimAndTheNextStartFinishes() throws Exception {
    String prefix = "terminated/";
    String kafka = DropServers.sandbox().kafkaBootstrap();
    try (ObjectStore store = DropServers.store();
        EventReader reader = EventReader.fromNowOn(kafka)) {
      for (int index = 0; index < 5; index++) {
        drop("disk-" + index + ".raw", 32 << 20);
      }
      // slow enough not to be through before it is ended; and Kafka has time to hear of that
      try (ServeProcess service =
          ServeProcess.start(
              inbox,
              prefix,
              log,
              "--kafka",
              kafka,
              "-Ddrover.limit-rate=2m",
              "-Ddrover.kafka.flush-timeout=60s",
              "-Ddrover.grace-period=90s")) {
        await()
            .atMost(PATIENCE)
            .pollInterval(OFTEN)
            .until(() -> !store.openUploads("images", prefix).isEmpty());
        // the last that a start says: from then on an end is polite
        await().atMost(PATIENCE).until(() -> service.output().contains("health at http"));
        assertEquals(143, service.terminate(240), service.output());
      }
      assertTrue(!claims().isEmpty(), "what was under way stays claimed");
      assertEquals(List.of(), DropService.files(inbox.resolve(".failed")));
      assertEquals(
          store.list("images", prefix).stream()
              .filter(key -> key.endsWith("/checkpoint.json"))
              .count(),
          store.openUploads("images", prefix).size(),
          "what is open can be gone on with");
      // told before the process was gone, since nobody else could have
      await()
          .atMost(PATIENCE)
          .until(() -> reader.poll().stream().anyMatch(event -> event.type().equals("paused")));
      try (ServeProcess service = ServeProcess.start(inbox, prefix, log, "--kafka", kafka)) {
        awaitDone();
        awaitCompleted(reader);
        assertEquals(143, service.terminate(240), service.output());
      }
      checkFolders();
      checkImports(store, prefix);
      checkEvents(reader);
    }
  }

  @Test
  void aSecondServiceOnTheSameFolderIsRefused() throws Exception {
    try (ServeProcess first = ServeProcess.start(inbox, "second/", log)) {
      await().atMost(PATIENCE).until(() -> Files.exists(inbox.resolve(".inprogress/.lock")));
      drop("disk.raw", 1 << 20);
      awaitDone();
      Path other = directory.resolve("other-log");
      try (ServeProcess second = ServeProcess.start(inbox, "second/", other)) {
        assertEquals(3, second.exitCode(240), second.output());
        assertTrue(second.output().contains("is served by another process"), second.output());
      }
      assertTrue(first.isAlive());
    }
  }

  private void dropTwo(String folder) throws IOException {
    drop(folder + "/big.raw", 16 << 20);
    drop(folder + "/small.raw", 100 << 10);
  }

  /** Waits for a moment of an import; if all were through before anybody looked, of other ones. */
  private void awaitMoment(Callable<Boolean> moment, String folder) {
    AtomicInteger missed = new AtomicInteger();
    await()
        .atMost(PATIENCE)
        .pollInterval(OFTEN)
        .pollDelay(Duration.ZERO)
        .until(
            () -> {
              boolean come = moment.call();
              if (!come && allDone()) {
                dropTwo(folder + "-" + missed.incrementAndGet());
              }
              return come;
            });
  }

  private void drop(String place, int size) throws IOException {
    byte[] disk = new byte[size];
    // a different quarter of each is data
    byte[] data = new byte[size / 4];
    random.nextBytes(data);
    System.arraycopy(data, 0, disk, random.nextInt(size - data.length), data.length);
    Path file = inbox.resolve(place);
    Files.createDirectories(file.getParent());
    Path part = Files.write(file.resolveSibling(file.getFileName() + ".part"), disk);
    Files.move(part, file);
    dropped.put(place, place);
  }

  private List<String> claims() throws IOException {
    return DropService.files(inbox.resolve(".inprogress")).stream()
        .filter(name -> !name.matches("\\.lock|[^/]*/\\.attempts"))
        .toList();
  }

  /** Whether such an object exists of an import that is still claimed. */
  private boolean unfinished(ObjectStore store, String prefix, String object) throws IOException {
    List<String> keys = store.list("images", prefix);
    return claims().stream()
        .map(name -> name.substring(0, name.indexOf('/')))
        .anyMatch(id -> keys.stream().anyMatch(key -> key.endsWith(id + "/" + object)));
  }

  private static boolean pause(long millis) throws InterruptedException {
    Thread.sleep(millis);
    return millis > 0;
  }

  private void awaitDone() {
    await().atMost(PATIENCE).until(this::allDone);
  }

  private boolean allDone() throws IOException {
    return DropService.files(inbox.resolve(".done")).size() == dropped.size();
  }

  private void awaitCompleted(EventReader reader) {
    await()
        .atMost(PATIENCE)
        .until(
            () ->
                reader.poll().stream()
                        .filter(event -> event.type().equals("completed"))
                        .map(Event::importId)
                        .distinct()
                        .count()
                    == dropped.size());
  }

  private void checkFolders() throws IOException {
    assertEquals(List.copyOf(dropped.keySet()), DropService.files(inbox.resolve(".done")));
    assertEquals(List.of(), DropService.files(inbox.resolve(".failed")));
    assertEquals(List.of(".lock"), DropService.files(inbox.resolve(".inprogress")));
    assertEquals(
        List.of(),
        DropService.files(inbox).stream().filter(name -> !name.startsWith(".")).toList());
  }

  private void checkImports(ObjectStore store, String prefix) throws IOException {
    List<VerifyReport> imports = new ArrayList<>();
    for (String key : store.list("images", prefix)) {
      if (key.endsWith("/manifest.json")) {
        String own = key.substring(0, key.length() - "manifest.json".length());
        imports.add(Verifier.verify(store, new Destination("images", own), 1));
      }
    }
    assertEquals(dropped.size(), imports.size());
    assertEquals(3L * dropped.size(), store.list("images", prefix).size(), "objects of no import");
    assertEquals(List.of(), store.openUploads("images", prefix));
  }

  private void checkEvents(EventReader reader) throws IOException {
    Map<String, List<Event>> imports =
        reader.byImport().values().stream()
            .filter(events -> dropped.containsKey(events.get(0).source()))
            .collect(Collectors.toMap(events -> events.get(0).source(), events -> events));
    assertEquals(dropped.keySet(), new TreeMap<>(imports).keySet());
    int attempts = 0;
    for (List<Event> events : imports.values()) {
      List<Long> sequences = events.stream().map(Event::sequence).toList();
      List<Long> rising = new ArrayList<>(sequences);
      Collections.sort(rising);
      assertEquals(rising, sequences, "numbers rise over all attempts");
      assertEquals(sequences.size(), sequences.stream().distinct().count());
      List<JsonNode> results =
          events.stream()
              .filter(event -> event.type().equals("completed"))
              .map(event -> event.data().path("result"))
              .distinct()
              .toList();
      assertEquals(1, results.size(), "one result, however often it is told");
      Event end = events.get(events.size() - 1);
      assertEquals("completed", end.type());
      attempts = Math.max(attempts, end.data().path("attempt").asInt());
    }
    assertTrue(attempts > 1, "no import was interrupted");
  }
}
