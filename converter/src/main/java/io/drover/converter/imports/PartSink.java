package io.drover.converter.imports;

import io.drover.converter.object.ByteArrayBody;
import io.drover.converter.object.Crc32c;
import io.drover.converter.object.MultipartUpload;
import io.drover.converter.object.StoredObject;
import io.drover.converter.object.UploadedPart;
import io.drover.converter.plan.Part;
import java.io.IOException;
import java.util.Arrays;

/** What becomes of a part's bytes, by its kind. Thread-confined. */
sealed interface PartSink {
  /** The part's buffer, or null where no byte of it is ever held. */
  byte[] buffer();

  /** Takes zeros, which nobody wrote to the buffer. */
  void zeros(int from, long length);

  /** Brings the part to the server. */
  UploadedPart send() throws IOException;

  /** Held until it is full, then sent. */
  record Buffered(MultipartUpload upload, Part part, byte[] buffer) implements PartSink {
    @Override
    public void zeros(int from, long length) {
      Arrays.fill(buffer, from, from + Math.toIntExact(length), (byte) 0);
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
    public UploadedPart send() throws IOException {
      return upload.copy(
          part.number(), zeroObject, 0, part.length(), Crc32c.ofZeros(part.length()));
    }
  }
}
