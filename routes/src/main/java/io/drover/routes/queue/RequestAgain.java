package io.drover.routes.queue;

import io.drover.converter.error.ImportException;
import io.drover.converter.error.Printable;
import io.drover.converter.object.ObjectStore;
import io.drover.routes.config.ConfigException;
import io.drover.routes.config.Key;
import io.drover.routes.config.Settings;
import io.drover.routes.kafka.KafkaClients;
import io.drover.routes.kafka.RecordSender;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Sends a request once more, as it was: found on its topic by the import's id, since events do not
 * tell all of it, neither options and checksum nor the secrets of a URL. Thread-safe.
 */
public final class RequestAgain implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final Duration POLL = Duration.ofMillis(500);

  private final KafkaClients clients;
  private final String topic;
  private final RequestParser parser;
  private final RecordSender sender;

  /**
   * @param store of sources that are objects
   */
  public RequestAgain(Settings settings, ObjectStore store) throws ConfigException {
    this.clients = KafkaClients.of(settings);
    this.topic = settings.text(Key.KAFKA_REQUESTS);
    this.parser = new RequestParser(settings, store);
    this.sender = new RecordSender(clients, "drover-retry");
  }

  /**
   * Sends the newest request for that import, and returns when the broker has it.
   *
   * @param attempts runs of the import that were told of: the next one counts from there on
   * @return whether there is one on the topic
   * @throws ImportException if the rules for requests do not allow it any more
   * @throws IOException if Kafka does not answer in time
   */
  public boolean send(String importId, int attempts) throws IOException {
    try {
      Optional<ConsumerRecord<byte[], byte[]>> found = find(importId);
      if (found.isEmpty()) {
        return false;
      }
      parser.parse(Message.of(found.get()));
      sender.send(copy(found.get(), attempts));
      return true;
    } catch (KafkaException e) {
      throw new IOException("Kafka: " + Printable.text(e.toString(), 1_024), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  private ProducerRecord<byte[], byte[]> copy(ConsumerRecord<byte[], byte[]> found, int attempts) {
    ProducerRecord<byte[], byte[]> copy = new ProducerRecord<>(topic, found.key(), found.value());
    for (Header header : found.headers()) {
      if (!Set.of(RequestRoute.ROUNDS, RequestRoute.ATTEMPTS, Place.FIRST).contains(header.key())) {
        copy.headers().add(header);
      }
    }
    copy.headers()
        .add(RequestRoute.ATTEMPTS, Integer.toString(attempts).getBytes(StandardCharsets.UTF_8));
    return copy;
  }

  /** In no group, as {@link Cancellations} reads. */
  private Optional<ConsumerRecord<byte[], byte[]>> find(String importId) throws IOException {
    Map<String, Object> properties = clients.properties("drover-retry");
    properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    properties.put(ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, (int) PATIENCE.toMillis());
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    ConsumerRecord<byte[], byte[]> newest = null;
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      List<TopicPartition> partitions =
          consumer.partitionsFor(topic).stream()
              .map(each -> new TopicPartition(topic, each.partition()))
              .toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      while (ends.entrySet().stream()
          .anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
        if (System.nanoTime() > deadline) {
          throw new IOException(
              topic + " could not be read through in " + PATIENCE.toSeconds() + " s");
        }
        for (ConsumerRecord<byte[], byte[]> each : consumer.poll(POLL)) {
          if (requests(each, importId)
              && (newest == null || each.timestamp() >= newest.timestamp())) {
            newest = each;
          }
        }
      }
    }
    return Optional.ofNullable(newest);
  }

  private static boolean requests(ConsumerRecord<byte[], byte[]> found, String importId) {
    try {
      Envelope envelope = Envelope.read(Message.of(found));
      return envelope.type().equals(RequestParser.REQUESTED) && envelope.id().equals(importId);
    } catch (ImportException e) {
      // a dead letter tells of it
      return false;
    }
  }

  @Override
  public void close() {
    sender.close();
  }
}
