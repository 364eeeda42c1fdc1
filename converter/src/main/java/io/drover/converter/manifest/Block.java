package io.drover.converter.manifest;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import com.fasterxml.jackson.databind.JsonNode;

/**
 * One block of the disk: in JSON a string of 64 hexadecimal digits, or the number 0.
 *
 * @param sha256 lower-case digits, or null for a block of zeros
 */
public record Block(String sha256) {
  public static final Block ZERO = new Block(null);

  public Block {
    if (sha256 != null && !sha256.matches("[0-9a-f]{64}")) {
      throw new IllegalArgumentException("a block digest is 64 lower-case hexadecimal digits");
    }
  }

  public boolean isZero() {
    return sha256 == null;
  }

  @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
  static Block of(JsonNode value) {
    if (value.isTextual()) {
      return new Block(value.textValue());
    }
    if (value.isInt() && value.intValue() == 0) {
      return ZERO;
    }
    throw new IllegalArgumentException("a block is a string of hexadecimal digits, or 0");
  }

  @JsonValue
  Object json() {
    return isZero() ? (Object) 0 : sha256;
  }
}
