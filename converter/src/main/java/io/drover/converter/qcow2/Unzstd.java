package io.drover.converter.qcow2;

import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.DataFormatException;

/**
 * Zstandard, RFC 8878: one frame or several, skippable ones among them, until the cluster is full;
 * the last must be complete. The streaming interface is needed because the one-shot one refuses the
 * padding. Frame headers are looked at first, so that no frame makes the library allocate a window
 * larger than any cluster needs.
 */
final class Unzstd implements ClusterDecompressor {
  /** Four times the largest cluster. */
  static final long WINDOW_MAX = 8L << 20;

  private static final int MAGIC = 0xFD2FB528;
  private static final int SKIPPABLE_MAGIC = 0x184D2A50;

  private final ZstdDecompressCtx context = new ZstdDecompressCtx();

  @Override
  public void decompress(ByteBuffer compressed, ByteBuffer cluster) throws DataFormatException {
    context.reset();
    try {
      while (cluster.hasRemaining()) {
        requireBoundedWindow(compressed.duplicate().order(ByteOrder.LITTLE_ENDIAN));
        frame(compressed, cluster);
      }
    } catch (ZstdException e) {
      throw damaged(e.getMessage());
    }
  }

  private void frame(ByteBuffer compressed, ByteBuffer cluster) throws DataFormatException {
    boolean complete = false;
    while (!complete) {
      int left = compressed.remaining();
      int room = cluster.remaining();
      complete = context.decompressDirectByteBufferStream(cluster, compressed);
      if (!complete && left == compressed.remaining() && room == cluster.remaining()) {
        throw damaged(
            room == 0
                ? "the data is longer than the cluster"
                : "the data ends " + room + " bytes short of the cluster");
      }
    }
  }

  /** RFC 8878, section 3.1.1.1, "Frame_Header". A header that is cut is left to the library. */
  private static void requireBoundedWindow(ByteBuffer frame) throws DataFormatException {
    if (frame.remaining() < 6) {
      throw damaged("the data ends where a frame should begin");
    }
    int magic = frame.getInt();
    if ((magic & 0xFFFFFFF0) == SKIPPABLE_MAGIC) {
      return;
    }
    if (magic != MAGIC) {
      throw damaged(String.format("no frame begins with %08x", magic));
    }
    int descriptor = frame.get() & 0xFF;
    boolean singleSegment = (descriptor & 0x20) != 0;
    if (!singleSegment) {
      int window = frame.get() & 0xFF;
      long base = 1L << 10 + (window >>> 3);
      requireAtMost(base + base / 8 * (window & 7));
      return;
    }
    int sizeBytes = 1 << (descriptor >>> 6);
    frame.position(frame.position() + Math.min(frame.remaining(), dictionaryBytes(descriptor)));
    if (frame.remaining() >= sizeBytes) {
      // in a single segment the window is the content
      requireAtMost(
          switch (sizeBytes) {
            case 1 -> frame.get() & 0xFF;
            case 2 -> (frame.getShort() & 0xFFFF) + 256;
            case 4 -> frame.getInt() & 0xFFFFFFFFL;
            default -> frame.getLong();
          });
    }
  }

  private static int dictionaryBytes(int descriptor) {
    int flag = descriptor & 3;
    return flag == 3 ? 4 : flag;
  }

  private static void requireAtMost(long window) throws DataFormatException {
    if (window < 0 || window > WINDOW_MAX) {
      throw damaged(
          "a frame wants a window of "
              + Long.toUnsignedString(window)
              + " bytes, at most "
              + WINDOW_MAX
              + " are allowed");
    }
  }

  private static DataFormatException damaged(String message) {
    return new DataFormatException(message);
  }

  @Override
  public void close() {
    context.close();
  }
}
