package io.drover.converter.imports;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;

/** Import ids that the same wish always gets again. */
public final class ImportId {
  /** User metadata of every object that an import writes. */
  public static final String METADATA = "drover-import-id";

  private static final char[] BASE32 = "abcdefghijklmnopqrstuvwxyz234567".toCharArray();
  private static final int CHARACTERS = 20;

  private ImportId() {}

  /**
   * Twenty characters (100 bits) of a SHA-256 over everything that makes the wish what it is.
   *
   * @param fields in a fixed order; their borders count
   */
  public static String of(List<String> fields) {
    MessageDigest sha256;
    try {
      sha256 = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
    for (String field : fields) {
      byte[] bytes = field.getBytes(StandardCharsets.UTF_8);
      sha256.update((bytes.length + ":").getBytes(StandardCharsets.US_ASCII));
      sha256.update(bytes);
    }
    byte[] digest = sha256.digest();
    StringBuilder id = new StringBuilder(CHARACTERS);
    for (int index = 0; index < CHARACTERS; index++) {
      int bit = index * 5;
      int pair = (digest[bit / 8] & 0xFF) << 8 | digest[bit / 8 + 1] & 0xFF;
      id.append(BASE32[pair >> (11 - bit % 8) & 31]);
    }
    return id.toString();
  }
}
