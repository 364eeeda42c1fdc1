package io.drover.converter.object.s3;

import io.drover.converter.object.PartList;
import io.drover.converter.object.UploadedPart;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** The ETag that a multipart object has where parts have the MD5 of their bytes. */
final class MultipartEtag {
  private static final int MD5_DIGITS = 32;

  private MultipartEtag() {}

  /** Quoted {@code md5(md5 of each part)-parts}; empty where the parts' ETags are no MD5s. */
  static String of(PartList parts) {
    MessageDigest md5 = md5();
    int count = 0;
    for (UploadedPart part : parts.parts()) {
      if (part.length() == 0) {
        continue;
      }
      String digits = part.etag().replace("\"", "");
      if (digits.length() != MD5_DIGITS) {
        return "";
      }
      try {
        md5.update(HexFormat.of().parseHex(digits));
      } catch (IllegalArgumentException e) {
        return "";
      }
      count++;
    }
    return '"' + HexFormat.of().formatHex(md5.digest()) + '-' + count + '"';
  }

  private static MessageDigest md5() {
    try {
      return MessageDigest.getInstance("MD5");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has MD5", e);
    }
  }
}
