package io.drover.routes.event;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.drover.converter.error.ImportException;
import io.drover.converter.imports.Progress;
import java.time.Instant;

/**
 * One event of an import; its components, but for type and time, are the event's JSON data by
 * contract. Text in it is escaped already.
 *
 * @param worker who tells it, a CloudEvents extension attribute; null while nobody has said
 * @param origin of the import; of it only the trace is told, by CloudEvents extension attributes
 * @param diskMap {@link io.drover.converter.imports.DiskMap#runs()} of the disk, a CloudEvents
 *     extension attribute; null while there is none
 * @param sequence rises within the import, over all its attempts, and is 1, 2, 3 … in the first:
 *     consumers keep the highest they saw
 * @param attempt 1 for the first run of this import
 * @param percent of the virtual disk that is finished, 0 to 100, one decimal
 * @param bytesPerSecond of the virtual disk, of late; null while unknown
 * @param etaSeconds null while unknown
 * @param error set on failures, and while something is tried again
 * @param result set on completion only
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonPropertyOrder({
  "importId",
  "sequence",
  "attempt",
  "source",
  "format",
  "destination",
  "virtualSize",
  "phase",
  "bytes",
  "parts",
  "percent",
  "bytesPerSecond",
  "etaSeconds",
  "error",
  "result"
})
public record ImportEvent(
    @JsonIgnore EventType type,
    @JsonIgnore Instant time,
    @JsonIgnore String worker,
    @JsonIgnore Origin origin,
    @JsonIgnore String diskMap,
    String importId,
    long sequence,
    int attempt,
    String source,
    String format,
    String destination,
    long virtualSize,
    String phase,
    Bytes bytes,
    Parts parts,
    double percent,
    Long bytesPerSecond,
    Long etaSeconds,
    Failure error,
    Result result) {
  /** Later versions may tell more. */
  private static final ObjectMapper JSON =
      JsonMapper.builder().disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES).build();

  /** Of a worker that is not named yet, and of an origin that is not known. */
  public ImportEvent(
      EventType type,
      Instant time,
      String importId,
      long sequence,
      int attempt,
      String source,
      String format,
      String destination,
      long virtualSize,
      String phase,
      Bytes bytes,
      Parts parts,
      double percent,
      Long bytesPerSecond,
      Long etaSeconds,
      Failure error,
      Result result) {
    this(
        type,
        time,
        null,
        Origin.UNKNOWN,
        null,
        importId,
        sequence,
        attempt,
        source,
        format,
        destination,
        virtualSize,
        phase,
        bytes,
        parts,
        percent,
        bytesPerSecond,
        etaSeconds,
        error,
        result);
  }

  /** The same, told by that worker. */
  public ImportEvent by(String name) {
    return told(name, origin, diskMap);
  }

  /** The same, of an import that comes from there. */
  public ImportEvent from(Origin place) {
    return told(worker, place, diskMap);
  }

  /** The same, with that map of the disk, or none. */
  public ImportEvent mapped(String map) {
    return told(worker, origin, map);
  }

  private ImportEvent told(String name, Origin place, String map) {
    return new ImportEvent(
        type,
        time,
        name,
        place,
        map,
        importId,
        sequence,
        attempt,
        source,
        format,
        destination,
        virtualSize,
        phase,
        bytes,
        parts,
        percent,
        bytesPerSecond,
        etaSeconds,
        error,
        result);
  }

  /**
   * Reads the data of an event as it lies in Kafka or on disk. Fields that are missing or of
   * another type are zero or null.
   *
   * @throws JsonProcessingException if a part of it has another form
   */
  public static ImportEvent read(EventType type, Instant time, String worker, JsonNode data)
      throws JsonProcessingException {
    return new ImportEvent(
        type,
        time,
        worker,
        Origin.UNKNOWN,
        null,
        data.path("importId").asText(),
        data.path("sequence").asLong(),
        data.path("attempt").asInt(),
        text(data, "source"),
        text(data, "format"),
        text(data, "destination"),
        data.path("virtualSize").asLong(),
        text(data, "phase"),
        part(data, "bytes", Bytes.class),
        part(data, "parts", Parts.class),
        data.path("percent").asDouble(),
        part(data, "bytesPerSecond", Long.class),
        part(data, "etaSeconds", Long.class),
        part(data, "error", Failure.class),
        part(data, "result", Result.class));
  }

  private static String text(JsonNode data, String field) {
    return data.hasNonNull(field) ? data.get(field).asText() : null;
  }

  private static <T> T part(JsonNode data, String field, Class<T> type)
      throws JsonProcessingException {
    return data.hasNonNull(field) ? JSON.treeToValue(data.get(field), type) : null;
  }

  /** See {@link Progress} for the meanings. */
  public record Bytes(long logical, long data, long zero, long read, long sent, long copied) {
    public static Bytes of(Progress progress) {
      return new Bytes(
          progress.logical(),
          progress.data(),
          progress.zero(),
          progress.read(),
          progress.sent(),
          progress.copied());
    }
  }

  public record Parts(int total, int done) {}

  /**
   * @param code the stable name
   * @param offset byte offset in the source, null where there is none
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Failure(String code, String message, Long offset) {
    public static Failure of(ImportException e) {
      return new Failure(
          e.code().name(),
          e.getMessage(),
          e.offset() == ImportException.NO_OFFSET ? null : e.offset());
    }
  }

  /**
   * Where the parts of a committed import lie, as {@code s3://} URIs.
   *
   * @param digest {@code sha256-4m:HEX} of the guest disk
   */
  public record Result(String data, String metadata, String manifest, String digest) {}

  /** The CloudEvent's id: the same event sent twice has the same. */
  public String id() {
    return importId + ":" + sequence;
  }
}
