package io.drover.converter.imports;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.image.DiskImage;
import io.drover.converter.object.Crc32c;
import io.drover.converter.object.PartBody;
import io.drover.converter.plan.Part;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;

/**
 * The bytes of a part, read from the image as they are sent, for parts that are too large to be
 * held. Their CRC is known from the first reading, and every further one must give the same.
 *
 * @param window what is read at a time; used by one stream at a time
 */
record SourceBody(DiskImage image, Part part, int crc32c, byte[] window) implements PartBody {
  @Override
  public long length() {
    return part.length();
  }

  @Override
  public boolean held() {
    return false;
  }

  @Override
  public InputStream open() {
    return new Reading();
  }

  private final class Reading extends InputStream {
    private ByteBuffer ahead = ByteBuffer.allocate(0);
    private long position = part.offset();
    private int crc;

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      if (length == 0) {
        return 0;
      }
      if (!ahead.hasRemaining()) {
        if (position == part.end()) {
          return -1;
        }
        fill();
      }
      int count = Math.min(length, ahead.remaining());
      ahead.get(target, offset, count);
      return count;
    }

    private void fill() throws IOException {
      int length = (int) Math.min(window.length, part.end() - position);
      image.read(position, ByteBuffer.wrap(window, 0, length));
      crc = Crc32c.combine(crc, Crc32c.of(window, 0, length), length);
      position += length;
      // before the last byte goes out: a server that does not check must not get to keep it
      if (position == part.end() && crc != crc32c) {
        throw ImportException.refused(
            ErrorCode.SOURCE_CHANGED,
            "part "
                + part.number()
                + " at guest offset "
                + part.offset()
                + " was read twice and differed; import again when nothing writes to the source");
      }
      ahead = ByteBuffer.wrap(window, 0, length);
    }
  }
}
