package io.drover.routes.follow;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.drover.converter.error.Printable;
import io.drover.converter.imports.DiskMap;
import io.drover.routes.event.EventRoute;
import io.drover.routes.event.EventType;
import io.drover.routes.event.ImportEvent;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;

/**
 * Reads an event from a record of the topic, which anybody may have written: a CloudEvent in binary
 * content mode, or nothing. All text comes out escaped and cut, all counts within their ranges.
 */
final class EventRecord {
  /** Drover's own events are about 1 KiB. */
  static final int MOST_BYTES = 64 << 10;

  private static final int ID_LENGTH = 256;
  private static final int PLACE_LENGTH = 1_200;
  private static final int MESSAGE_LENGTH = 4_096;
  private static final ObjectMapper JSON = new ObjectMapper();

  private EventRecord() {}

  /** Empty if it is no event of an import. */
  static Optional<ImportEvent> read(ConsumerRecord<byte[], byte[]> record) {
    if (record.value() == null || record.value().length > MOST_BYTES) {
      return Optional.empty();
    }
    Optional<EventType> type = EventType.ofLabel(header(record, "ce_type"));
    if (type.isEmpty()) {
      return Optional.empty();
    }
    try {
      JsonNode data = JSON.readTree(record.value());
      if (data == null || !data.isObject() || data.path("importId").asText().isEmpty()) {
        return Optional.empty();
      }
      String worker = header(record, "ce_" + EventRoute.WORKER);
      String map = header(record, "ce_" + EventRoute.DISK_MAP);
      return Optional.of(
          bounded(
              ImportEvent.read(type.get(), time(record), worker.isEmpty() ? null : worker, data)
                  .mapped(DiskMap.isRuns(map) ? map : null)));
    } catch (IOException | RuntimeException e) {
      // whatever it is, it is not what Drover writes
      return Optional.empty();
    }
  }

  private static String header(ConsumerRecord<byte[], byte[]> record, String name) {
    Header header = record.headers().lastHeader(name);
    return header == null || header.value() == null
        ? ""
        : new String(header.value(), StandardCharsets.UTF_8);
  }

  /** The producer's clock, or else when the record was written. */
  private static Instant time(ConsumerRecord<byte[], byte[]> record) {
    try {
      return OffsetDateTime.parse(header(record, "ce_time")).toInstant();
    } catch (DateTimeException e) {
      return Instant.ofEpochMilli(Math.max(0, record.timestamp()));
    }
  }

  private static ImportEvent bounded(ImportEvent event) throws JsonProcessingException {
    ImportEvent.Bytes bytes = event.bytes();
    ImportEvent.Parts parts = event.parts();
    ImportEvent.Failure error = event.error();
    ImportEvent.Result result = event.result();
    return new ImportEvent(
        event.type(),
        event.time(),
        escaped(event.worker(), ID_LENGTH),
        event.origin(),
        event.diskMap(),
        escaped(event.importId(), ID_LENGTH),
        count(event.sequence()),
        (int) count(event.attempt()),
        escaped(event.source(), PLACE_LENGTH),
        escaped(event.format(), ID_LENGTH),
        escaped(event.destination(), PLACE_LENGTH),
        count(event.virtualSize()),
        escaped(event.phase(), ID_LENGTH),
        bytes == null
            ? new ImportEvent.Bytes(0, 0, 0, 0, 0, 0)
            : new ImportEvent.Bytes(
                count(bytes.logical()),
                count(bytes.data()),
                count(bytes.zero()),
                count(bytes.read()),
                count(bytes.sent()),
                count(bytes.copied())),
        parts == null
            ? new ImportEvent.Parts(0, 0)
            : new ImportEvent.Parts((int) count(parts.total()), (int) count(parts.done())),
        // also what is no number at all
        event.percent() > 0 ? Math.min(100, event.percent()) : 0,
        count(event.bytesPerSecond()),
        count(event.etaSeconds()),
        error == null
            ? null
            : new ImportEvent.Failure(
                escaped(error.code(), ID_LENGTH),
                escaped(error.message(), MESSAGE_LENGTH),
                count(error.offset())),
        result == null
            ? null
            : new ImportEvent.Result(
                escaped(result.data(), PLACE_LENGTH),
                escaped(result.metadata(), PLACE_LENGTH),
                escaped(result.manifest(), PLACE_LENGTH),
                escaped(result.digest(), ID_LENGTH)));
  }

  private static long count(long value) {
    return Math.max(0, value);
  }

  private static Long count(Long value) {
    return value == null || value < 0 ? null : value;
  }

  /** What Drover has escaped already is not escaped again: it has nothing left but backslashes. */
  private static String escaped(String text, int limit) {
    if (text == null) {
      return null;
    }
    String safe = Printable.text(text, limit);
    return safe.replace("\\\\", "\\");
  }
}
