package io.drover.routes.e2e;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.cloudevents.CloudEvent;
import io.cloudevents.kafka.CloudEventDeserializer;
import io.drover.converter.error.ImportException;
import io.drover.converter.http.AddressPolicy;
import io.drover.converter.image.ImageFormat;
import io.drover.converter.image.ReadPolicy;
import io.drover.converter.imports.Destination;
import io.drover.converter.imports.ImportOptions;
import io.drover.routes.app.DroverApp;
import io.drover.routes.request.SourceName;
import io.drover.routes.request.WantedImport;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code drover batch --submit}: others do it, and the report is the same. */
class SubmittedBatchTest {
  @TempDir private Path directory;
  private final Destination destination = Servers.destination();
  private final String topic = "requests-" + destination.prefix().replaceAll("[^0-9]", "");

  /** Requests by their offsets: a consumer that was away may be given one twice. */
  private final Set<Long> taken = ConcurrentHashMap.newKeySet();

  private volatile boolean over;

  @Test
  void theWorkersEventsMakeTheReport() throws Exception {
    byte[] disk = new byte[6 << 20];
    new Random(3).nextBytes(disk);
    StringBuilder list = new StringBuilder("source,options\n");
    for (int number = 0; number < 3; number++) {
      Files.write(directory.resolve("d" + number + ".raw"), disk);
      list.append("d").append(number).append(".raw,cluster_size=128k\n");
    }
    Files.writeString(directory.resolve("bad.qcow2"), "nothing ".repeat(100));
    Files.writeString(directory.resolve("list.csv"), list + "bad.qcow2,\n");
    createTopic();
    try (DroverApp app = Servers.app(2)) {
      Thread worker = new Thread(() -> work(app), "worker");
      worker.start();
      Tool.Result first = submit();
      assertEquals(3, first.exitCode(), first.stderr());
      JsonNode report =
          new ObjectMapper().readTree(directory.resolve("drover-batch-report.json").toFile());
      assertEquals(3, report.at("/totals/results/imported").intValue(), first.stderr());
      assertEquals(1, report.at("/totals/errors/FORMAT_MISMATCH").intValue());
      assertEquals(3L * disk.length, report.at("/totals/bytes/logical").longValue());
      assertEquals(4, taken.size());
      assertEquals(
          -1,
          Files.mismatch(
              directory.resolve("d1.raw"), Servers.directory(destination).resolve("d1/disk.raw")));

      Tool.Result again = submit();
      assertEquals(3, again.exitCode(), again.stderr());
      assertTrue(again.stdout().contains("3 skipped, 1 refused"), again.stdout());
      // its end may have been told once more, before it was taken
      await().atMost(Tool.LIMIT).until(() -> taken.size() >= 5);
      assertEquals(5, taken.size(), "what is committed is not asked for again");
      over = true;
      worker.join();
    }
  }

  /** A broker that was starved counts as away for a moment, and then takes no new topic. */
  private void createTopic() {
    try (Admin admin =
        Admin.create(
            Map.of(
                AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, Servers.sandbox().kafkaBootstrap()))) {
      await()
          .atMost(Tool.LIMIT)
          .ignoreExceptionsInstanceOf(ExecutionException.class)
          .until(
              () -> {
                if (!admin.listTopics().names().get().contains(topic)) {
                  admin.createTopics(List.of(new NewTopic(topic, 1, (short) 1))).all().get();
                }
                return true;
              });
    }
  }

  /** Again where the broker was too slow to be followed: then nothing was asked for. */
  private Tool.Result submit() {
    return await()
        .atMost(Tool.LIMIT)
        .until(
            () ->
                Program.run(
                    directory,
                    "batch",
                    "list.csv",
                    destination.uri() + "{name}/",
                    "--submit",
                    "--kafka=" + Servers.sandbox().kafkaBootstrap(),
                    "-Ddrover.kafka.topic.requests=" + topic),
            submitted -> !submitted.stderr().contains("cannot be followed"));
  }

  /** What a worker does with a request, by the words of the contract alone. */
  private void work(DroverApp app) {
    Map<String, Object> properties =
        Map.of(
            ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
            Servers.sandbox().kafkaBootstrap(),
            ConsumerConfig.GROUP_ID_CONFIG,
            topic,
            ConsumerConfig.METADATA_MAX_AGE_CONFIG,
            500,
            ConsumerConfig.AUTO_OFFSET_RESET_CONFIG,
            "earliest");
    try (KafkaConsumer<String, CloudEvent> requests =
        new KafkaConsumer<>(properties, new StringDeserializer(), new CloudEventDeserializer())) {
      requests.subscribe(List.of(topic));
      while (!over) {
        for (ConsumerRecord<String, CloudEvent> record : requests.poll(Duration.ofMillis(200))) {
          taken.add(record.offset());
          take(app, record);
        }
      }
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  private static void take(DroverApp app, ConsumerRecord<String, CloudEvent> record)
      throws Exception {
    CloudEvent request = record.value();
    assertEquals("drover.import.requested", request.getType());
    assertEquals(record.key(), request.getId());
    JsonNode data = new ObjectMapper().readTree(request.getData().toBytes());
    JsonNode clusterSize = data.at("/options/cluster_size");
    WantedImport wanted =
        new WantedImport(
            new SourceName(data.get("source").asText()),
            ImageFormat.ofLabel(data.get("format").asText()).orElseThrow(),
            Destination.parse(data.get("destination").asText()),
            new ImportOptions(
                clusterSize.isMissingNode()
                    ? OptionalInt.empty()
                    : OptionalInt.of(clusterSize.asInt()),
                true,
                5 << 20,
                Optional.empty(),
                ImportOptions.Existing.ACCEPT_SAME),
            ReadPolicy.DEFAULT,
            AddressPolicy.ANY);
    assertTrue(Path.of(wanted.source().text()).isAbsolute());
    try {
      app.run(wanted.request(request.getId(), app.store()));
    } catch (ImportException e) {
      // its event says so
    }
  }
}
