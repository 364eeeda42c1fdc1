package io.drover.converter.image;

import java.nio.ByteBuffer;

/** Fills buffers with zeros. */
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
}
