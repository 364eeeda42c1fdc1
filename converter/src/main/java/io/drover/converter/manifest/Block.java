package io.drover.converter.manifest;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.regex.Pattern;

/**
 * One block of the disk: in JSON a string of 64 hexadecimal digits, or the number 0.
 *
 * @param sha256 lower-case digits, or null for a block of zeros
 */
public record Block(String sha256) {
  private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");

  public static final Block ZERO = new Block(null);

  public Block {
    if (sha256 != null && !isSha256(sha256)) {
      throw new IllegalArgumentException("a block digest is 64 lower-case hexadecimal digits");
    }
  }

  static boolean isSha256(String text) {
    return SHA256.matcher(text).matches();
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
