package io.drover.converter.object;

/**
 * A part that the server has.
 *
 * @param number 1 to 10,000
 * @param length bytes
 * @param etag as the server gave it, quotes included; empty for an empty part, which is not sent
 * @param crc32c of the part's bytes, computed by us
 */
public record UploadedPart(int number, long length, String etag, int crc32c) {
  /** The highest part number (Amazon S3 user guide, "multipart upload limits"). */
  public static final int MAX_NUMBER = 10_000;

  public UploadedPart {
    requireNumber(number);
    if (length < 0) {
      throw new IllegalArgumentException("part " + number + " of " + length + " bytes");
    }
  }

  /**
   * @throws IllegalArgumentException unless the number is 1 to {@value #MAX_NUMBER}
   */
  public static void requireNumber(int number) {
    if (number < 1 || number > MAX_NUMBER) {
      throw new IllegalArgumentException("part number " + number + ", not 1 to " + MAX_NUMBER);
    }
  }
}
