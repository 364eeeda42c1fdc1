package io.drover.converter.qcow2;

import java.nio.ByteBuffer;
import java.util.zip.DataFormatException;

/**
 * Decompresses clusters; section "Compressed Clusters". Both formats carry padding after the data,
 * since its length is known in sectors only. Not thread-safe: each thread borrows its own.
 */
sealed interface ClusterDecompressor extends AutoCloseable permits Inflate, Unzstd {
  /**
   * Fills {@code cluster} (its remaining bytes) exactly.
   *
   * @param compressed a direct buffer; may hold anything after the data
   * @param cluster of any kind for deflate, direct for zstd
   * @throws DataFormatException if the data is damaged or too short for the cluster
   */
  void decompress(ByteBuffer compressed, ByteBuffer cluster) throws DataFormatException;

  @Override
  void close();

  static ClusterDecompressor of(int compressionType) {
    return compressionType == Qcow2Spec.COMPRESSION_ZSTD ? new Unzstd() : new Inflate();
  }
}
