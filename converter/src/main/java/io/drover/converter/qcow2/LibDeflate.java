package io.drover.converter.qcow2;

import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Platform;
import com.sun.jna.Pointer;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.util.zip.DataFormatException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Raw deflate by the system's libdeflate, where there is one: twice as fast as zlib, which is what
 * the JDK has. Its success means that the stream ended where the cluster is full. Whatever else it
 * says is no verdict: what it calls damaged may be a stream that goes on, or lacks its end marker,
 * and {@link Inflate} decides on that as QEMU does.
 *
 * <p>Native code on bytes from strangers, as the JDK's own inflater is: libdeflate is told the
 * length of both buffers and checks every access against them; the name below pins its interface,
 * and the distribution's security updates reach it. Intel's ISA-L (gkl 0.8.11) was slower, and
 * takes incomplete Huffman codes, which damage makes, for good ones.
 */
final class LibDeflate implements ClusterDecompressor {
  private static final Logger LOG = LoggerFactory.getLogger(LibDeflate.class);

  private final Pointer decompressor = Library.libdeflate_alloc_decompressor();
  private final Inflate judge = new Inflate();

  /** Whether this system has the library. */
  static boolean available() {
    return Library.AVAILABLE;
  }

  @Override
  public void decompress(ByteBuffer compressed, ByteBuffer cluster) throws DataFormatException {
    // without a place for the length, anything but a full cluster is an error
    int result =
        decompressor == null
            ? -1
            : Library.libdeflate_deflate_decompress(
                decompressor,
                address(compressed),
                compressed.remaining(),
                address(cluster),
                cluster.remaining(),
                null);
    Reference.reachabilityFence(compressed);
    if (result == 0) {
      compressed.position(compressed.limit());
      cluster.position(cluster.limit());
    } else {
      judge.decompress(compressed, cluster);
    }
  }

  private static Pointer address(ByteBuffer direct) {
    return Native.getDirectBufferPointer(direct).share(direct.position());
  }

  @Override
  public void close() {
    judge.close();
    if (decompressor != null) {
      Library.libdeflate_free_decompressor(decompressor);
    }
  }

  /** libdeflate.h, the part that has not changed since its first release. */
  private static final class Library {
    static final boolean AVAILABLE = register();

    private Library() {}

    private static boolean register() {
      // size_t is passed as a long
      if (!Platform.isLinux() || Native.SIZE_T_SIZE != Long.BYTES) {
        return false;
      }
      try {
        Native.register(Library.class, NativeLibrary.getInstance("libdeflate.so.0"));
        return true;
      } catch (LinkageError | RuntimeException e) {
        LOG.info("libdeflate is not installed: deflate clusters take twice as long");
        return false;
      }
    }

    static native Pointer libdeflate_alloc_decompressor();

    static native int libdeflate_deflate_decompress(
        Pointer decompressor,
        Pointer in,
        long inLength,
        Pointer out,
        long outLength,
        Pointer actualOutLength);

    static native void libdeflate_free_decompressor(Pointer decompressor);
  }
}
