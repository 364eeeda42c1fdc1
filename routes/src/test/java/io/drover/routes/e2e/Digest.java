package io.drover.routes.e2e;

import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;

/** The disk's digest, in the five lines that the manifest promises to be enough. */
final class Digest {
  private static final int BLOCK = 4 << 20;

  private Digest() {}

  static String of(byte[] disk) throws Exception {
    MessageDigest all = MessageDigest.getInstance("SHA-256");
    for (int at = 0; at < disk.length; at += BLOCK) {
      byte[] block = Arrays.copyOfRange(disk, at, Math.min(disk.length, at + BLOCK));
      all.update(MessageDigest.getInstance("SHA-256").digest(block));
    }
    return "sha256-4m:" + HexFormat.of().formatHex(all.digest());
  }
}
