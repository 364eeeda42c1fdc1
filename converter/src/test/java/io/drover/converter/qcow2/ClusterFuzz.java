package io.drover.converter.qcow2;

import java.nio.ByteBuffer;
import java.util.zip.DataFormatException;

/**
 * Fuzz target: any bytes as a compressed cluster. The first byte chooses the format and the size of
 * the cluster; the decompressors are used again and again, as readers use them.
 */
public final class ClusterFuzz {
  private static final Inflate INFLATE = new Inflate();

  /** libdeflate's where there is one. */
  private static final ClusterDecompressor SYSTEM =
      ClusterDecompressor.of(Qcow2Spec.COMPRESSION_DEFLATE, true);

  private static final Unzstd UNZSTD = new Unzstd();
  private static final int GUARD = 64;

  private ClusterFuzz() {}

  /** Anything thrown is a finding. */
  public static void fuzzerTestOneInput(byte[] input) {
    if (input.length < 2) {
      return;
    }
    if ((input[0] & 1) != 0) {
      decompress(UNZSTD, input);
      return;
    }
    decompress(INFLATE, input);
    decompress(SYSTEM, input);
  }

  private static void decompress(ClusterDecompressor decompressor, byte[] input) {
    int size = 1 << Qcow2Spec.CLUSTER_BITS_MIN + ((input[0] >>> 1) & 7);
    ByteBuffer compressed = ByteBuffer.allocateDirect(input.length - 1);
    compressed.put(input, 1, input.length - 1).flip();
    ByteBuffer cluster = ByteBuffer.allocateDirect(size + 2 * GUARD);
    cluster.position(GUARD).limit(GUARD + size);
    try {
      decompressor.decompress(compressed, cluster);
      if (cluster.hasRemaining()) {
        throw new AssertionError(cluster.remaining() + " bytes of the cluster are missing");
      }
    } catch (DataFormatException damaged) {
      // as it should be
    }
    for (int at = 0; at < GUARD; at++) {
      if (cluster.clear().get(at) != 0 || cluster.get(GUARD + size + at) != 0) {
        throw new AssertionError("written outside the cluster");
      }
    }
  }
}
