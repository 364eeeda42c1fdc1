package io.drover.routes.queue;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.drover.converter.imports.Destination;
import io.drover.routes.app.DroverApp;
import io.drover.routes.config.Key;
import io.drover.routes.config.Settings;
import io.drover.routes.e2e.Servers;
import io.drover.routes.queue.SpanReceiver.ReceivedSpan;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A trace goes through: from the request to the events, and to a collector if there is one. */
@Timeout(600)
class TracedRequestTest {
  private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
  private static final String SPAN = "00f067aa0ba902b7";
  private static final String PARENT = "00-" + TRACE + "-" + SPAN + "-01";
  private static final String REQUESTED = "drover.import.requested";

  @TempDir private Path directory;
  private RequestClient client;
  private Destination destination;

  @BeforeEach
  void start() throws Exception {
    client = new RequestClient(Servers.sandbox().kafkaBootstrap());
    destination = Servers.destination();
  }

  @AfterEach
  void stop() {
    client.close();
  }

  @Test
  void withoutACollectorEventsTellWhatTheRequestSaid() throws Exception {
    Settings settings =
        Servers.settings()
            .with(Key.REQUESTS_SOURCE_ROOTS, directory.toString())
            .with(Key.REQUESTS_GROUP, "traced-" + System.nanoTime())
            .with(Key.PROGRESS_INTERVAL, "10ms");
    var store = Servers.openStore();
    try (DroverApp app = DroverApp.start(settings, store, new RequestRoute(settings, store))) {
      assertTrue(app.running());
      request(
          "passed-on",
          disk("passed.raw"),
          Map.of("ce_traceparent", PARENT, "ce_tracestate", "vendor=1"));
      List<ConsumerRecord<byte[], byte[]>> events = events("passed-on");
      assertTrue(events.size() >= 3, events.toString());
      for (ConsumerRecord<byte[], byte[]> event : events) {
        assertEquals(PARENT, header(event, "ce_traceparent"));
        assertEquals("vendor=1", header(event, "ce_tracestate"));
        assertEquals(PARENT, header(event, "traceparent"));
        assertEquals("vendor=1", header(event, "tracestate"));
      }
      request("no-context", disk("no.raw"), Map.of("ce_traceparent", "00-" + "x".repeat(52)));
      for (ConsumerRecord<byte[], byte[]> event : events("no-context")) {
        assertNull(header(event, "ce_traceparent"));
        assertNull(header(event, "traceparent"));
      }
    }
  }

  @Test
  void aCollectorSeesTheImportAndItsPhasesBelowTheRequest() throws Exception {
    try (SpanReceiver collector = new SpanReceiver();
        FleetWorker worker =
            new FleetWorker(
                "traced",
                directory,
                Servers.sandbox().s3Endpoint(),
                "traced-" + System.nanoTime(),
                Map.of(
                    "OTEL_EXPORTER_OTLP_ENDPOINT",
                    collector.endpoint().toString(),
                    "OTEL_BSP_SCHEDULE_DELAY",
                    "100",
                    // what is not taken in time is not sent again
                    "OTEL_BSP_EXPORT_TIMEOUT",
                    "120000",
                    "OTEL_EXPORTER_OTLP_TIMEOUT",
                    "120000"))) {
      request("spans", disk("spans.raw"), Map.of("traceparent", PARENT));
      request("spans-bad", bad("bad.qcow2"), Map.of("ce_traceparent", PARENT));
      List<ConsumerRecord<byte[], byte[]>> told = events("spans");
      events("spans-bad");
      ReceivedSpan done = span(collector, "spans");
      assertEquals(TRACE, done.traceId());
      assertEquals(SPAN, done.parentId());
      assertEquals("import", done.name());
      assertEquals("drover", done.service());
      assertEquals(0, done.status());
      assertEquals("file", done.attributes().get("drover.source.scheme"));
      assertEquals("raw", done.attributes().get("drover.format"));
      assertEquals("6000128", done.attributes().get("drover.virtual_size"));
      assertEquals("1", done.attributes().get("drover.attempt"));
      long inPhases = 0;
      for (String phase : List.of("validate", "plan", "transfer", "commit")) {
        ReceivedSpan child = child(collector, done, phase);
        assertEquals(TRACE, child.traceId());
        inPhases += child.nanos();
      }
      assertTrue(inPhases <= done.nanos(), inPhases + " of " + done.nanos());
      for (ConsumerRecord<byte[], byte[]> event : told) {
        assertEquals("00-" + TRACE + "-" + done.spanId() + "-01", header(event, "ce_traceparent"));
      }
      ReceivedSpan failed = span(collector, "spans-bad");
      assertNotEquals(done.spanId(), failed.spanId());
      assertEquals(2, failed.status());
      assertEquals("FORMAT_MISMATCH", failed.attributes().get("error.type"));
      assertEquals(143, worker.terminate(), worker.output());
    }
  }

  private static ReceivedSpan span(SpanReceiver collector, String importId) throws Exception {
    while (true) {
      for (ReceivedSpan each : collector.spans()) {
        if (importId.equals(each.attributes().get("drover.import.id"))) {
          return each;
        }
      }
      Thread.sleep(50);
    }
  }

  private static ReceivedSpan child(SpanReceiver collector, ReceivedSpan parent, String name)
      throws Exception {
    while (true) {
      for (ReceivedSpan each : collector.spans()) {
        if (each.parentId().equals(parent.spanId()) && each.name().equals(name)) {
          return each;
        }
      }
      Thread.sleep(50);
    }
  }

  private void request(String id, Path source, Map<String, String> headers) throws Exception {
    String data =
        "{\"source\":\"" + source + "\",\"destination\":\"" + destination.uri() + id + "/\"}";
    client.send(REQUESTED, id, data.getBytes(StandardCharsets.UTF_8), headers);
  }

  /** All of an import that has ended. */
  private List<ConsumerRecord<byte[], byte[]>> events(String id) throws Exception {
    while (true) {
      List<ConsumerRecord<byte[], byte[]>> events = new ArrayList<>();
      for (ConsumerRecord<byte[], byte[]> each : client.all("drover.events")) {
        if (id.equals(header(each, "ce_subject"))) {
          events.add(each);
        }
      }
      if (events.stream()
          .anyMatch(each -> header(each, "ce_type").matches(".*\\.(completed|failed)"))) {
        return events;
      }
      Thread.sleep(100);
    }
  }

  private static String header(ConsumerRecord<byte[], byte[]> record, String name) {
    Header header = record.headers().lastHeader(name);
    return header == null ? null : new String(header.value(), StandardCharsets.UTF_8);
  }

  private Path disk(String name) throws Exception {
    byte[] content = new byte[6_000_128];
    new Random(name.hashCode()).nextBytes(content);
    return Files.write(directory.resolve(name), content);
  }

  private Path bad(String name) throws Exception {
    return Files.write(directory.resolve(name), new byte[1024]);
  }
}
