package io.drover.converter.object.s3;

import io.drover.converter.object.PartBody;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.OptionalInt;
import software.amazon.awssdk.core.sync.RequestBody;

/**
 * A body on its way. The library opens it once per attempt, twice where it signs the bytes (http,
 * but for an {@link UnsignedBody}). Remembers what the body itself threw, so that an unreadable
 * source is not taken for a broken connection. For one request.
 */
final class SentBody {
  private final PartBody body;
  private InputStream open = InputStream.nullInputStream();
  private IOException failure;

  SentBody(PartBody body) {
    this.body = body;
  }

  /** The checksum as the header has it: base64 of the big-endian value. */
  static String base64(int crc32c) {
    return Base64.getEncoder().encodeToString(ByteBuffer.allocate(4).putInt(crc32c).array());
  }

  /** A checksum as the server lists it; empty for none, and for what is none. */
  static OptionalInt crc32c(String base64) {
    if (base64 == null || base64.length() != 8) {
      return OptionalInt.empty();
    }
    try {
      return OptionalInt.of(ByteBuffer.wrap(Base64.getDecoder().decode(base64)).getInt());
    } catch (IllegalArgumentException | BufferUnderflowException e) {
      return OptionalInt.empty();
    }
  }

  String checksum() {
    return base64(body.crc32c());
  }

  RequestBody requestBody() {
    return RequestBody.fromContentProvider(this::next, body.length(), "application/octet-stream");
  }

  /** Sends, and closes whatever the library left open. */
  <T> T send(Attempts.Request<T> request, int attempt) throws IOException {
    try {
      return request.send(attempt);
    } catch (RuntimeException e) {
      if (failure != null) {
        failure.addSuppressed(e);
        throw failure;
      }
      throw e;
    } finally {
      open.close();
    }
  }

  private InputStream next() {
    try {
      open.close();
      open = new Watched(body.open());
      return open;
    } catch (IOException e) {
      failure = e;
      throw new UncheckedIOException(e);
    }
  }

  /** Gives the stated number of bytes or fails at once: the server would wait for the rest. */
  private final class Watched extends FilterInputStream {
    private long rest = body.length();

    Watched(InputStream in) {
      super(in);
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      try {
        int count = super.read(target, offset, length);
        if (count < 0 && rest > 0) {
          throw new EOFException(
              "the body ended " + rest + " bytes before its length of " + body.length());
        }
        rest -= Math.max(count, 0);
        if (rest < 0) {
          throw new IOException("the body goes on after its length of " + body.length());
        }
        return count;
      } catch (IOException e) {
        failure = e;
        throw e;
      }
    }

    @Override
    public boolean markSupported() {
      return false;
    }
  }
}
