package io.drover.converter.imports;

import io.drover.converter.object.ByteArrayBody;
import io.drover.converter.object.Crc32c;
import io.drover.converter.object.MultipartUpload;
import io.drover.converter.object.StoredObject;
import io.drover.converter.object.UploadedPart;
import io.drover.converter.plan.Part;
import java.io.IOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;

/** What becomes of a part's bytes, by its kind. Thread-confined. */
sealed interface PartSink {
  /** The part's buffer, or null where no byte of it is ever held. */
  byte[] buffer();

  /** Takes zeros, which nobody wrote to the buffer. */
  void zeros(int from, long length);

  /** CRC-32C of the part's bytes, once it is full. */
  int crc32c();

  /** MD5 of the part's bytes in hexadecimal; empty where nobody should compute it. */
  String md5();

  /** Brings the part to the server. */
  UploadedPart send() throws IOException;

  /** Held until it is full, then sent. */
  record Buffered(MultipartUpload upload, Part part, byte[] buffer) implements PartSink {
    @Override
    public void zeros(int from, long length) {
      Arrays.fill(buffer, from, from + Math.toIntExact(length), (byte) 0);
    }

    @Override
    public int crc32c() {
      return Crc32c.of(buffer, 0, Math.toIntExact(part.length()));
    }

    @Override
    public String md5() {
      try {
        MessageDigest md5 = MessageDigest.getInstance("MD5");
        md5.update(buffer, 0, Math.toIntExact(part.length()));
        return HexFormat.of().formatHex(md5.digest());
      } catch (NoSuchAlgorithmException e) {
        throw new AssertionError("every Java platform has MD5", e);
      }
    }

    @Override
    public UploadedPart send() throws IOException {
      return upload.upload(
          part.number(), new ByteArrayBody(buffer, 0, Math.toIntExact(part.length())));
    }
  }

  /** Zeros, copied on the server. */
  record ZeroFilled(MultipartUpload upload, Part part, StoredObject zeroObject)
      implements PartSink {
    @Override
    public byte[] buffer() {
      return null;
    }

    @Override
    public void zeros(int from, long length) {
      // the server has them
    }

    @Override
    public int crc32c() {
      return Crc32c.ofZeros(part.length());
    }

    @Override
    public String md5() {
      // hashing that many zeros costs more than asking for them once more
      return "";
    }

    @Override
    public UploadedPart send() throws IOException {
      return upload.copy(
          part.number(), zeroObject, 0, part.length(), Crc32c.ofZeros(part.length()));
    }
  }
}
