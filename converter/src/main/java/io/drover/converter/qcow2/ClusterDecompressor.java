package io.drover.converter.qcow2;

import java.nio.ByteBuffer;
import java.util.zip.DataFormatException;

/**
 * Decompresses clusters; section "Compressed Clusters". Both formats carry padding after the data,
 * since its length is known in sectors only. Not thread-safe: each thread borrows its own.
 */
sealed interface ClusterDecompressor extends AutoCloseable permits Inflate, LibDeflate, Unzstd {
  /**
   * Fills {@code cluster} (its remaining bytes) exactly.
   *
   * @param compressed a direct buffer; may hold anything after the data
   * @param cluster direct
   * @throws DataFormatException if the data is damaged or too short for the cluster
   */
  void decompress(ByteBuffer compressed, ByteBuffer cluster) throws DataFormatException;

  @Override
  void close();

  static ClusterDecompressor of(int compressionType, boolean nativeInflate) {
    if (compressionType == Qcow2Spec.COMPRESSION_ZSTD) {
      return new Unzstd();
    }
    return nativeInflate && LibDeflate.available() ? new LibDeflate() : new Inflate();
  }
}
