package io.drover.routes.queue;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;

/**
 * A record as somebody has sent it; nothing in it is trusted.
 *
 * @param place {@code topic-partition-offset}
 * @param headers by lower-case names; of several with one name the first
 * @param value null for a tombstone
 */
record Message(String place, Map<String, String> headers, byte[] value) {
  private static final int MOST_HEADERS = 64;
  private static final int MOST_HEADER_BYTES = 4096;

  static Message of(ConsumerRecord<?, byte[]> found) {
    Map<String, String> headers = new LinkedHashMap<>();
    for (Header header : found.headers()) {
      if (headers.size() == MOST_HEADERS) {
        break;
      }
      byte[] value = header.value();
      if (value != null && value.length <= MOST_HEADER_BYTES) {
        headers.putIfAbsent(
            header.key().toLowerCase(Locale.ROOT), new String(value, StandardCharsets.UTF_8));
      }
    }
    return new Message(
        found.topic() + "-" + found.partition() + "-" + found.offset(), headers, found.value());
  }
}
