package io.drover.converter.object;

import java.util.zip.CRC32C;

/** CRC-32C (RFC 3720, Castagnoli) of bytes, and of bytes known only by the CRCs of their pieces. */
public final class Crc32c {
  /** x^32 + x^28 + … + 1, least significant bit first, the leading term left out. */
  private static final int POLYNOMIAL = 0x82F63B78;

  /** The polynomial x^0, in the same bit order. */
  private static final int ONE = 0x80000000;

  /** x^8: what appending one byte multiplies by. */
  private static final int ONE_BYTE = 0x00800000;

  private Crc32c() {}

  /** CRC-32C of {@code length} bytes from {@code offset}. */
  public static int of(byte[] bytes, int offset, int length) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, offset, length);
    return (int) crc.getValue();
  }

  /**
   * CRC-32C of A followed by B.
   *
   * @param crcA of A
   * @param crcB of B
   * @param lengthB bytes in B, not negative
   */
  public static int combine(int crcA, int crcB, long lengthB) {
    if (lengthB < 0) {
      throw new IllegalArgumentException("negative length " + lengthB);
    }
    return multiply(crcA, power(lengthB)) ^ crcB;
  }

  /**
   * CRC-32C of zeros, without them.
   *
   * @param length bytes, not negative
   */
  public static int ofZeros(long length) {
    // all ones go in and are inverted at the end; zeros only shift
    return ~combine(~0, 0, length);
  }

  /**
   * x^(8·bytes) by squaring. No table of powers as in zlib's crc32_combine: that one counts on the
   * order of x being 2^32 - 1, which holds for CRC-32 and not for CRC-32C.
   */
  private static int power(long bytes) {
    int result = ONE;
    int square = ONE_BYTE;
    for (long rest = bytes; rest != 0; rest >>>= 1) {
      if ((rest & 1) != 0) {
        result = multiply(result, square);
      }
      square = multiply(square, square);
    }
    return result;
  }

  /** Product of two polynomials over GF(2), modulo the CRC's. */
  private static int multiply(int a, int b) {
    int product = 0;
    int shifted = b;
    for (int coefficients = a; coefficients != 0; coefficients <<= 1) {
      if (coefficients < 0) {
        product ^= shifted;
      }
      shifted = (shifted & 1) == 0 ? shifted >>> 1 : (shifted >>> 1) ^ POLYNOMIAL;
    }
    return product;
  }
}
