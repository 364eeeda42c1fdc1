package io.drover.converter.object;

import java.nio.charset.StandardCharsets;

/**
 * A bucket and a key in it.
 *
 * @param bucket as named by the operator
 * @param key 1 to 1,024 bytes of UTF-8 (Amazon S3 user guide, "naming objects"), no leading slash
 */
public record ObjectLocation(String bucket, String key) {
  private static final int MAX_KEY_BYTES = 1024;

  public ObjectLocation {
    if (bucket.isEmpty() || bucket.indexOf('/') >= 0) {
      throw new IllegalArgumentException("no bucket name: '" + bucket + "'");
    }
    int bytes = key.getBytes(StandardCharsets.UTF_8).length;
    if (bytes < 1 || bytes > MAX_KEY_BYTES || key.charAt(0) == '/') {
      throw new IllegalArgumentException(
          "no object key: '" + key + "' (" + bytes + " bytes, limit " + MAX_KEY_BYTES + ")");
    }
  }

  /** {@code s3://bucket/key}. */
  public String uri() {
    return "s3://" + bucket + "/" + key;
  }
}
