package io.drover.routes.queue;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.error.Printable;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/**
 * JSON (RFC 8259) from strangers: UTF-8 alone, every name once, and bounds on all that grows. The
 * bounds hold while it is read, so that what breaks one costs no memory.
 */
final class StrictJson {
  /** Bytes of a request or a notification; S3 sends up to some hundred KiB at once. */
  static final int MOST_BYTES = 1 << 20;

  private static final int MOST_DEPTH = 16;
  private static final int MOST_STRING = 65_536;
  private static final int MOST_NAME = 256;
  private static final int MOST_DIGITS = 32;

  private static final JsonFactory FACTORY =
      new JsonFactoryBuilder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxDocumentLength(MOST_BYTES)
                  .maxNestingDepth(MOST_DEPTH)
                  .maxStringLength(MOST_STRING)
                  .maxNameLength(MOST_NAME)
                  .maxNumberLength(MOST_DIGITS)
                  .build())
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .build();

  private static final ObjectReader READER =
      new ObjectMapper(FACTORY).reader().with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private StrictJson() {}

  /**
   * @throws ImportException {@code REQUEST_TOO_LARGE}, {@code REQUEST_MALFORMED}
   */
  static JsonNode object(byte[] bytes) throws ImportException {
    if (bytes == null || bytes.length == 0) {
      throw malformed("the message has no value");
    }
    if (bytes.length > MOST_BYTES) {
      throw ImportException.refused(
          ErrorCode.REQUEST_TOO_LARGE,
          "the message has " + bytes.length + " bytes; the limit is " + MOST_BYTES);
    }
    JsonNode json;
    try {
      String text =
          StandardCharsets.UTF_8
              .newDecoder()
              .onMalformedInput(CodingErrorAction.REPORT)
              .onUnmappableCharacter(CodingErrorAction.REPORT)
              .decode(ByteBuffer.wrap(bytes))
              .toString();
      json = READER.readTree(text);
    } catch (CharacterCodingException e) {
      throw malformed("the value is no UTF-8");
    } catch (JsonProcessingException e) {
      throw malformed("the value is no JSON: " + Printable.text(e.getOriginalMessage()));
    }
    if (json == null || !json.isObject()) {
      throw malformed("the value is no JSON object");
    }
    return json;
  }

  static ImportException malformed(String message) {
    return ImportException.refused(
        ErrorCode.REQUEST_MALFORMED, message + "; send a CloudEvent with a JSON object");
  }
}
