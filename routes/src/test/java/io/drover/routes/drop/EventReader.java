package io.drover.routes.drop;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.drover.routes.config.Key;
import io.drover.routes.config.Settings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;

/** Reads the topic of events as any consumer would: with Kafka's own client and a JSON parser. */
final class EventReader implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** A record as it lies in Kafka. */
  record Event(String key, Map<String, String> headers, JsonNode data) {
    String type() {
      return headers.get("ce_type").replace("drover.import.", "");
    }

    String importId() {
      return data.path("importId").asText();
    }

    String source() {
      return data.path("source").asText();
    }

    long sequence() {
      return data.path("sequence").asLong();
    }

    boolean terminal() {
      return List.of("completed", "failed", "cancelled").contains(type());
    }
  }

  private final KafkaConsumer<String, byte[]> consumer;
  private final List<Event> events = new ArrayList<>();

  private EventReader(KafkaConsumer<String, byte[]> consumer) {
    this.consumer = consumer;
  }

  /** From the topic's end on. */
  static EventReader fromNowOn(String bootstrap) throws Exception {
    EventReader reader = open(bootstrap);
    reader.consumer.seekToEnd(reader.consumer.assignment());
    reader.consumer.assignment().forEach(reader.consumer::position);
    return reader;
  }

  static EventReader fromTheBeginning(String bootstrap) throws Exception {
    EventReader reader = open(bootstrap);
    reader.consumer.seekToBeginning(reader.consumer.assignment());
    return reader;
  }

  private static EventReader open(String bootstrap) throws Exception {
    String topic = Settings.load(null, Map.of(), Map.of()).text(Key.KAFKA_EVENTS);
    Properties properties = new Properties();
    properties.put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap);
    properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, "false");
    properties.put(
        ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, (int) DropService.PATIENCE.toMillis());
    KafkaConsumer<String, byte[]> consumer =
        new KafkaConsumer<>(properties, new StringDeserializer(), new ByteArrayDeserializer());
    consumer.assign(
        consumer.partitionsFor(topic).stream()
            .map(partition -> new TopicPartition(topic, partition.partition()))
            .toList());
    return new EventReader(consumer);
  }

  /** All events so far, in the order of each import. */
  List<Event> poll() throws IOException {
    Map<TopicPartition, Long> ends = consumer.endOffsets(consumer.assignment());
    long deadline = System.nanoTime() + DropService.PATIENCE.toNanos();
    do {
      for (ConsumerRecord<String, byte[]> found : consumer.poll(Duration.ofMillis(100))) {
        Map<String, String> headers = new LinkedHashMap<>();
        for (Header header : found.headers()) {
          headers.put(header.key(), new String(header.value(), StandardCharsets.UTF_8));
        }
        events.add(new Event(found.key(), headers, JSON.readTree(found.value())));
      }
    } while (behind(ends) && System.nanoTime() - deadline < 0);
    return List.copyOf(events);
  }

  private boolean behind(Map<TopicPartition, Long> ends) {
    return ends.entrySet().stream()
        .anyMatch(end -> consumer.position(end.getKey()) < end.getValue());
  }

  /**
   * The events so far, by import; each once, though one is sent again whose acknowledgement takes
   * longer than its sender waits.
   */
  Map<String, List<Event>> byImport() throws IOException {
    Map<String, List<Event>> imports = new LinkedHashMap<>();
    for (Event event : new LinkedHashSet<>(poll())) {
      imports.computeIfAbsent(event.importId(), id -> new ArrayList<>()).add(event);
    }
    return imports;
  }

  /** Imports whose end is told. */
  long terminals() throws IOException {
    return poll().stream().filter(Event::terminal).map(Event::importId).distinct().count();
  }

  @Override
  public void close() {
    consumer.close();
  }
}
