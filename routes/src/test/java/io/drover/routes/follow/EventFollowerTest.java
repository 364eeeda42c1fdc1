package io.drover.routes.follow;

import static io.drover.routes.follow.Events.event;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.drover.routes.e2e.Servers;
import io.drover.routes.event.EventRoute;
import io.drover.routes.event.EventType;
import io.drover.routes.event.ImportEvent;
import io.drover.routes.kafka.KafkaClients;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;

class EventFollowerTest {
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final String brokers = Servers.sandbox().kafkaBootstrap();
  private final String topic = "follow-" + UUID.randomUUID();
  private final List<ImportEvent> seen = new CopyOnWriteArrayList<>();

  @Test
  void readsWhatWasThereAndWhatComes() throws Exception {
    createTopic();
    send(event("a", 1, EventType.ACCEPTED), event("a", 2, EventType.STARTED));
    sendBytes("no event at all".getBytes(java.nio.charset.StandardCharsets.UTF_8));
    send(event("b", 1, EventType.ACCEPTED, "other:9"));
    try (EventFollower follower =
        EventFollower.start(brokers, topic, Optional.empty(), seen::add)) {
      assertTrue(follower.awaitCaughtUp(PATIENCE), () -> "" + follower.trouble());
      assertEquals(3, seen.size());
      assertEquals(Optional.empty(), follower.trouble());
      assertEquals(
          "other:9",
          seen.stream().filter(e -> e.importId().equals("b")).findAny().orElseThrow().worker());
      send(event("a", 3, EventType.COMPLETED));
      await().atMost(PATIENCE).until(() -> seen.size() == 4);
      assertEquals(event("a", 3, EventType.COMPLETED), seen.get(3), "nothing is lost on the way");
    }
  }

  @Test
  void beginsAtATime() throws Exception {
    createTopic();
    send(event("old", 1, EventType.ACCEPTED));
    Thread.sleep(20);
    Instant since = Instant.now();
    Thread.sleep(20);
    send(event("new", 1, EventType.ACCEPTED));
    try (EventFollower follower =
        EventFollower.start(brokers, topic, Optional.of(since), seen::add)) {
      assertTrue(follower.awaitCaughtUp(PATIENCE));
      assertEquals(List.of("new"), seen.stream().map(ImportEvent::importId).toList());
    }
  }

  @Test
  void waitsForATopicAndSurvivesItsSink() throws Exception {
    try (EventFollower follower =
        EventFollower.start(
            brokers,
            topic,
            Optional.empty(),
            event -> {
              seen.add(event);
              throw new IllegalStateException("the sink fails");
            })) {
      await()
          .atMost(PATIENCE)
          .until(() -> follower.trouble().filter(t -> t.contains("does not exist")).isPresent());
      assertFalse(follower.caughtUp());
      createTopic();
      assertTrue(follower.awaitCaughtUp(PATIENCE));
      send(event("a", 1, EventType.ACCEPTED), event("a", 2, EventType.STARTED));
      await().atMost(PATIENCE).until(() -> seen.size() == 2);
    }
  }

  @Test
  void aBrokerThatIsNotThereIsTroubleAndNothingElse() throws Exception {
    // without waiting for the minute that the client gives each of its calls
    assertTimeout(
        Duration.ofSeconds(50),
        () -> {
          try (EventFollower follower =
              EventFollower.start("127.0.0.1:1", topic, Optional.empty(), seen::add)) {
            assertFalse(follower.awaitCaughtUp(Duration.ofMillis(300)));
            assertTrue(follower.trouble().isPresent());
          }
        });
  }

  private void createTopic() throws Exception {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", brokers))) {
      admin.createTopics(List.of(new NewTopic(topic, 2, (short) 1))).all().get();
    }
  }

  private void send(ImportEvent... events) throws Exception {
    try (DefaultCamelContext camel = new DefaultCamelContext()) {
      camel.addRoutes(new EventRoute(KafkaClients.plain(brokers), topic));
      camel.start();
      ProducerTemplate template = camel.createProducerTemplate();
      for (ImportEvent event : events) {
        // the route gives up soon: whoever sends through it tries again
        await()
            .atMost(PATIENCE)
            .ignoreExceptions()
            .untilAsserted(() -> template.sendBody(EventRoute.ENDPOINT, event));
      }
    }
  }

  private void sendBytes(byte[] value) throws Exception {
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", brokers),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      producer.send(new ProducerRecord<>(topic, value)).get();
    }
  }
}
