package io.drover.converter.object;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.util.Objects;

/**
 * A body that lies in memory. The array is not copied: leave it alone until the request is over.
 */
public final class ByteArrayBody implements PartBody {
  private final byte[] bytes;
  private final int offset;
  private final int length;
  private final int crc32c;

  /** All of the array. */
  public ByteArrayBody(byte[] bytes) {
    this(bytes, 0, bytes.length);
  }

  /** {@code length} bytes from {@code offset}. */
  public ByteArrayBody(byte[] bytes, int offset, int length) {
    Objects.checkFromIndexSize(offset, length, bytes.length);
    this.bytes = bytes;
    this.offset = offset;
    this.length = length;
    this.crc32c = Crc32c.of(bytes, offset, length);
  }

  @Override
  public boolean held() {
    return true;
  }

  @Override
  public long length() {
    return length;
  }

  @Override
  public int crc32c() {
    return crc32c;
  }

  @Override
  public InputStream open() {
    return new ByteArrayInputStream(bytes, offset, length);
  }
}
