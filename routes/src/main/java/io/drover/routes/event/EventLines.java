package io.drover.routes.event;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What is in a file of the {@link EventJournal}: a line of JSON for the Kafka that the events are
 * for, then one for each event.
 *
 * @param kafka brokers and topic
 */
record EventLines(String kafka) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** A file has a handful of events of about 1 KiB. */
  private static final long MOST_BYTES = 4 << 20;

  byte[] write(List<ImportEvent> events) throws IOException {
    ByteArrayOutputStream lines = new ByteArrayOutputStream();
    lines.write(JSON.writeValueAsBytes(Map.of("kafka", kafka)));
    for (ImportEvent event : events) {
      ObjectNode line = JSON.createObjectNode();
      line.put("type", event.type().name());
      line.put("time", event.time().toString());
      line.put("worker", event.worker());
      line.put(EventRoute.DISK_MAP, event.diskMap());
      event
          .origin()
          .trace()
          .ifPresent(
              trace ->
                  line.put(TraceContext.PARENT, trace.traceparent())
                      .put(TraceContext.STATE, trace.tracestate()));
      line.set("data", JSON.valueToTree(event));
      lines.write('\n');
      lines.write(JSON.writeValueAsBytes(line));
    }
    lines.write('\n');
    return lines.toByteArray();
  }

  /**
   * None if they are for another Kafka.
   *
   * @throws IOException if it is no such file, or one that is too long
   */
  List<ImportEvent> read(FileChannel channel) throws IOException {
    if (channel.size() > MOST_BYTES) {
      throw new IOException(channel.size() + " bytes are too many");
    }
    ByteBuffer bytes = ByteBuffer.allocate((int) channel.size());
    while (bytes.hasRemaining() && channel.read(bytes) >= 0) {
      continue;
    }
    String[] lines =
        new String(bytes.array(), 0, bytes.position(), StandardCharsets.UTF_8).split("\n");
    List<ImportEvent> events = new ArrayList<>();
    if (!JSON.readTree(lines[0]).path("kafka").asText().equals(kafka)) {
      return events;
    }
    for (int index = 1; index < lines.length; index++) {
      events.add(event(JSON.readTree(lines[index])));
    }
    return events;
  }

  private static ImportEvent event(JsonNode line) throws IOException {
    return ImportEvent.read(
            EventType.valueOf(line.path("type").asText()),
            Instant.parse(line.path("time").asText()),
            line.hasNonNull("worker") ? line.get("worker").asText() : null,
            line.path("data"))
        .mapped(line.path(EventRoute.DISK_MAP).textValue())
        .from(
            Origin.UNKNOWN.in(
                TraceContext.read(
                    line.path(TraceContext.PARENT).textValue(),
                    line.path(TraceContext.STATE).textValue())));
  }
}
