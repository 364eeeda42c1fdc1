package io.drover.routes.queue;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.drover.converter.imports.Destination;
import io.drover.converter.object.LimitedObjectStore;
import io.drover.converter.object.ObjectStore;
import io.drover.converter.object.RateLimit;
import io.drover.routes.app.DroverApp;
import io.drover.routes.config.Key;
import io.drover.routes.config.Settings;
import io.drover.routes.e2e.Servers;
import io.drover.routes.kafka.KafkaClients;
import io.drover.routes.observe.RequestLag;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Requests through a real broker to a real S3 server, and back as events. */
@Timeout(600)
class RequestRouteTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  private static final String GROUP = "request-route-test";

  @TempDir static Path directory;
  private static DroverApp app;
  private static RequestClient client;
  private static ObjectStore store;

  @BeforeAll
  static void start() throws Exception {
    Settings settings =
        Servers.settings()
            .with(Key.REQUESTS_SOURCE_ROOTS, directory.toString())
            .with(Key.REQUESTS_GROUP, GROUP)
            .with(Key.REQUESTS_ALLOW_PRIVATE, "true")
            // kept by a starved process, too: a request that comes twice is told of twice
            .with(Key.REQUESTS_LOCK, "30s")
            .with(Key.LEASE, "3s")
            .with(Key.JOBS, "2")
            .with(Key.PART_SIZE, "5m");
    store = Servers.openStore();
    // slow enough that an import can be cancelled on any machine
    ObjectStore slow = new LimitedObjectStore(store, new RateLimit(5 << 20));
    app = DroverApp.start(settings, slow, new RequestRoute(settings, slow));
    client = new RequestClient(Servers.sandbox().kafkaBootstrap());
  }

  @AfterAll
  static void stop() {
    client.close();
    app.close();
  }

  private static Path disk(String name, int bytes) throws Exception {
    byte[] content = new byte[bytes];
    new Random(name.hashCode()).nextBytes(content);
    return Files.write(directory.resolve(name), content);
  }

  /** Terminal events of an import, as types and data. */
  private static List<JsonNode> ends(String id) throws Exception {
    List<JsonNode> ends = new ArrayList<>();
    for (ConsumerRecord<byte[], byte[]> each : client.all("drover.events")) {
      String type =
          new String(each.headers().lastHeader("ce_type").value(), StandardCharsets.UTF_8);
      JsonNode data = JSON.readTree(each.value());
      if (data.path("importId").asText().equals(id)
          && type.matches(".*\\.(completed|failed|cancelled)")) {
        ends.add(((com.fasterxml.jackson.databind.node.ObjectNode) data).put("type", type));
      }
    }
    return ends;
  }

  private static JsonNode end(String id) throws Exception {
    while (ends(id).isEmpty()) {
      Thread.sleep(100);
    }
    return ends(id).get(0);
  }

  private static List<JsonNode> letters(String containing) throws Exception {
    List<JsonNode> letters = new ArrayList<>();
    for (ConsumerRecord<byte[], byte[]> each : client.all("drover.dead-letter")) {
      JsonNode letter = JSON.readTree(each.value());
      if (new String(letter.path("value").binaryValue(), StandardCharsets.UTF_8)
          .contains(containing)) {
        letters.add(letter);
      }
    }
    return letters;
  }

  @Test
  void badMessagesBetweenGoodOnesBlockNobody() throws Exception {
    Destination destination = Servers.destination();
    Path small = disk("small.raw", 300_000);
    String type = "drover.import.requested";
    client.request("good-1", small.toString(), destination.uri() + "1/");
    client.send(type, "bad-1", "{\"mark\":\"m1\",".getBytes(StandardCharsets.UTF_8));
    client.send(
        type,
        "bad-2",
        ("{\"x\":\"m2" + "x".repeat(900_000) + "\"}").getBytes(StandardCharsets.UTF_8));
    client.request("bad/3", small.toString(), destination.uri() + "m3/");
    client.send(type, "bad-4", null);
    client.request("bad-5", "/etc/m5.raw", destination.uri() + "5/");
    client.request("good-2", small.toString(), destination.uri() + "2/");
    client.request("missing-1", directory + "/none.raw", destination.uri() + "4/");
    assertEquals("drover.import.completed", end("good-1").path("type").asText());
    JsonNode second = end("good-2");
    assertEquals("drover.import.completed", second.path("type").asText());
    JsonNode failed = end("missing-1");
    assertEquals("drover.import.failed", failed.path("type").asText());
    assertEquals("SOURCE_READ_ERROR", failed.at("/error/code").asText());
    for (String mark : List.of("\"m1\"", "\"m2x", "m3/", "m5.raw")) {
      while (letters(mark).isEmpty()) {
        Thread.sleep(100);
      }
    }
    assertEquals("REQUEST_MALFORMED", letters("\"m1\"").get(0).path("code").asText());
    assertEquals("REQUEST_MALFORMED", letters("\"m2x").get(0).path("code").asText());
    assertEquals("REQUEST_INVALID", letters("m3/").get(0).path("code").asText());
    assertEquals("SOURCE_OUTSIDE_ROOT", letters("m5.raw").get(0).path("code").asText());
    JsonNode letter = letters("m3/").get(0);
    assertEquals("drover.requests", letter.path("topic").asText());
    assertTrue(letter.path("offset").asLong() >= 3, letter.toString());
    // a moment in which a second one could come
    Thread.sleep(1_500);
    for (String mark : List.of("\"m1\"", "\"m2x", "m3/", "m5.raw")) {
      assertEquals(1, letters(mark).size(), mark);
    }
    Destination first = Destination.parse(destination.uri() + "1/");
    // the lease goes after the end was told
    await()
        .atMost(Duration.ofMinutes(2))
        .untilAsserted(
            () ->
                assertEquals(
                    List.of(
                        first.prefix() + "disk.qcow2",
                        first.prefix() + "disk.raw",
                        first.prefix() + "manifest.json"),
                    store.list(first.bucket(), first.prefix())));
  }

  @Test
  void nothingIsOpenWhenAllIsDone() throws Exception {
    Destination destination = Servers.destination();
    Path small = disk("counted.raw", 300_000);
    KafkaClients clients = KafkaClients.plain(Servers.sandbox().kafkaBootstrap());
    client.request("counted-1", small.toString(), destination.uri());
    end("counted-1");
    try (RequestLag lag = new RequestLag(clients, GROUP)) {
      assertTrue(Double.isNaN(lag.requests()) || lag.requests() >= 0);
      while (lag.requests() != 0) {
        Thread.sleep(100);
      }
    }
  }

  @Test
  void theSameIdTwiceIsOneImportWithOneContent() throws Exception {
    Destination destination = Servers.destination();
    Path source = disk("twice.raw", 6_000_000);
    client.request("twice", source.toString(), destination.uri());
    client.request("twice", source.toString(), destination.uri());
    JsonNode first = end("twice");
    String manifest =
        new String(
            store.get(destination.manifest(), 1 << 20).orElseThrow(), StandardCharsets.UTF_8);
    client.request("twice", source.toString(), destination.uri());
    while (ends("twice").size() < 3) {
      Thread.sleep(100);
    }
    for (JsonNode each : ends("twice")) {
      assertEquals(first.path("result"), each.path("result"));
      assertEquals("drover.import.completed", each.path("type").asText());
    }
    assertEquals(
        manifest,
        new String(
            store.get(destination.manifest(), 1 << 20).orElseThrow(), StandardCharsets.UTF_8));
  }

  @Test
  void aCancelledImportLeavesNothing() throws Exception {
    Destination destination = Servers.destination();
    Path source = disk("long.raw", 150 << 20);
    client.request("long", source.toString(), destination.uri());
    while (store.openUploads(destination.bucket(), destination.prefix()).isEmpty()) {
      Thread.sleep(20);
    }
    client.cancel("long");
    assertEquals("drover.import.cancelled", end("long").path("type").asText());
    while (!store.list(destination.bucket(), destination.prefix()).isEmpty()) {
      Thread.sleep(50);
    }
    assertEquals(List.of(), store.openUploads(destination.bucket(), destination.prefix()));
    assertEquals(1, ends("long").size());
  }

  @Test
  void whatIsCancelledEndsThoughItsSourceNeverComes() throws Exception {
    Destination destination = Servers.destination();
    // nobody listens there
    client.request("absent", "http://127.0.0.1:9/absent.raw", destination.uri());
    client.cancel("absent");
    assertEquals("drover.import.cancelled", end("absent").path("type").asText());
    assertEquals(List.of(), store.list(destination.bucket(), destination.prefix()));
  }
}
