package io.drover.routes.event;

import io.cloudevents.CloudEvent;
import io.cloudevents.core.builder.CloudEventBuilder;
import io.cloudevents.kafka.CloudEventSerializer;
import io.drover.routes.kafka.KafkaClients;
import io.drover.routes.kafka.KafkaTrouble;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.StringSerializer;

/** Asks, on the topic of requests, for the end of an import, whichever worker has it. */
public final class CancelRequest {
  private static final String TYPE = "drover.import.cancel";
  private static final int PATIENCE_MILLIS = 5_000;

  private CancelRequest() {}

  /**
   * Sends one, and returns when the broker has it.
   *
   * @param topic of the requests
   * @param importId letters, digits, dots, underlines and hyphens
   * @throws IOException if Kafka does not take it within some seconds
   */
  public static void send(KafkaClients clients, String topic, String importId) throws IOException {
    CloudEvent event =
        CloudEventBuilder.v1()
            .withId(UUID.randomUUID().toString())
            .withSource(URI.create("urn:drover"))
            .withType(TYPE)
            .withSubject(importId)
            .withTime(OffsetDateTime.now(ZoneOffset.UTC))
            .withData(
                "application/json",
                ("{\"importId\":\"" + importId + "\"}").getBytes(StandardCharsets.UTF_8))
            .build();
    Map<String, Object> properties = clients.properties("drover-cancel");
    properties.put(ProducerConfig.ACKS_CONFIG, "all");
    properties.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, PATIENCE_MILLIS);
    properties.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, PATIENCE_MILLIS);
    properties.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, PATIENCE_MILLIS);
    properties.put(ProducerConfig.LINGER_MS_CONFIG, 0);
    try (KafkaProducer<String, CloudEvent> producer =
        new KafkaProducer<>(properties, new StringSerializer(), new CloudEventSerializer())) {
      producer
          .send(new ProducerRecord<>(topic, importId, event))
          .get(2L * PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException | KafkaException e) {
      throw new IOException(
          "Kafka does not take the cancellation: " + KafkaTrouble.of(e).line(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }
}
