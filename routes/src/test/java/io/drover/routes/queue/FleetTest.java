package io.drover.routes.queue;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.drover.converter.imports.Destination;
import io.drover.converter.imports.UnfinishedImports;
import io.drover.converter.object.ObjectStore;
import io.drover.converter.object.s3.FaultProxy;
import io.drover.routes.e2e.Servers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Many requests over three worker processes, of which one is killed and one suspended beyond its
 * lease: every request ends in exactly one committed import.
 */
@Timeout(1200)
class FleetTest {
  /**
   * Besides the large one, as many as a run of all tests has time for: {@code
   * -Dfleet.requests=199}, with this test alone, for more.
   */
  private static final int SMALL = Integer.getInteger("fleet.requests", 99);

  private static final int LARGE_BYTES = 200 << 20;

  /** As the workers are told. */
  private static final int PART = 5 << 20;

  private static final String LARGE = "fleet-large";
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path directory;

  /** An event as it lies in Kafka. */
  private record Told(String id, String type, String worker, JsonNode data) {
    boolean terminal() {
      return List.of("completed", "failed", "cancelled").contains(type);
    }
  }

  private final Map<String, Destination> wanted = new HashMap<>();

  private List<Told> told(RequestClient client) throws Exception {
    List<Told> told = new ArrayList<>();
    for (ConsumerRecord<byte[], byte[]> each : client.all("drover.events")) {
      JsonNode data = JSON.readTree(each.value());
      String id = data.path("importId").asText();
      if (wanted.containsKey(id)) {
        told.add(
            new Told(
                id,
                header(each, "ce_type").replace("drover.import.", ""),
                header(each, "ce_worker"),
                data));
      }
    }
    return told;
  }

  private static String header(ConsumerRecord<byte[], byte[]> message, String name) {
    return new String(message.headers().lastHeader(name).value(), StandardCharsets.UTF_8);
  }

  private Told await(RequestClient client, Predicate<Told> wish) throws Exception {
    while (true) {
      for (Told each : told(client)) {
        if (wish.test(each)) {
          return each;
        }
      }
      Thread.sleep(100);
    }
  }

  private Path disk(String name, int bytes) throws Exception {
    byte[] content = new byte[bytes];
    new Random(name.hashCode()).nextBytes(content);
    return Files.write(directory.resolve(name + ".raw"), content);
  }

  @Test
  void everyRequestIsOneImportWhateverBecomesOfTheWorkers() throws Exception {
    Destination place = Servers.destination();
    String group = "fleet-" + System.nanoTime();
    ObjectStore store = Servers.store();
    Map<String, FleetWorker> workers = new HashMap<>();
    CountDownLatch killed = new CountDownLatch(1);
    CountDownLatch suspended = new CountDownLatch(1);
    try (RequestClient client = new RequestClient(Servers.sandbox().kafkaBootstrap());
        FaultProxy wire = new FaultProxy(Servers.sandbox().s3Endpoint())) {
      // nobody is done with the large one before it is known who works on it
      String parts = "PUT .*" + LARGE + "/disk.raw.*partNumber=";
      wire.spoil(parts, 8, 1, wire.hold(killed));
      wire.spoil(parts, 16, 1, wire.hold(suspended));
      ask(client, place, LARGE, disk(LARGE, LARGE_BYTES));
      for (int number = 0; number < SMALL; number++) {
        ask(client, place, "fleet-" + number, disk("small-" + number, 200_000 + number * 512));
      }
      for (String name : List.of("a", "b", "c")) {
        workers.put(name, new FleetWorker(name, directory, wire, group));
      }
      // killed in the middle of the large one
      Told first =
          await(
              client,
              each ->
                  each.id().equals(LARGE)
                      && each.type().equals("progress")
                      && each.data().at("/parts/done").asInt() >= 5);
      workers.get(first.worker()).kill();
      killed.countDown();
      long killedAt = System.nanoTime();
      Told resumed =
          await(client, each -> each.id().equals(LARGE) && each.type().equals("resumed"));
      long seconds = (System.nanoTime() - killedAt) / 1_000_000_000;
      System.out.println("the killed worker's import is taken over after " + seconds + " s");
      assertTrue(seconds < 60, "a minute is what is promised");
      // the next one sleeps longer than lock and lease, and wakes up
      FleetWorker sleeper = workers.get(resumed.worker());
      sleeper.signal("STOP");
      suspended.countDown();
      Set<String> workersSeen = new HashSet<>(Set.of(first.worker(), resumed.worker()));
      Told third =
          await(
              client,
              each ->
                  each.id().equals(LARGE)
                      && each.type().equals("resumed")
                      && workersSeen.add(each.worker()));
      sleeper.signal("CONT");
      Set<String> ended = new HashSet<>();
      while (ended.size() < wanted.size()) {
        told(client).stream().filter(Told::terminal).forEach(each -> ended.add(each.id()));
        Thread.sleep(200);
      }
      for (FleetWorker worker : workers.values()) {
        if (!worker.name().equals(first.worker())) {
          assertEquals(143, worker.terminate(), worker.output());
        }
      }
      // a checkpoint on its way when its worker was suspended may have come after the commit
      new UnfinishedImports(store).sweep(place, Duration.ZERO);
      requireOneContentEach(client, store);
      Told last = await(client, each -> each.id().equals(LARGE) && each.terminal());
      assertEquals(third.worker(), last.worker());
      // what was on its way when a worker was killed or suspended goes again, and no more
      long sent = wire.bytes(parts);
      assertTrue(
          sent >= LARGE_BYTES && sent <= LARGE_BYTES + 2 * PART,
          sent + " bytes of parts were sent");
      assertEquals(LARGE_BYTES, last.data().at("/bytes/logical").asLong());
    } finally {
      killed.countDown();
      suspended.countDown();
      workers.values().forEach(FleetWorker::close);
    }
  }

  private void ask(RequestClient client, Destination place, String id, Path source)
      throws Exception {
    Destination destination = new Destination(place.bucket(), place.prefix() + id + "/");
    wanted.put(id, destination);
    client.request(id, source.toString(), destination.uri());
  }

  private void requireOneContentEach(RequestClient client, ObjectStore store) throws Exception {
    Map<String, Set<JsonNode>> results = new HashMap<>();
    for (Told each : told(client)) {
      if (each.terminal()) {
        assertEquals("completed", each.type(), each.toString());
        results.computeIfAbsent(each.id(), id -> new HashSet<>()).add(each.data().path("result"));
      }
    }
    assertEquals(wanted.keySet(), results.keySet());
    for (Map.Entry<String, Destination> each : wanted.entrySet()) {
      assertEquals(1, results.get(each.getKey()).size(), each.getKey());
      Destination destination = each.getValue();
      assertEquals(
          List.of(
              destination.prefix() + "disk.qcow2",
              destination.prefix() + "disk.raw",
              destination.prefix() + "manifest.json"),
          store.list(destination.bucket(), destination.prefix()));
      assertEquals(List.of(), store.openUploads(destination.bucket(), destination.prefix()));
      byte[] manifest = store.get(destination.manifest(), 1 << 20).orElseThrow();
      assertEquals(
          each.getKey(), JSON.readTree(manifest).path("importId").asText(), "of the manifest");
    }
  }
}
