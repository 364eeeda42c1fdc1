package io.drover.routes.submit;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.cloudevents.CloudEvent;
import io.cloudevents.core.builder.CloudEventBuilder;
import io.cloudevents.kafka.CloudEventSerializer;
import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.imports.ImportOptions;
import io.drover.routes.kafka.KafkaClients;
import io.drover.routes.kafka.KafkaTrouble;
import io.drover.routes.request.WantedImport;
import java.net.URI;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.StringSerializer;

/** Puts requests for imports on their topic. Thread-safe. */
public final class RequestSender implements AutoCloseable {
  private static final String TYPE = "drover.import.requested";
  private static final URI SOURCE = URI.create("urn:drover:batch");
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int PATIENCE_MILLIS = 30_000;

  private final KafkaProducer<String, CloudEvent> producer;
  private final String brokers;
  private final String topic;

  public RequestSender(KafkaClients clients, String topic) {
    this.brokers = clients.brokers();
    this.topic = topic;
    Map<String, Object> properties = clients.properties("drover-batch");
    properties.put(ProducerConfig.ACKS_CONFIG, "all");
    properties.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, PATIENCE_MILLIS);
    properties.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, PATIENCE_MILLIS / 3);
    properties.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, PATIENCE_MILLIS);
    this.producer =
        new KafkaProducer<>(properties, new StringSerializer(), new CloudEventSerializer());
  }

  /**
   * Sends one, and waits until the broker has it.
   *
   * @throws ImportException {@code TARGET_UNAVAILABLE}, resumable, if it does not take it
   */
  void send(String importId, WantedImport wanted) throws ImportException {
    CloudEvent event =
        CloudEventBuilder.v1()
            .withId(importId)
            .withSource(SOURCE)
            .withType(TYPE)
            .withSubject(importId)
            .withTime(OffsetDateTime.now(ZoneOffset.UTC))
            .withData("application/json", data(wanted))
            .build();
    try {
      producer
          .send(new ProducerRecord<>(topic, importId, event))
          .get(PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw notTaken("interrupted", e);
    } catch (ExecutionException | TimeoutException | KafkaException e) {
      throw notTaken(KafkaTrouble.of(e).line(), e);
    }
  }

  private ImportException notTaken(String why, Exception cause) {
    return ImportException.resumable(
        ErrorCode.TARGET_UNAVAILABLE,
        "Kafka at " + brokers + " does not take a request on " + topic + ": " + why,
        cause);
  }

  private static byte[] data(WantedImport wanted) throws ImportException {
    ImportOptions options = wanted.options();
    Map<String, Object> data = new LinkedHashMap<>();
    // whoever takes it works in another directory
    data.put(
        "source",
        wanted.source().isLocal()
            ? wanted.source().path().toAbsolutePath().normalize().toString()
            : wanted.source().text());
    data.put("format", wanted.format().label());
    data.put("destination", wanted.destination().uri());
    Map<String, String> chosen = new LinkedHashMap<>();
    options.clusterSize().ifPresent(size -> chosen.put("cluster_size", Integer.toString(size)));
    chosen.put("data_file_raw", options.rawExternalData() ? "on" : "off");
    data.put("options", chosen);
    options.sourceSha256().ifPresent(hex -> data.put("checksum", "sha256:" + hex));
    try {
      return JSON.writeValueAsBytes(data);
    } catch (JsonProcessingException e) {
      throw new AssertionError("a map of text", e);
    }
  }

  @Override
  public void close() {
    producer.close(Duration.ofSeconds(5));
  }
}
