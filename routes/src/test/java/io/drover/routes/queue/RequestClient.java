package io.drover.routes.queue;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Somebody who asks for imports, with Kafka's own client. */
final class RequestClient implements AutoCloseable {
  private final String topic;
  private final String brokers;
  private final KafkaProducer<byte[], byte[]> producer;
  private final Map<String, Reader> read = new HashMap<>();

  RequestClient(String brokers) {
    this(brokers, "drover.requests");
  }

  /**
   * @param topic of the requests
   */
  RequestClient(String brokers, String topic) {
    this.brokers = brokers;
    this.topic = topic;
    this.producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", brokers, "max.request.size", 4 << 20),
            new ByteArraySerializer(),
            new ByteArraySerializer());
  }

  void request(String id, String source, String destination) throws Exception {
    send(
        "drover.import.requested",
        id,
        ("{\"source\":\"" + source + "\",\"destination\":\"" + destination + "\"}")
            .getBytes(StandardCharsets.UTF_8));
  }

  void cancel(String id) throws Exception {
    send(
        "drover.import.cancel",
        "cancel-" + id,
        ("{\"importId\":\"" + id + "\"}").getBytes(StandardCharsets.UTF_8));
  }

  void send(String type, String id, byte[] value) throws Exception {
    send(type, id, value, Map.of());
  }

  void send(String type, String id, byte[] value, Map<String, String> more) throws Exception {
    ProducerRecord<byte[], byte[]> message =
        new ProducerRecord<>(topic, id.getBytes(StandardCharsets.UTF_8), value);
    Map<String, String> headers =
        Map.of(
            "ce_specversion", "1.0",
            "ce_type", type,
            "ce_id", id,
            "ce_source", "urn:test",
            "content-type", "application/json",
            "CamelKafkaOverrideTopic", "drover.events");
    headers.forEach(
        (name, text) -> message.headers().add(name, text.getBytes(StandardCharsets.UTF_8)));
    more.forEach(
        (name, text) -> message.headers().add(name, text.getBytes(StandardCharsets.UTF_8)));
    producer.send(message).get(120, TimeUnit.SECONDS);
  }

  /** All records of a topic, so far. */
  synchronized List<ConsumerRecord<byte[], byte[]>> all(String topic) {
    return List.copyOf(read.computeIfAbsent(topic, name -> new Reader(brokers, name)).all());
  }

  @Override
  public synchronized void close() {
    producer.close();
    read.values().forEach(Reader::close);
  }

  /** A topic that is read on, as the tests ask again and again. */
  private static final class Reader {
    private final KafkaConsumer<byte[], byte[]> consumer;
    private final List<ConsumerRecord<byte[], byte[]>> found = new ArrayList<>();

    Reader(String brokers, String topic) {
      consumer =
          new KafkaConsumer<>(
              Map.of("bootstrap.servers", brokers, "enable.auto.commit", "false"),
              new ByteArrayDeserializer(),
              new ByteArrayDeserializer());
      List<TopicPartition> partitions =
          consumer.partitionsFor(topic).stream()
              .map(each -> new TopicPartition(topic, each.partition()))
              .toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
    }

    List<ConsumerRecord<byte[], byte[]>> all() {
      Map<TopicPartition, Long> ends = consumer.endOffsets(consumer.assignment());
      while (ends.entrySet().stream()
          .anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
        consumer.poll(Duration.ofMillis(200)).forEach(found::add);
      }
      return found;
    }

    void close() {
      consumer.close();
    }
  }
}
