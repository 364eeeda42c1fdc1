package io.drover.routes.queue;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.drover.converter.imports.Destination;
import io.drover.converter.object.ObjectStore;
import io.drover.routes.app.DroverApp;
import io.drover.routes.config.Key;
import io.drover.routes.config.Settings;
import io.drover.routes.e2e.Servers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.header.Header;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A broker gives a record out a few times, and then to nobody: before that it is sent again. */
@Timeout(600)
class LastDeliveryTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Of requests, and of the group; nobody else's. */
  private final String topic = "last-" + System.nanoTime();

  private final String away = topic + ".away";
  private final String late = topic + ".late";

  @TempDir private Path directory;
  private RequestClient client;

  @Test
  @SuppressWarnings("try") // the worker works; nobody calls it
  void whatIsSentAgainIsCancelledByWhatCameBeforeTheCopy() throws Exception {
    Destination destination = Servers.destination();
    String kafka = Servers.sandbox().kafkaBootstrap();
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", kafka))) {
      admin.createTopics(List.of(new NewTopic(topic, 1, (short) 1))).all().get();
      ConfigResource group = new ConfigResource(ConfigResource.Type.GROUP, topic);
      ConfigEntry twice = new ConfigEntry("share.delivery.count.limit", "2");
      admin
          .incrementalAlterConfigs(
              Map.of(group, List.of(new AlterConfigOp(twice, AlterConfigOp.OpType.SET))))
          .all()
          .get();
    }
    Settings settings =
        Servers.settings()
            .with(Key.KAFKA_REQUESTS, topic)
            .with(Key.REQUESTS_GROUP, topic)
            .with(Key.REQUESTS_SOURCE_ROOTS, directory.toString())
            .with(Key.REQUESTS_ALLOW_PRIVATE, "true")
            .with(Key.LEASE, "1s");
    try (ObjectStore store = Servers.openStore();
        RequestClient asking = new RequestClient(kafka, topic);
        DroverApp worker = DroverApp.start(settings, store, new RequestRoute(settings, store))) {
      client = asking;
      // nobody listens there
      client.request(away, "http://127.0.0.1:9/away.raw", destination.uri() + "away/");
      List<ConsumerRecord<byte[], byte[]>> sent = awaitRequests(away, 3);
      String first = text(sent.get(0).headers().lastHeader(Place.FIRST));
      assertEquals("", first);
      for (int round = 1; round < 3; round++) {
        ConsumerRecord<byte[], byte[]> copy = sent.get(round);
        assertEquals(
            "0/%d/%d".formatted(sent.get(0).offset(), sent.get(0).timestamp()),
            text(copy.headers().lastHeader(Place.FIRST)),
            "the place of the first, not of the copy before");
        assertEquals(Integer.toString(round), text(copy.headers().lastHeader(RequestRoute.ROUNDS)));
      }
      client.cancel(away);
      assertEquals("cancelled", toldToTheEnd(away).get(told(away).size() - 1));

      // a copy that was on its way when somebody cancelled
      client.cancel(late);
      client.send(
          "drover.import.requested",
          late,
          body("none.raw", destination.uri() + "late/"),
          Map.of(Place.FIRST, "0/0/0"));
      assertEquals(List.of("accepted", "cancelled"), toldToTheEnd(late));
      // asked for anew it is begun, and fails for want of its source
      client.request(late, directory + "/none.raw", destination.uri() + "late/");
      while (!told(late).contains("failed")) {
        Thread.sleep(100);
      }
      assertEquals("failed", told(late).get(told(late).size() - 1));
    }
  }

  private byte[] body(String name, String destination) {
    return ("{\"source\":\""
            + directory.resolve(name)
            + "\",\"destination\":\""
            + destination
            + "\"}")
        .getBytes(StandardCharsets.UTF_8);
  }

  private List<ConsumerRecord<byte[], byte[]>> awaitRequests(String id, int count)
      throws InterruptedException {
    while (true) {
      List<ConsumerRecord<byte[], byte[]>> requests =
          client.all(topic).stream()
              .filter(each -> text(each.headers().lastHeader("ce_id")).equals(id))
              .toList();
      if (requests.size() >= count) {
        return requests;
      }
      Thread.sleep(100);
    }
  }

  private List<String> toldToTheEnd(String id) throws Exception {
    while (!told(id).contains("cancelled")) {
      Thread.sleep(100);
    }
    return told(id);
  }

  /** Types of the events of an import, each once in a row. */
  private List<String> told(String id) throws Exception {
    List<String> types = new ArrayList<>();
    for (ConsumerRecord<byte[], byte[]> each : client.all("drover.events")) {
      JsonNode data = JSON.readTree(each.value());
      String type = text(each.headers().lastHeader("ce_type")).replace("drover.import.", "");
      if (data.path("importId").asText().equals(id)
          && (types.isEmpty() || !types.get(types.size() - 1).equals(type))) {
        types.add(type);
      }
    }
    return types;
  }

  private static String text(Header header) {
    return header == null ? "" : new String(header.value(), StandardCharsets.UTF_8);
  }
}
