package io.drover.routes.queue;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.drover.converter.imports.Destination;
import io.drover.converter.object.ObjectStore;
import io.drover.converter.object.s3.FaultProxy;
import io.drover.converter.object.s3.RetryPolicy;
import io.drover.converter.object.s3.S3Credentials;
import io.drover.converter.object.s3.S3ObjectStore;
import io.drover.converter.object.s3.S3Settings;
import io.drover.converter.object.s3.S3Timeouts;
import io.drover.routes.app.DroverApp;
import io.drover.routes.config.Key;
import io.drover.routes.config.Settings;
import io.drover.routes.e2e.Servers;
import io.drover.sandbox.SandboxProcess;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.AcknowledgeType;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A worker with an import under way that the test holds up at its first part. */
@Timeout(600)
class BusyWorkerTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration LOCK = Duration.ofSeconds(2);

  @TempDir private Path directory;

  /** Of requests, and of the group; nobody else's. */
  private final String topic = "busy-" + System.nanoTime();

  private final Destination destination = Servers.destination();
  private final CountDownLatch goOn = new CountDownLatch(1);
  private final CountDownLatch held = new CountDownLatch(1);
  private FaultProxy wire;
  private RequestClient client;

  @BeforeEach
  void start() throws Exception {
    String kafka = Servers.sandbox().kafkaBootstrap();
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", kafka))) {
      admin.createTopics(List.of(new NewTopic(topic, 1, (short) 1))).all().get();
    }
    client = new RequestClient(kafka, topic);
    wire = new FaultProxy(Servers.sandbox().s3Endpoint());
    wire.spoil(
        "PUT .*large/disk.raw.*partNumber",
        Integer.MAX_VALUE,
        wire.first(held::countDown, wire.hold(goOn)));
  }

  @AfterEach
  void stop() throws Exception {
    goOn.countDown();
    client.close();
    wire.close();
  }

  private DroverApp worker(int jobs) throws Exception {
    Settings settings =
        Servers.settings()
            .with(Key.KAFKA_REQUESTS, topic)
            .with(Key.REQUESTS_GROUP, topic)
            .with(Key.REQUESTS_SOURCE_ROOTS, directory.toString())
            .with(Key.REQUESTS_LOCK, LOCK.toMillis() + "ms")
            .with(Key.JOBS, Integer.toString(jobs))
            .with(Key.PART_SIZE, "5m")
            // however long a part is held up
            .with(Key.STALL_TIMEOUT, "1h");
    ObjectStore store = new S3ObjectStore(patient());
    return DroverApp.start(settings, store, new RequestRoute(settings, store));
  }

  /** A client that does not send a part again while it is held up. */
  private S3Settings patient() {
    return new S3Settings(
        Optional.of(wire.endpoint()),
        Optional.empty(),
        Optional.empty(),
        Optional.of(new S3Credentials(SandboxProcess.ACCESS_KEY, SandboxProcess.SECRET_KEY)),
        Optional.empty(),
        true,
        Optional.empty(),
        false,
        32,
        new S3Timeouts(
            Duration.ofMinutes(1), Duration.ofMinutes(15), Duration.ofMinutes(15), 128 << 10),
        RetryPolicy.DEFAULT,
        "drover");
  }

  private void ask(String name, int bytes) throws Exception {
    byte[] disk = new byte[bytes];
    new Random(name.hashCode()).nextBytes(disk);
    Path source = Files.write(directory.resolve(name + ".raw"), disk);
    client.request(topic + "." + name, source.toString(), destination.uri() + name + "/");
  }

  /** Types of the events of an import, but for progress. */
  private List<String> told(String name) throws Exception {
    List<String> types = new ArrayList<>();
    for (ConsumerRecord<byte[], byte[]> each : client.all("drover.events")) {
      JsonNode data = JSON.readTree(each.value());
      String type =
          new String(each.headers().lastHeader("ce_type").value(), StandardCharsets.UTF_8);
      if (data.path("importId").asText().equals(topic + "." + name) && !type.endsWith("progress")) {
        types.add(type.replace("drover.import.", ""));
      }
    }
    return types;
  }

  /** Up to the end, which is told once more where a starved worker has lost its lock. */
  private List<String> toldToTheEnd(String name) throws Exception {
    List<String> types = told(name);
    return types.subList(0, types.indexOf("completed") + 1);
  }

  private void awaitCompleted(String name) throws Exception {
    while (!told(name).contains("completed")) {
      Thread.sleep(100);
    }
  }

  @Test
  void aSmallImportPassesALargeOneOnTheSameWorker() throws Exception {
    DroverApp app = worker(2);
    try {
      ask("large", 12 << 20);
      held.await();
      ask("small", 300_000);
      awaitCompleted("small");
      assertEquals(List.of("accepted", "started"), told("large"), "the large one is under way");
      goOn.countDown();
      awaitCompleted("large");
    } finally {
      goOn.countDown();
      app.close();
    }
  }

  @Test
  void whoDoesOneAtATimeLeavesTheNextToOthers() throws Exception {
    DroverApp app = worker(1);
    try {
      ask("large", 12 << 20);
      held.await();
      ask("small", 300_000);
      // longer than a lock holds: what this worker does not work on, it must not keep
      Thread.sleep(2 * LOCK.toMillis());
      assertEquals(List.of(), told("small"));
      DroverApp other = worker(1);
      try {
        awaitCompleted("small");
        assertEquals(List.of("accepted", "started"), told("large"));
      } finally {
        other.close();
      }
      goOn.countDown();
      awaitCompleted("large");
      assertEquals(List.of("accepted", "started", "completed"), toldToTheEnd("large"));
    } finally {
      goOn.countDown();
      app.close();
    }
  }

  @Test
  void membersThatComeAndGoDoNotStartAnImportTwice() throws Exception {
    DroverApp app = worker(1);
    try {
      ask("large", 12 << 20);
      held.await();
      for (int round = 0; round < 4; round++) {
        joinAndLeave();
      }
      goOn.countDown();
      awaitCompleted("large");
      assertEquals(List.of("accepted", "started", "completed"), toldToTheEnd("large"));
      assertEquals(1, wire.count("POST .*large/disk.raw\\?uploads"));
      assertEquals(3, wire.count("PUT .*large/disk.raw.*partNumber"));
    } finally {
      goOn.countDown();
      app.close();
    }
  }

  /** For as long as a lock holds; what it is given it gives back. */
  private void joinAndLeave() {
    try (KafkaShareConsumer<byte[], byte[]> member =
        new KafkaShareConsumer<>(
            Map.of(
                "bootstrap.servers",
                Servers.sandbox().kafkaBootstrap(),
                "group.id",
                topic,
                "share.acknowledgement.mode",
                "explicit"),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer())) {
      member.subscribe(List.of(topic));
      long end = System.nanoTime() + LOCK.toNanos();
      while (System.nanoTime() < end) {
        member
            .poll(Duration.ofMillis(200))
            .forEach(given -> member.acknowledge(given, AcknowledgeType.RELEASE));
      }
    }
  }
}
