package io.drover.converter.digest;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** SHA-256 (FIPS 180-4), which every Java platform must have. */
final class Sha256 {
  static final int LENGTH = 32;

  private static final byte[] ZEROS = new byte[64 << 10];

  private Sha256() {}

  static MessageDigest start() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException exception) {
      throw new AssertionError(exception);
    }
  }

  static void addZeros(MessageDigest digest, long count) {
    for (long left = count; left > 0; left -= ZEROS.length) {
      digest.update(ZEROS, 0, (int) Math.min(left, ZEROS.length));
    }
  }

  static byte[] ofZeros(long count) {
    MessageDigest digest = start();
    addZeros(digest, count);
    return digest.digest();
  }
}
