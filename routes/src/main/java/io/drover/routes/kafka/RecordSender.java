package io.drover.routes.kafka;

import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Sends single records, and waits for the broker to have them. Thread-safe. */
public final class RecordSender implements AutoCloseable {
  private static final int TIMEOUT_MILLIS = 15_000;

  private final Map<String, Object> properties;
  private KafkaProducer<byte[], byte[]> producer;
  private boolean closed;

  /**
   * Connects on first use.
   *
   * @param clientId as brokers log it
   */
  public RecordSender(KafkaClients clients, String clientId) {
    properties = clients.properties(clientId);
    properties.put(ProducerConfig.ACKS_CONFIG, "all");
    properties.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
    properties.put(ProducerConfig.LINGER_MS_CONFIG, 0);
    properties.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, TIMEOUT_MILLIS / 3);
    properties.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, TIMEOUT_MILLIS / 3);
    properties.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, TIMEOUT_MILLIS);
  }

  /**
   * @throws KafkaException if the broker may not have it
   */
  public void send(ProducerRecord<byte[], byte[]> message) throws InterruptedException {
    try {
      producer().send(message).get(2 * TIMEOUT_MILLIS, TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw new KafkaException(e.getCause());
    } catch (TimeoutException e) {
      throw new KafkaException("no answer from Kafka", e);
    }
  }

  private synchronized KafkaProducer<byte[], byte[]> producer() {
    if (closed) {
      throw new KafkaException("closed");
    }
    if (producer == null) {
      producer =
          new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer());
    }
    return producer;
  }

  @Override
  public synchronized void close() {
    closed = true;
    if (producer != null) {
      producer.close(java.time.Duration.ofMillis(100));
    }
  }
}
