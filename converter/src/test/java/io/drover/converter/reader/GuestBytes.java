package io.drover.converter.reader;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.drover.converter.image.DiskImage;
import io.drover.converter.image.Extent;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Iterator;

/** What every image must hold to, whatever its format. */
final class GuestBytes {
  private GuestBytes() {}

  /** Reads the whole disk in pieces of a given size. */
  static byte[] readAll(DiskImage image, int piece) throws IOException {
    byte[] guest = new byte[Math.toIntExact(image.virtualSize())];
    for (int offset = 0; offset < guest.length; offset += piece) {
      int length = Math.min(piece, guest.length - offset);
      ByteBuffer target =
          offset / piece % 2 == 0 ? ByteBuffer.allocateDirect(length) : ByteBuffer.allocate(length);
      image.read(offset, target);
      assertEquals(0, target.remaining(), "read at " + offset + " came short");
      target.flip().get(guest, offset, length);
    }
    return guest;
  }

  /** The disk equals the expected bytes, read in several ways, and its extents tell the truth. */
  static void check(DiskImage image, byte[] expected) throws IOException {
    assertEquals(expected.length, image.virtualSize(), "virtual size");
    for (int piece : new int[] {1 << 20, 65536, 37777}) {
      byte[] actual = readAll(image, piece);
      assertEquals(-1, Arrays.mismatch(expected, actual), "first difference, pieces of " + piece);
    }
    checkExtents(image, expected, 0, expected.length);
    if (expected.length > 100_000) {
      checkExtents(image, expected, 12_345, expected.length - 54_321);
    }
  }

  private static void checkExtents(DiskImage image, byte[] expected, long start, long end) {
    long position = start;
    Extent before = null;
    for (Iterator<Extent> extents = image.extents(start, end); extents.hasNext(); ) {
      Extent extent = extents.next();
      assertEquals(position, extent.offset(), "gap or overlap");
      if (before != null) {
        assertNotEquals(before.zero(), extent.zero(), "neighbours of one kind at " + position);
      }
      if (extent.zero()) {
        int from = (int) extent.offset();
        int to = (int) extent.end();
        int data = Arrays.mismatch(expected, from, to, new byte[to - from], 0, to - from);
        assertEquals(-1, data, () -> "zero extent " + extent + " has data");
      }
      position = extent.end();
      before = extent;
    }
    assertEquals(end, position, "the extents do not cover the range");
    assertTrue(position >= start);
  }
}
