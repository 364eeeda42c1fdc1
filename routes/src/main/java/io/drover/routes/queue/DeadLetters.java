package io.drover.routes.queue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.drover.converter.error.ImportException;
import io.drover.routes.kafka.RecordSender;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Headers;

/**
 * The topic of messages that are none, with the reason: CloudEvents of type {@code
 * drover.request.rejected}, whose id is the message's place, so that one that had to be sent twice
 * can be told.
 */
final class DeadLetters {
  static final String TYPE = "drover.request.rejected";

  /** Bytes that are kept of what was sent. */
  static final int MOST_BYTES = 256 << 10;

  private static final ObjectMapper JSON = new ObjectMapper();

  /** Places of the last messages that were sent. */
  private static final int REMEMBERED = 10_000;

  private final RecordSender sender;
  private final String topic;

  /** A broker may give a message out again before it has heard that it is done. */
  private final Set<String> sent =
      Collections.newSetFromMap(
          new LinkedHashMap<>() {
            private static final long serialVersionUID = 1;

            @Override
            protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
              return size() > REMEMBERED;
            }
          });

  DeadLetters(RecordSender sender, String topic) {
    this.sender = sender;
    this.topic = topic;
  }

  /**
   * Returns when the broker has it, or had it before by this worker.
   *
   * @throws org.apache.kafka.common.KafkaException if it may not have it
   */
  synchronized void send(ConsumerRecord<byte[], byte[]> message, ImportException reason)
      throws InterruptedException {
    String place = message.topic() + "-" + message.partition() + "-" + message.offset();
    if (sent.contains(place)) {
      return;
    }
    byte[] value = message.value() == null ? new byte[0] : message.value();
    ObjectNode data = JSON.createObjectNode();
    data.put("code", reason.code().name());
    data.put("message", reason.getMessage());
    data.put("topic", message.topic());
    data.put("partition", message.partition());
    data.put("offset", message.offset());
    data.put("valueBytes", message.value() == null ? -1 : value.length);
    data.put("value", Arrays.copyOf(value, Math.min(value.length, MOST_BYTES)));
    ProducerRecord<byte[], byte[]> letter;
    try {
      letter =
          new ProducerRecord<>(
              topic, place.getBytes(StandardCharsets.UTF_8), JSON.writeValueAsBytes(data));
    } catch (JsonProcessingException e) {
      throw new AssertionError("a tree of texts and numbers is JSON", e);
    }
    header(letter.headers(), "ce_specversion", "1.0");
    header(letter.headers(), "ce_type", TYPE);
    header(letter.headers(), "ce_source", "urn:drover");
    header(letter.headers(), "ce_id", place);
    header(letter.headers(), "ce_time", Instant.now().toString());
    header(letter.headers(), "content-type", "application/json");
    header(letter.headers(), "drover_code", reason.code().name());
    header(letter.headers(), "drover_message", reason.getMessage());
    header(letter.headers(), "drover_place", place);
    sender.send(letter);
    sent.add(place);
  }

  private static void header(Headers headers, String name, String value) {
    headers.add(name, value.getBytes(StandardCharsets.UTF_8));
  }
}
