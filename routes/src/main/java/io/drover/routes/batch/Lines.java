package io.drover.routes.batch;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** The lines of a UTF-8 text of any length, none of them longer than a limit. Not thread-safe. */
final class Lines implements Closeable {
  /** Bytes of a line; a key has at most 1,024, a path 4,096. */
  static final int LIMIT = 64 << 10;

  private static final int BOM = 0xFEFF;

  private final InputStream in;
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream(256);
  private long number;

  Lines(InputStream in) {
    this.in = new BufferedInputStream(in, 1 << 16);
  }

  /**
   * @param text null where the line is none
   * @param wrong why
   */
  record Line(long number, String text, String wrong) {}

  /** The next line without its end; null after the last. */
  Line next() throws IOException {
    bytes.reset();
    int one = in.read();
    if (one < 0) {
      return null;
    }
    number++;
    boolean tooLong = false;
    while (one >= 0 && one != '\n') {
      tooLong = tooLong || bytes.size() == LIMIT;
      if (!tooLong) {
        bytes.write(one);
      }
      one = in.read();
    }
    if (tooLong) {
      return new Line(number, null, "it has more than " + LIMIT + " bytes");
    }
    try {
      String text =
          StandardCharsets.UTF_8
              .newDecoder()
              .decode(ByteBuffer.wrap(bytes.toByteArray()))
              .toString();
      if (number == 1 && !text.isEmpty() && text.charAt(0) == BOM) {
        text = text.substring(1);
      }
      return new Line(
          number, text.endsWith("\r") ? text.substring(0, text.length() - 1) : text, null);
    } catch (CharacterCodingException e) {
      return new Line(number, null, "it is no UTF-8");
    }
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
