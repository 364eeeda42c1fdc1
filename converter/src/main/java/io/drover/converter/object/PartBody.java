package io.drover.converter.object;

import java.io.IOException;
import java.io.InputStream;

/**
 * The bytes of one request, which can be read again for a retry.
 *
 * <p>Thread-confined: one request at a time opens it.
 */
public interface PartBody {
  /** Bytes that {@link #open()} will give. */
  long length();

  /** CRC-32C (RFC 3720) of those bytes, in the low 32 bits. */
  int crc32c();

  /** Whether the bytes are in memory: otherwise every {@link #open()} costs reading them again. */
  boolean held();

  /** A new stream over the bytes, from the first. */
  InputStream open() throws IOException;
}
