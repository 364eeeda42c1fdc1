package io.drover.converter.storage;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.error.Printable;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;

/** Bytes that come once and in order, such as standard input. One thread reads at a time. */
public final class StreamSource implements ImageSource {
  private final String name;
  private final InputStream in;
  private volatile long size;
  private MessageDigest sha256;

  /**
   * @param name how messages and the manifest name it
   * @param in closed with this
   */
  public StreamSource(String name, InputStream in) {
    this.name = name;
    this.in = in;
  }

  /** Has the bytes digested from the first on; to be called before any was read. */
  public void digest() {
    try {
      sha256 = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }

  /** SHA-256 of all bytes in hexadecimal, once; at the end, if {@link #digest()} was called. */
  public String sha256() {
    return HexFormat.of().formatHex(sha256.digest());
  }

  /**
   * Reads until the range is full or the stream ends.
   *
   * @return bytes read; fewer than {@code length} only at the end
   * @throws ImportException {@code SOURCE_READ_ERROR}
   */
  public int read(byte[] target, int offset, int length) throws IOException {
    try {
      int count = in.readNBytes(target, offset, length);
      size += count;
      if (sha256 != null) {
        sha256.update(target, offset, count);
      }
      return count;
    } catch (IOException e) {
      throw ImportException.failed(
          ErrorCode.SOURCE_READ_ERROR,
          size,
          "read " + name + " after " + size + " bytes: " + Printable.text(e.getMessage()),
          e);
    }
  }

  @Override
  public String uri() {
    return name;
  }

  @Override
  public long size() {
    return size;
  }

  @Override
  public SourceIdentity identity() {
    return new SourceIdentity(Map.of("stream", name));
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
