package io.drover.converter.digest;

/**
 * CRC-32C (RFC 3720, appendix B.4) of concatenations and of runs of zeros, without their bytes.
 *
 * <p>A CRC is a remainder modulo a polynomial over GF(2), so that appending n bytes multiplies it
 * by x^(8n); powers come from repeated squaring, 64 steps at most.
 */
public final class Crc32cCombine {
  /** The polynomial, reflected: bit 31 is the coefficient of x^0. */
  private static final int POLYNOMIAL = 0x82F63B78;

  private static final int ONE = 1 << 31;
  private static final int X_TO_8 = 1 << 23;

  private Crc32cCombine() {}

  /**
   * The CRC of two pieces, one after the other.
   *
   * @param first CRC of the first piece
   * @param second CRC of the second piece
   * @param secondLength bytes of the second piece
   */
  public static int combine(int first, int second, long secondLength) {
    // the initial and the final inversion cancel out between the two pieces
    return multiply(first, shift(secondLength)) ^ second;
  }

  /**
   * The CRC of zeros.
   *
   * @param length bytes
   */
  public static int ofZeros(long length) {
    return ~multiply(~0, shift(length));
  }

  /** x^(8 * bytes) modulo the polynomial. */
  private static int shift(long bytes) {
    if (bytes < 0) {
      throw new IllegalArgumentException("length " + bytes);
    }
    int power = ONE;
    int square = X_TO_8;
    for (long left = bytes; left != 0; left >>>= 1) {
      if ((left & 1) != 0) {
        power = multiply(power, square);
      }
      square = multiply(square, square);
    }
    return power;
  }

  /** The product of two reflected polynomials modulo the polynomial. */
  private static int multiply(int left, int right) {
    int product = 0;
    int shifted = right;
    for (int bit = ONE; bit != 0; bit >>>= 1) {
      if ((left & bit) != 0) {
        product ^= shifted;
      }
      shifted = shifted >>> 1 ^ ((shifted & 1) != 0 ? POLYNOMIAL : 0);
    }
    return product;
  }
}
