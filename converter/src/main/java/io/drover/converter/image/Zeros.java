package io.drover.converter.image;

import java.nio.ByteBuffer;
import java.util.Arrays;

/** Fills buffers with zeros, and finds them. */
public final class Zeros {
  private static final ByteBuffer BLOCK = ByteBuffer.allocateDirect(64 << 10).asReadOnlyBuffer();

  private Zeros() {}

  /** Puts {@code count} zero bytes, advancing the position. */
  public static void fill(ByteBuffer target, int count) {
    int left = count;
    while (left > 0) {
      int step = Math.min(left, BLOCK.capacity());
      target.put(BLOCK.duplicate().limit(step));
      left -= step;
    }
  }

  /**
   * Whether a range of at least one byte holds nothing but zeros: its first byte does, and each
   * other equals the one before, which is compared at memory speed.
   */
  public static boolean only(byte[] bytes, int from, int to) {
    return bytes[from] == 0 && Arrays.equals(bytes, from, to - 1, bytes, from + 1, to);
  }
}
