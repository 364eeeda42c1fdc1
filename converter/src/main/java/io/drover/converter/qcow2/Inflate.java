package io.drover.converter.qcow2;

import java.nio.ByteBuffer;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * Raw deflate, RFC 1951. As QEMU does, it accepts anything after a full cluster, a missing end
 * marker, and distances beyond the 4 KiB window that the format promises.
 */
final class Inflate implements ClusterDecompressor {
  private final Inflater inflater = new Inflater(true);

  @Override
  public void decompress(ByteBuffer compressed, ByteBuffer cluster) throws DataFormatException {
    inflater.reset();
    inflater.setInput(compressed);
    while (cluster.hasRemaining()) {
      if (inflater.inflate(cluster) == 0) {
        throw new DataFormatException(
            "the data ends "
                + cluster.remaining()
                + " bytes short of the cluster"
                + (inflater.needsDictionary() ? ", asking for a dictionary" : ""));
      }
    }
  }

  @Override
  public void close() {
    inflater.end();
  }
}
