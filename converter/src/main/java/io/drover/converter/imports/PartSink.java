package io.drover.converter.imports;

import io.drover.converter.image.DiskImage;
import io.drover.converter.object.ByteArrayBody;
import io.drover.converter.object.Crc32c;
import io.drover.converter.object.MultipartUpload;
import io.drover.converter.object.StoredObject;
import io.drover.converter.object.UploadedPart;
import io.drover.converter.plan.Part;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;

/** What becomes of a part's bytes, by its kind. Thread-confined. */
sealed interface PartSink {
  /** The buffer that the part has of the budget, or null where no byte of it is ever held. */
  byte[] buffer();

  /** Where bytes of the part are read to: a view of the buffer, of exactly that length. */
  ByteBuffer target(long guestOffset, int length);

  /** Takes zeros, which nobody wrote to the buffer; in order. */
  void zeros(long guestOffset, long length);

  /** Takes bytes that were read to their {@link #target}; in order. */
  void data(byte[] bytes, int from, int length);

  /** CRC-32C of the part's bytes, once it is full. */
  int crc32c();

  /** MD5 of the part's bytes in hexadecimal; empty where nobody should compute it. */
  String md5();

  /** Brings the part to the server. */
  UploadedPart send() throws IOException;

  /** Held until it is full, then sent. */
  record Buffered(MultipartUpload upload, Part part, byte[] buffer) implements PartSink {
    @Override
    public ByteBuffer target(long guestOffset, int length) {
      return ByteBuffer.wrap(buffer, at(guestOffset), length).slice();
    }

    @Override
    public void zeros(long guestOffset, long length) {
      int from = at(guestOffset);
      Arrays.fill(buffer, from, from + Math.toIntExact(length), (byte) 0);
    }

    @Override
    public void data(byte[] bytes, int from, int length) {
      // they are where they belong
    }

    private int at(long guestOffset) {
      return Math.toIntExact(guestOffset - part.offset());
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

  /**
   * Too large to be held: read once for its checksum, and again as it is sent, so that the checksum
   * goes ahead and a request that fails is made anew without anybody keeping the bytes. (A body
   * that flows while it is read for the first time would spare the second reading. It could state
   * no checksum ahead, and would have to be read again all the same after a failure.)
   */
  final class Streamed implements PartSink {
    private final MultipartUpload upload;
    private final Part part;
    private final DiskImage image;
    private final byte[] window;
    private int crc32c;

    Streamed(MultipartUpload upload, Part part, DiskImage image, byte[] window) {
      this.upload = upload;
      this.part = part;
      this.image = image;
      this.window = window;
    }

    @Override
    public byte[] buffer() {
      return window;
    }

    @Override
    public ByteBuffer target(long guestOffset, int length) {
      return ByteBuffer.wrap(window, 0, length).slice();
    }

    @Override
    public void zeros(long guestOffset, long length) {
      crc32c = Crc32c.combine(crc32c, Crc32c.ofZeros(length), length);
    }

    @Override
    public void data(byte[] bytes, int from, int length) {
      crc32c = Crc32c.combine(crc32c, Crc32c.of(bytes, from, length), length);
    }

    @Override
    public int crc32c() {
      return crc32c;
    }

    @Override
    public String md5() {
      // to be had only by reading it once more, as sending does
      return "";
    }

    @Override
    public UploadedPart send() throws IOException {
      return upload.upload(part.number(), new SourceBody(image, part, crc32c, window));
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
    public ByteBuffer target(long guestOffset, int length) {
      throw new IllegalStateException(part + " holds data at " + guestOffset);
    }

    @Override
    public void zeros(long guestOffset, long length) {
      // the server has them
    }

    @Override
    public void data(byte[] bytes, int from, int length) {
      throw new IllegalStateException(part + " holds data");
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
