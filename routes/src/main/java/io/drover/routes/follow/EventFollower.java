package io.drover.routes.follow;

import io.drover.converter.error.Printable;
import io.drover.routes.event.ImportEvent;
import io.drover.routes.kafka.KafkaClients;
import io.drover.routes.kafka.KafkaTrouble;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the event topic, all of it, on a thread of its own, and goes on until it is closed. It
 * belongs to no consumer group, commits nothing and takes nothing away from others. A broker or
 * topic that is not there is waited for; records that are no events are passed over. Thread-safe.
 */
public final class EventFollower implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(EventFollower.class);
  private static final Duration POLL = Duration.ofMillis(500);
  private static final Duration ASK = Duration.ofSeconds(5);
  private static final long NEW_PARTITIONS_NANOS = TimeUnit.SECONDS.toNanos(30);
  private static final long PAUSE_MILLIS = 1_000;

  private final KafkaClients clients;
  private final String topic;
  private final Instant since;
  private final Consumer<ImportEvent> sink;
  private final Thread thread;
  private final CountDownLatch caughtUp = new CountDownLatch(1);
  private final CountDownLatch stopped = new CountDownLatch(1);
  private volatile KafkaConsumer<byte[], byte[]> consumer;

  /** Where each partition ended when it was first looked at; the thread's own. */
  private final Map<TopicPartition, Long> ends = new HashMap<>();

  /** Next offset of each partition, which outlives a consumer that failed; the thread's own. */
  private final Map<TopicPartition, Long> positions = new HashMap<>();

  private volatile boolean closed;
  private volatile String trouble = "it was not asked yet";

  private EventFollower(
      KafkaClients clients, String topic, Optional<Instant> since, Consumer<ImportEvent> sink) {
    this.clients = clients;
    this.topic = topic;
    this.since = since.orElse(null);
    this.sink = sink;
    this.thread = new Thread(this::run, "event-follower");
    thread.setDaemon(true);
  }

  /**
   * Begins to read.
   *
   * @param since records that are older are left out; empty: from the earliest there is
   * @param sink told every event, in order per import, on one thread; an event may come twice
   */
  public static EventFollower start(
      KafkaClients clients, String topic, Optional<Instant> since, Consumer<ImportEvent> sink) {
    EventFollower follower = new EventFollower(clients, topic, since, sink);
    follower.thread.start();
    return follower;
  }

  /** The same of brokers that want neither TLS nor a user. */
  public static EventFollower start(
      String brokers, String topic, Optional<Instant> since, Consumer<ImportEvent> sink) {
    return start(KafkaClients.plain(brokers), topic, since, sink);
  }

  /** Waits until all was told that lay in the topic at the start; false if it took too long. */
  public boolean awaitCaughtUp(Duration patience) throws InterruptedException {
    return caughtUp.await(patience.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Whether all was told that lay in the topic at the start. */
  public boolean caughtUp() {
    return caughtUp.getCount() == 0;
  }

  /** Why nothing can be read, on one line, as found within the last half minute; else empty. */
  public Optional<String> trouble() {
    return Optional.ofNullable(trouble);
  }

  /** Ends within moments. */
  @Override
  public void close() {
    closed = true;
    // an interrupt would keep it from closing its connection in order
    KafkaConsumer<byte[], byte[]> current = consumer;
    if (current != null) {
      current.wakeup();
    }
    stopped.countDown();
    try {
      thread.join(2_000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    while (!closed) {
      try (KafkaConsumer<byte[], byte[]> opened = new KafkaConsumer<>(properties())) {
        consumer = opened;
        follow(opened);
      } catch (InterruptException | WakeupException e) {
        // closed, or looked at again above
      } catch (KafkaException e) {
        tell(KafkaTrouble.of(e).line());
        pause();
      } catch (RuntimeException e) {
        LOG.warn("following the events", e);
        tell(Printable.text(e.toString()));
        pause();
      }
    }
  }

  private void tell(String reason) {
    if (trouble == null) {
      LOG.info("events of {} cannot be read, this is tried again: {}", topic, reason);
    }
    trouble = reason;
  }

  private void pause() {
    try {
      stopped.await(PAUSE_MILLIS, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private Properties properties() {
    Properties properties = new Properties();
    properties.putAll(clients.properties("drover-follower"));
    properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    properties.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
    properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    properties.put(ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, (int) ASK.toMillis());
    properties.put(ConsumerConfig.REQUEST_TIMEOUT_MS_CONFIG, (int) ASK.toMillis());
    properties.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 500);
    properties.put(ConsumerConfig.FETCH_MAX_BYTES_CONFIG, 8 << 20);
    properties.put(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG, 1 << 20);
    String bytes = ByteArrayDeserializer.class.getName();
    properties.put(ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, bytes);
    properties.put(ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, bytes);
    return properties;
  }

  private void follow(KafkaConsumer<byte[], byte[]> consumer) {
    long lookedAt = System.nanoTime() - NEW_PARTITIONS_NANOS;
    while (!closed) {
      if (System.nanoTime() - lookedAt >= NEW_PARTITIONS_NANOS) {
        if (!assign(consumer)) {
          tell("topic " + topic + " does not exist");
          pause();
          continue;
        }
        lookedAt = System.nanoTime();
      }
      for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
        EventRecord.read(record).ifPresent(this::hand);
      }
      for (TopicPartition partition : consumer.assignment()) {
        positions.put(partition, consumer.position(partition));
      }
      trouble = null;
      if (!caughtUp() && ends.entrySet().stream().allMatch(this::reached)) {
        caughtUp.countDown();
      }
    }
  }

  private boolean reached(Map.Entry<TopicPartition, Long> end) {
    return positions.get(end.getKey()) >= end.getValue();
  }

  /** Takes on partitions that are new; false if there is none at all. */
  private boolean assign(KafkaConsumer<byte[], byte[]> consumer) {
    List<PartitionInfo> known = consumer.partitionsFor(topic);
    if (known == null || known.isEmpty()) {
      return false;
    }
    Set<TopicPartition> all = new HashSet<>();
    known.forEach(each -> all.add(new TopicPartition(topic, each.partition())));
    if (all.equals(consumer.assignment())) {
      return true;
    }
    consumer.assign(all);
    List<TopicPartition> fresh = new ArrayList<>(all);
    fresh.removeAll(positions.keySet());
    if (!fresh.isEmpty()) {
      Map<TopicPartition, Long> newest = consumer.endOffsets(fresh);
      Map<TopicPartition, Long> first = first(consumer, fresh, newest);
      if (!caughtUp()) {
        ends.putAll(newest);
      }
      positions.putAll(first);
    }
    all.forEach(each -> consumer.seek(each, positions.get(each)));
    return true;
  }

  private Map<TopicPartition, Long> first(
      KafkaConsumer<byte[], byte[]> consumer,
      List<TopicPartition> partitions,
      Map<TopicPartition, Long> newest) {
    if (since == null) {
      return consumer.beginningOffsets(partitions);
    }
    Map<TopicPartition, Long> times = new HashMap<>();
    partitions.forEach(each -> times.put(each, Math.max(0, since.toEpochMilli())));
    Map<TopicPartition, OffsetAndTimestamp> found = consumer.offsetsForTimes(times);
    Map<TopicPartition, Long> first = new HashMap<>();
    for (TopicPartition each : partitions) {
      OffsetAndTimestamp at = found.get(each);
      first.put(each, at == null ? newest.get(each) : Long.valueOf(at.offset()));
    }
    return first;
  }

  private void hand(ImportEvent event) {
    try {
      sink.accept(event);
    } catch (RuntimeException e) {
      LOG.warn("an event of import {} was not taken", event.importId(), e);
    }
  }
}
