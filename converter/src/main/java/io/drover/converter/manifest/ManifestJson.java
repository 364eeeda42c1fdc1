package io.drover.converter.manifest;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.core.util.Separators;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.error.Printable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/**
 * The one JSON form of a manifest: a fixed order, a field on each line, every list on one line.
 * Reading ignores fields it does not know.
 */
public final class ManifestJson {
  /** More than any manifest has; what to give as the limit when fetching one. */
  public static final int MAX_BYTES = 4 << 20;

  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .build();

  private static final ObjectWriter WRITER =
      MAPPER.writer(
          new DefaultPrettyPrinter(
                  Separators.createDefaultInstance()
                      .withObjectFieldValueSpacing(Separators.Spacing.AFTER))
              // the same bytes on every platform
              .withObjectIndenter(new DefaultIndenter("  ", "\n")));

  private ManifestJson() {}

  /** The manifest in UTF-8, with a line break at its end. */
  public static byte[] write(Manifest manifest) {
    try {
      return (WRITER.writeValueAsString(manifest) + "\n").getBytes(StandardCharsets.UTF_8);
    } catch (JsonProcessingException exception) {
      throw new AssertionError("records of text and numbers", exception);
    }
  }

  /**
   * Reads a manifest.
   *
   * @throws ImportException {@code FORMAT_UNSUPPORTED} if a later version of the schema wrote it,
   *     {@code TARGET_CORRUPTED} if it is none, or contradicts itself
   */
  public static Manifest read(byte[] json) throws ImportException {
    if (json.length > MAX_BYTES) {
      throw corrupted("it has " + json.length + " bytes, limit " + MAX_BYTES, null);
    }
    try {
      JsonNode tree = MAPPER.readTree(json);
      JsonNode version = tree.path("schemaVersion");
      if (version.isInt() && version.intValue() > Manifest.SCHEMA_VERSION) {
        throw ImportException.refused(
            ErrorCode.FORMAT_UNSUPPORTED,
            "reading the manifest: its schema has version "
                + version.intValue()
                + ", this program knows "
                + Manifest.SCHEMA_VERSION
                + "; use a newer one");
      }
      if (!tree.isObject()) {
        throw corrupted("it is no JSON object", null);
      }
      return MAPPER.treeToValue(tree, Manifest.class);
    } catch (ImportException exception) {
      throw exception;
    } catch (JsonProcessingException exception) {
      throw corrupted(Printable.text(exception.getOriginalMessage()), exception);
    } catch (IOException exception) {
      // from memory it can only be text that is no UTF: Jackson recognises UTF-16 and UTF-32, too
      throw corrupted(Printable.text(exception.getMessage()), exception);
    }
  }

  private static ImportException corrupted(String what, Throwable cause) {
    return ImportException.failed(
        ErrorCode.TARGET_CORRUPTED,
        "reading the manifest: " + what + "; import the disk again",
        cause);
  }
}
