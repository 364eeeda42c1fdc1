package io.drover.sandbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.function.Supplier;
import java.util.stream.StreamSupport;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KafkaBrokerTest {
  @TempDir static Path directory;
  private static SandboxProcess sandbox;

  @BeforeAll
  static void start() throws Exception {
    sandbox = SandboxProcess.start(SandboxOptions.in(directory).withoutS3());
  }

  @AfterAll
  static void stop() {
    sandbox.close();
  }

  @Test
  void droversTopicsExist() throws Exception {
    Set<String> expected = Set.of("drover.requests", "drover.events", "drover.dead-letter");
    try (Admin admin = Admin.create(settings())) {
      Set<String> topics = admin.listTopics().names().get();
      // the broker hears of them a moment after its controller has made them
      long deadline = System.nanoTime() + Duration.ofMinutes(1).toNanos();
      while (!topics.equals(expected) && System.nanoTime() < deadline) {
        Thread.sleep(100);
        topics = admin.listTopics().names().get();
      }

      assertEquals(expected, topics);
    }
  }

  @Test
  void aTopicIsNotMadeByNamingIt() throws Exception {
    try (Admin admin = Admin.create(settings())) {
      ExecutionException failure =
          assertThrows(
              ExecutionException.class,
              () -> admin.describeTopics(List.of("drover.typo")).allTopicNames().get());

      assertInstanceOf(UnknownTopicOrPartitionException.class, failure.getCause());
    }
  }

  @Test
  void listensOnLoopbackOnly() {
    assertTrue(sandbox.kafkaBootstrap().startsWith("127.0.0.1:"), sandbox.kafkaBootstrap());
  }

  @Test
  void aConsumerGroupReadsWhatWasSent() throws Exception {
    send(sandbox, "drover.events", "event");

    assertEquals(List.of("event"), read(sandbox, "drover.events"));
  }

  @Test
  void aShareGroupReadsWhatWasSent() throws Exception {
    setToEarliest("workers");
    send(sandbox, "drover.requests", "request");
    Map<String, Object> settings = settings();
    settings.put("group.id", "workers");
    settings.put("share.acknowledgement.mode", "implicit");
    try (KafkaShareConsumer<String, String> consumer =
        new KafkaShareConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
      consumer.subscribe(List.of("drover.requests"));

      assertEquals(List.of("request"), firstValues(() -> consumer.poll(Duration.ofSeconds(1))));
      assertTrue(
          consumer.commitSync().values().stream().allMatch(failure -> failure.isEmpty()),
          "the record is acknowledged");
    }
  }

  static void send(SandboxProcess sandbox, String topic, String value) throws Exception {
    try (KafkaProducer<String, String> producer =
        new KafkaProducer<>(settings(sandbox), new StringSerializer(), new StringSerializer())) {
      producer.send(new ProducerRecord<>(topic, value)).get();
    }
  }

  static List<String> read(SandboxProcess sandbox, String topic) {
    Map<String, Object> settings = settings(sandbox);
    settings.put("group.id", "readers");
    settings.put("auto.offset.reset", "earliest");
    try (KafkaConsumer<String, String> consumer =
        new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
      consumer.subscribe(List.of(topic));
      return firstValues(() -> consumer.poll(Duration.ofSeconds(1)));
    }
  }

  private static List<String> firstValues(Supplier<ConsumerRecords<String, String>> poll) {
    long deadline = System.nanoTime() + Duration.ofMinutes(2).toNanos();
    while (System.nanoTime() < deadline) {
      ConsumerRecords<String, String> records = poll.get();
      if (!records.isEmpty()) {
        return StreamSupport.stream(records.spliterator(), false)
            .map(ConsumerRecord::value)
            .toList();
      }
    }
    return List.of();
  }

  private static void setToEarliest(String group) throws Exception {
    try (Admin admin = Admin.create(settings())) {
      admin
          .incrementalAlterConfigs(
              Map.of(
                  new ConfigResource(ConfigResource.Type.GROUP, group),
                  List.of(
                      new AlterConfigOp(
                          new ConfigEntry("share.auto.offset.reset", "earliest"),
                          AlterConfigOp.OpType.SET))))
          .all()
          .get();
    }
  }

  private static Map<String, Object> settings() {
    return settings(sandbox);
  }

  private static Map<String, Object> settings(SandboxProcess sandbox) {
    return new HashMap<>(Map.of("bootstrap.servers", sandbox.kafkaBootstrap()));
  }
}
