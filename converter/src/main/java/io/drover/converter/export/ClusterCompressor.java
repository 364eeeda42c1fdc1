package io.drover.converter.export;

import com.github.luben.zstd.ZstdCompressCtx;
import java.util.zip.Deflater;

/** Makes one cluster smaller. Thread-confined. */
interface ClusterCompressor extends AutoCloseable {
  /**
   * Compresses a cluster.
   *
   * @param target as large as the cluster
   * @return bytes written; negative if it does not become smaller
   */
  int compress(byte[] source, int from, int length, byte[] target);

  @Override
  void close();

  /**
   * Raw DEFLATE, RFC 1951. Readers of qcow2 may hold a window of 4 KiB only (qcow2.rst, "compressed
   * clusters": QEMU inflates with 12 window bits); Java's deflater always has one of 32 KiB, so
   * that it is made to forget what lies before each 4 KiB.
   */
  final class Deflate implements ClusterCompressor {
    private static final int WINDOW = 4 << 10;

    private final Deflater deflater = new Deflater(Deflater.DEFAULT_COMPRESSION, true);

    @Override
    public int compress(byte[] source, int from, int length, byte[] target) {
      deflater.reset();
      int written = 0;
      for (int at = 0; at < length; at += WINDOW) {
        int some = Math.min(WINDOW, length - at);
        boolean last = at + some == length;
        deflater.setInput(source, from + at, some);
        if (last) {
          deflater.finish();
        }
        written +=
            deflater.deflate(
                target,
                written,
                target.length - written,
                last ? Deflater.NO_FLUSH : Deflater.FULL_FLUSH);
        if (written == target.length) {
          return -1;
        }
      }
      return deflater.finished() ? written : -1;
    }

    @Override
    public void close() {
      deflater.end();
    }
  }

  /** Zstandard, RFC 8878: one frame. */
  final class Zstandard implements ClusterCompressor {
    private final ZstdCompressCtx context = new ZstdCompressCtx();

    @Override
    public int compress(byte[] source, int from, int length, byte[] target) {
      byte[] frame = new byte[(int) com.github.luben.zstd.Zstd.compressBound(length)];
      int written = context.compressByteArray(frame, 0, frame.length, source, from, length);
      if (written >= target.length) {
        return -1;
      }
      System.arraycopy(frame, 0, target, 0, written);
      return written;
    }

    @Override
    public void close() {
      context.close();
    }
  }
}
