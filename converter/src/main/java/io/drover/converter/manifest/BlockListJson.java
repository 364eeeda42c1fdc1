package io.drover.converter.manifest;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import io.drover.converter.digest.BlockDigests;
import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import java.io.CharConversionException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.HexFormat;

/**
 * The object that {@code disk.blocksKey} names: the same array that would stand in {@code
 * disk.blocks}, without white space. A block of data costs 67 bytes (17 MiB for each TiB), one of
 * zeros 2. Written and read as a stream.
 */
public final class BlockListJson {
  /** Its usual name, beside the manifest. */
  public static final String NAME = "blocks.json";

  private static final JsonFactory FACTORY = new JsonFactory();

  private BlockListJson() {}

  /** Writes all blocks, which must be known; leaves {@code target} open. */
  public static void write(BlockDigests digests, OutputStream target) throws IOException {
    try (JsonGenerator json =
        FACTORY.createGenerator(target).disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET)) {
      json.writeStartArray();
      for (int block = 0; block < digests.count(); block++) {
        if (digests.isZero(block)) {
          json.writeNumber(0);
        } else {
          json.writeString(HexFormat.of().formatHex(digests.get(block)));
        }
      }
      json.writeEndArray();
    }
  }

  /**
   * Reads the blocks of a disk.
   *
   * @param disk what the manifest says of it
   * @throws ImportException {@code TARGET_CORRUPTED} if these are not the blocks that the manifest
   *     means
   */
  public static BlockDigests read(InputStream source, Disk disk) throws IOException {
    BlockDigests digests = new BlockDigests(disk.virtualSize());
    try (JsonParser json = FACTORY.createParser(source)) {
      if (json.nextToken() != JsonToken.START_ARRAY) {
        throw corrupted("is no array", null);
      }
      for (int block = 0; json.nextToken() != JsonToken.END_ARRAY; block++) {
        if (block == digests.count()) {
          throw corrupted("has more than " + block + " blocks", null);
        }
        take(json, block, digests);
      }
      if (json.nextToken() != null) {
        throw corrupted("goes on after its array", null);
      }
    } catch (JsonProcessingException | CharConversionException exception) {
      throw corrupted("is damaged JSON", exception);
    }
    if (digests.firstMissing() != digests.count()) {
      throw corrupted(
          "has " + digests.firstMissing() + " blocks instead of " + digests.count(), null);
    }
    if (!digests.diskDigest().equals(disk.digest())) {
      throw corrupted("does not give the manifest's digest", null);
    }
    return digests;
  }

  private static void take(JsonParser json, int block, BlockDigests digests) throws IOException {
    if (json.currentToken() == JsonToken.VALUE_NUMBER_INT && json.getText().equals("0")) {
      digests.putZero(block);
      return;
    }
    String hex = json.currentToken() == JsonToken.VALUE_STRING ? json.getText() : "";
    if (!Block.isSha256(hex)) {
      throw corrupted("has no digest for block " + block, null);
    }
    digests.put(block, HexFormat.of().parseHex(hex));
  }

  private static ImportException corrupted(String what, Throwable cause) {
    return ImportException.failed(
        ErrorCode.TARGET_CORRUPTED,
        "reading the block list: it " + what + "; import the disk again",
        cause);
  }
}
