package io.drover.routes.queue;

import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;

/**
 * Where a message stands in its topic, and so which of two was sent first.
 *
 * @param timestamp the record's, ms since the epoch
 */
record Place(int partition, long offset, long timestamp) {
  /** Header of a copy: the place of the message that was sent first. */
  static final String FIRST = "drover_first_place";

  private static final Pattern WRITTEN =
      Pattern.compile("([0-9]{1,9})/([0-9]{1,18})/([0-9]{1,18})");
  private static final int LONGEST = 47;

  /**
   * Of a message, or, if that is a copy, of the first one. Anybody may have written the header:
   * what is no place counts as none, and a wrong one only decides whether an import is begun for
   * which its writer could as well ask anew.
   */
  static Place of(ConsumerRecord<?, ?> message) {
    Header first = message.headers().lastHeader(FIRST);
    if (first != null && first.value() != null && first.value().length <= LONGEST) {
      Matcher written = WRITTEN.matcher(new String(first.value(), StandardCharsets.UTF_8));
      if (written.matches()) {
        return new Place(
            Integer.parseInt(written.group(1)),
            Long.parseLong(written.group(2)),
            Long.parseLong(written.group(3)));
      }
    }
    return new Place(message.partition(), message.offset(), message.timestamp());
  }

  /** The header's value. */
  byte[] written() {
    return (partition + "/" + offset + "/" + Math.max(0, timestamp))
        .getBytes(StandardCharsets.UTF_8);
  }

  /** Whether a message that stands there was sent before this one. */
  boolean isAfter(Place other) {
    return partition == other.partition ? offset > other.offset : timestamp >= other.timestamp;
  }
}
