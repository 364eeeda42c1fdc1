package io.drover.routes.drop;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.drover.converter.imports.Destination;
import io.drover.converter.imports.DiskMap;
import io.drover.converter.manifest.Manifest;
import io.drover.converter.verify.Verifier;
import io.drover.routes.config.Key;
import io.drover.routes.config.Settings;
import io.drover.routes.drop.EventReader.Event;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a consumer of the topic sees: CloudEvents in Kafka's binary content mode. */
class DropEventsTest {
  private static final long SIZE = 256L << 20;
  private static final Set<String> NUMBERS =
      Set.of("sequence", "attempt", "virtualSize", "percent");
  private static final Set<String> TEXTS =
      Set.of("importId", "source", "destination", "phase", "format");

  @TempDir private Path inbox;

  @Test
  void everyImportTellsItsStory() throws Exception {
    String hostile = "a\nb\u001b[31m\u202e{id}${x}.qcow2";
    Path slow = inbox.resolve("slow.raw");
    sparse(slow, SIZE, 5 << 20);
    Files.createFile(inbox.resolve(hostile));
    Files.write(inbox.resolve("qcow.qcow2"), brokenL1());
    Settings settings = DropServers.settings().with(Key.PARALLEL, "1").with(Key.PART_SIZE, "5m");
    try (EventReader reader = EventReader.fromNowOn(DropServers.sandbox().kafkaBootstrap());
        DropService service = DropService.start(inbox, "events/", settings, DropServers.store())) {
      await().atMost(DropService.PATIENCE).until(() -> reader.terminals() >= 3);
      service.awaitEnded(3);
      // a file is in its place a moment before its last event counts as sent
      await().atMost(DropService.PATIENCE).until(() -> service.app().unsentEvents() == 0);
      Map<String, List<Event>> imports = reader.byImport();
      assertEquals(3, imports.size());
      for (List<Event> events : imports.values()) {
        checkOrder(events);
        events.forEach(DropEventsTest::checkEnvelope);
        events.forEach(DropEventsTest::checkData);
      }
      checkProgress(of(imports, "slow.raw"));
      checkCompleted(of(imports, "slow.raw"), service);
      checkFailed(of(imports, "a\\nb\\u001b[31m\\u202e{id}${x}.qcow2"), "SOURCE_EMPTY", false);
      checkFailed(of(imports, "qcow.qcow2"), "QCOW2_L1", true);
    }
  }

  private static List<Event> of(Map<String, List<Event>> imports, String source) {
    return imports.values().stream()
        .filter(events -> events.get(0).source().equals(source))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no events of " + source));
  }

  private static void checkOrder(List<Event> events) {
    long last = 0;
    for (Event event : events) {
      assertTrue(event.sequence() > last, event.sequence() + " after " + last);
      last = event.sequence();
    }
    assertEquals("accepted", events.get(0).type());
    assertEquals(1, events.get(0).sequence());
    assertEquals(1, events.stream().filter(Event::terminal).count());
    assertTrue(events.get(events.size() - 1).terminal());
    List<String> between =
        events.subList(1, events.size() - 1).stream().map(Event::type).distinct().toList();
    assertTrue(
        between.isEmpty()
            || between.equals(List.of("started"))
            || between.equals(List.of("started", "progress")),
        between.toString());
  }

  private static void checkEnvelope(Event event) {
    Map<String, String> headers = event.headers();
    assertEquals(event.importId(), event.key());
    assertEquals("1.0", headers.get("ce_specversion"));
    assertEquals(event.importId() + ":" + event.sequence(), headers.get("ce_id"));
    assertEquals("urn:drover", headers.get("ce_source"));
    assertEquals(event.importId(), headers.get("ce_subject"));
    assertEquals("application/json", headers.get("content-type"));
    assertTrue(headers.get("ce_type").matches("drover\\.import\\.[a-z]+"));
    Instant time = OffsetDateTime.parse(headers.get("ce_time")).toInstant();
    assertTrue(Duration.between(time, Instant.now()).abs().toHours() < 1, time.toString());
    assertEquals(
        Set.of(),
        headers.keySet().stream()
            .filter(name -> !name.startsWith("ce_") && !name.equals("content-type"))
            .collect(java.util.stream.Collectors.toSet()),
        "headers of Camel's own went along");
  }

  private static void checkData(Event event) {
    JsonNode data = event.data();
    Set<String> expected = new TreeSet<>(NUMBERS);
    expected.addAll(TEXTS);
    expected.addAll(Set.of("bytes", "parts"));
    if (event.type().equals("failed")) {
      expected.add("error");
    }
    if (event.type().equals("completed")) {
      expected.add("result");
    }
    Set<String> found = new TreeSet<>();
    data.fieldNames().forEachRemaining(found::add);
    for (String optional : List.of("bytesPerSecond", "etaSeconds")) {
      if (found.remove(optional)) {
        assertTrue(data.path(optional).isIntegralNumber(), optional);
        assertTrue(data.path(optional).asLong() >= 0, optional);
      }
    }
    assertEquals(expected, found);
    NUMBERS.forEach(name -> assertTrue(data.path(name).isNumber(), name));
    TEXTS.forEach(name -> assertTrue(data.path(name).isTextual(), name));
    TEXTS.forEach(
        name ->
            assertTrue(data.path(name).asText().chars().noneMatch(Character::isISOControl), name));
    for (String name : List.of("logical", "data", "zero", "read", "sent", "copied")) {
      assertTrue(data.path("bytes").path(name).isIntegralNumber(), name);
    }
    assertTrue(data.path("parts").path("total").isInt());
    assertTrue(data.path("parts").path("done").isInt());
    assertEquals(1, data.path("attempt").asInt());
    double percent = data.path("percent").asDouble();
    assertTrue(percent >= 0 && percent <= 100);
  }

  private static void checkProgress(List<Event> events) {
    List<Event> progress = events.stream().filter(e -> e.type().equals("progress")).toList();
    assertTrue(!progress.isEmpty(), "the disk is too small");
    double percent = 0;
    Instant last = Instant.EPOCH;
    for (Event event : progress) {
      assertTrue(event.data().path("percent").asDouble() >= percent);
      percent = event.data().path("percent").asDouble();
      Instant time = OffsetDateTime.parse(event.headers().get("ce_time")).toInstant();
      assertTrue(Duration.between(last, time).toMillis() >= 490, "more than 2 a second");
      last = time;
    }
  }

  private static void checkCompleted(List<Event> events, DropService service) throws IOException {
    Event event = events.get(events.size() - 1);
    assertEquals("completed", event.type());
    JsonNode data = event.data();
    assertEquals(100.0, data.path("percent").asDouble());
    assertEquals("done", data.path("phase").asText());
    assertEquals("raw", data.path("format").asText());
    assertEquals(SIZE, data.path("virtualSize").asLong());
    assertEquals(SIZE, data.path("bytes").path("logical").asLong());
    assertEquals(
        SIZE, data.path("bytes").path("data").asLong() + data.path("bytes").path("zero").asLong());
    assertEquals(data.path("parts").path("total"), data.path("parts").path("done"));
    Destination destination = Destination.parse(data.path("destination").asText());
    Manifest manifest = Verifier.manifest(service.app().store(), destination);
    JsonNode result = data.path("result");
    assertEquals(destination.data().uri(), result.path("data").asText());
    assertEquals(destination.metadata().uri(), result.path("metadata").asText());
    assertEquals(destination.manifest().uri(), result.path("manifest").asText());
    assertEquals(manifest.disk().digest(), result.path("digest").asText());
    assertEquals(manifest.importId(), event.importId());
    checkMap(event.headers().get("ce_diskmap"));
  }

  /** Some data, then zeros, again and again. */
  private static void checkMap(String runs) {
    assertTrue(DiskMap.isRuns(runs), runs);
    assertTrue(runs.matches("(S[0-9]*[sC][0-9]+){2,}"), runs);
  }

  private static void checkFailed(List<Event> events, String code, boolean offset) {
    Event event = events.get(events.size() - 1);
    assertEquals("failed", event.type());
    JsonNode error = event.data().path("error");
    assertEquals(code, error.path("code").asText());
    assertTrue(error.path("message").isTextual());
    assertTrue(error.path("message").asText().chars().noneMatch(Character::isISOControl));
    assertEquals(offset, error.has("offset"), error.toString());
    if (offset) {
      assertTrue(error.path("offset").isIntegralNumber());
    }
    assertFalse(event.data().has("result"));
  }

  /** Data at the start of every {@code step} bytes. */
  private static void sparse(Path file, long size, int step) throws IOException {
    byte[] block = new byte[4096];
    Arrays.fill(block, (byte) 7);
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      for (long offset = 0; offset < size; offset += step) {
        channel.write(ByteBuffer.wrap(block), offset);
      }
      channel.write(ByteBuffer.allocate(1), size - 1);
    }
  }

  /** A qcow2 whose L1 table lies behind the end of the file. */
  private static byte[] brokenL1() {
    ByteBuffer image = ByteBuffer.allocate(3 * 65_536);
    image.putInt(0x514649FB).putInt(3).putLong(0).putInt(0).putInt(16);
    image.putLong(1 << 20).putInt(0).putInt(1).putLong(1L << 40).putLong(65_536).putInt(1);
    image.putInt(96, 4).putInt(100, 104);
    return image.array();
  }
}
