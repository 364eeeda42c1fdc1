package io.drover.converter.object;

import java.util.OptionalInt;
import java.util.regex.Pattern;

/**
 * A part as the server lists it.
 *
 * @param number 1 to 10,000
 * @param length bytes
 * @param etag as the server gave it, quotes included
 * @param crc32c of the part's bytes, where the server keeps it
 */
public record ListedPart(int number, long length, String etag, OptionalInt crc32c) {
  private static final Pattern MD5 = Pattern.compile("\"?[0-9a-fA-F]{32}\"?");

  public ListedPart {
    UploadedPart.requireNumber(number);
  }

  /**
   * Whether the ETag has the form of an MD5; encrypted parts have it, too, without being one, so
   * that only equality says anything.
   */
  public boolean etagMayBeMd5() {
    return MD5.matcher(etag).matches();
  }

  /** Whether the ETag is this MD5, in hexadecimal. */
  public boolean hasMd5(String digits) {
    return etagMayBeMd5() && etag.replace("\"", "").equalsIgnoreCase(digits);
  }
}
