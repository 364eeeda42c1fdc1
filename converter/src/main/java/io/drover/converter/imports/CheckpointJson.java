package io.drover.converter.imports;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.error.Printable;
import io.drover.converter.object.Crc32c;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Iterator;

/**
 * The JSON form of a checkpoint. Its last field is a CRC-32C over all bytes before it, since a
 * digest with one bit changed is as good a digest as any.
 */
final class CheckpointJson {
  /** Enough for 2 TiB of data without a zero block; parts beyond are left out, and read again. */
  static final int MAX_BYTES = 32 << 20;

  private static final String SEAL = ",\"crc32c\":\"%08x\"}\n";
  private static final int SEAL_LENGTH = String.format(SEAL, 0).length();

  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .build();

  private CheckpointJson() {}

  /**
   * Writes a checkpoint, at most {@link #MAX_BYTES}.
   *
   * @param header without parts
   * @param parts ascending; made as they are asked for
   */
  static byte[] write(Checkpoint header, Iterator<Checkpoint.FinishedPart> parts) {
    return write(header, parts, MAX_BYTES);
  }

  static byte[] write(Checkpoint header, Iterator<Checkpoint.FinishedPart> parts, int limit) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (JsonGenerator json = MAPPER.createGenerator(out)) {
      json.writeStartObject();
      json.writeNumberField("schemaVersion", header.schemaVersion());
      json.writeStringField("importId", header.importId());
      json.writeNumberField("attempt", header.attempt());
      json.writeStringField("source", header.source());
      json.writeStringField("format", header.format());
      json.writeObjectField("identity", header.identity());
      json.writeObjectField("plan", header.plan());
      json.writeStringField("uploadId", header.uploadId());
      json.writeStringField("begun", header.begun());
      json.writeObjectField("worker", header.worker());
      json.writeBooleanField("running", header.running());
      json.writeObjectField("progress", header.progress());
      json.writeObjectField("cut", header.cut());
      json.writeArrayFieldStart("parts");
      while (parts.hasNext()) {
        Checkpoint.FinishedPart part = parts.next();
        json.flush();
        if (out.size() + estimate(part) > limit) {
          break;
        }
        json.writeObject(part);
      }
      json.writeEndArray();
      json.flush();
      byte[] body = out.toByteArray();
      out.writeBytes(seal(body, body.length).getBytes(StandardCharsets.US_ASCII));
      // copied before the generator, when closed, ends the object once more
      return out.toByteArray();
    } catch (IOException e) {
      throw new AssertionError("records of text and numbers, in memory", e);
    }
  }

  private static int estimate(Checkpoint.FinishedPart part) {
    return 200 + part.etag().length() * 6 + (part.blocks().length + part.clusters().length) * 3 / 2;
  }

  private static String seal(byte[] bytes, int length) {
    return String.format(SEAL, Crc32c.of(bytes, 0, length));
  }

  /**
   * Reads a checkpoint.
   *
   * @throws ImportException {@code TARGET_CORRUPTED} if it is none, or damaged, or of a schema that
   *     this program does not know
   */
  static Checkpoint read(byte[] json) throws ImportException {
    int body = json.length - SEAL_LENGTH;
    if (json.length > MAX_BYTES || body < 0) {
      throw corrupted("it has " + json.length + " bytes, limit " + MAX_BYTES, null);
    }
    byte[] seal = seal(json, body).getBytes(StandardCharsets.US_ASCII);
    if (!Arrays.equals(seal, 0, seal.length, json, body, json.length)) {
      throw corrupted("its checksum is missing or another", null);
    }
    try {
      return MAPPER.readValue(json, Checkpoint.class);
    } catch (JsonProcessingException e) {
      throw corrupted(Printable.text(e.getOriginalMessage()), e);
    } catch (IOException e) {
      throw corrupted(Printable.text(e.getMessage()), e);
    }
  }

  private static ImportException corrupted(String what, Throwable cause) {
    return ImportException.failed(
        ErrorCode.TARGET_CORRUPTED, "reading the checkpoint: " + what, cause);
  }
}
