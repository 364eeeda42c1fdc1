package io.drover.routes.queue;

import io.drover.converter.error.ImportException;
import io.drover.routes.kafka.KafkaClients;
import io.drover.routes.kafka.KafkaTrouble;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Every worker reads all cancellations, in no group, from a week back: whichever worker has the
 * import hears of it, and one that takes a request later knows that it was cancelled while it
 * waited. Thread-safe.
 */
final class Cancellations implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Cancellations.class);
  private static final Duration LOOK_BACK = Duration.ofDays(7);
  private static final Duration POLL = Duration.ofMillis(500);
  private static final long RETRY_MILLIS = 3_000;
  private static final long NEW_PARTITIONS_NANOS = Duration.ofSeconds(30).toNanos();
  private static final int MOST = 100_000;

  private final Map<String, Object> properties;
  private final String topic;
  private final Consumer<String> listener;
  private final CountDownLatch caughtUp = new CountDownLatch(1);
  private final Thread reader;
  private volatile boolean closed;

  /** By import; the oldest go first. */
  private final Map<String, Place> cancelled =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Place> eldest) {
          return size() > MOST;
        }
      };

  /**
   * @param listener told the id of each import that is cancelled, from a thread of its own
   */
  Cancellations(KafkaClients clients, String topic, Consumer<String> listener) {
    this.properties = clients.properties("drover-cancellations");
    properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    this.topic = topic;
    this.listener = listener;
    this.reader = new Thread(this::read, "cancellations");
    reader.setDaemon(true);
    reader.start();
  }

  /**
   * Whether the import was cancelled after this request for it, or after the first if it is a copy.
   */
  boolean cancelled(String importId, ConsumerRecord<?, ?> request) {
    synchronized (cancelled) {
      Place place = cancelled.get(importId);
      return place != null && place.isAfter(Place.of(request));
    }
  }

  /**
   * Waits until all is read that was there at the start.
   *
   * @return whether that is so
   */
  boolean await(Duration patience) throws InterruptedException {
    return caughtUp.await(patience.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void read() {
    while (!closed) {
      try (KafkaConsumer<byte[], byte[]> consumer =
          new KafkaConsumer<>(
              properties, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
        follow(consumer);
      } catch (org.apache.kafka.common.errors.InterruptException e) {
        return;
      } catch (KafkaException e) {
        LOG.debug("cancellations: {}; trying again", KafkaTrouble.of(e).line());
      } catch (RuntimeException e) {
        LOG.warn("reading cancellations; trying again", e);
      }
      try {
        Thread.sleep(RETRY_MILLIS);
      } catch (InterruptedException interrupted) {
        return;
      }
    }
  }

  private void follow(KafkaConsumer<byte[], byte[]> consumer) {
    List<TopicPartition> partitions = partitions(consumer);
    if (partitions.isEmpty()) {
      // there is no such topic yet
      return;
    }
    consumer.assign(partitions);
    Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
    long since = System.currentTimeMillis() - LOOK_BACK.toMillis();
    Map<TopicPartition, Long> times = new LinkedHashMap<>();
    partitions.forEach(partition -> times.put(partition, since));
    consumer
        .offsetsForTimes(times)
        .forEach(
            (partition, found) ->
                consumer.seek(partition, found == null ? ends.get(partition) : found.offset()));
    long lookedAt = System.nanoTime();
    while (!closed) {
      for (ConsumerRecord<byte[], byte[]> found : consumer.poll(POLL)) {
        look(found);
      }
      if (System.nanoTime() - lookedAt > NEW_PARTITIONS_NANOS) {
        if (partitions(consumer).size() != partitions.size()) {
          return;
        }
        lookedAt = System.nanoTime();
      }
      if (caughtUp.getCount() > 0
          && ends.entrySet().stream()
              .allMatch(end -> consumer.position(end.getKey()) >= end.getValue())) {
        caughtUp.countDown();
      }
    }
  }

  private List<TopicPartition> partitions(KafkaConsumer<byte[], byte[]> consumer) {
    List<PartitionInfo> known = consumer.partitionsFor(topic);
    return known == null
        ? List.of()
        : known.stream().map(found -> new TopicPartition(topic, found.partition())).toList();
  }

  private void look(ConsumerRecord<byte[], byte[]> found) {
    try {
      Envelope envelope = Envelope.read(Message.of(found));
      if (envelope.type().equals(RequestParser.CANCEL)) {
        Request.Cancel cancel = RequestParser.cancelled(envelope);
        synchronized (cancelled) {
          cancelled.put(
              cancel.importId(), new Place(found.partition(), found.offset(), found.timestamp()));
        }
        listener.accept(cancel.importId());
      }
    } catch (ImportException e) {
      // whoever takes it in the group writes the dead letter
      LOG.debug("{}@{}: {}", topic, found.offset(), e.getMessage());
    }
  }

  @Override
  public void close() {
    closed = true;
    reader.interrupt();
  }
}
