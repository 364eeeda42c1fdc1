package io.drover.routes.cli;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Random;

/** A raw disk for the demo: sparse, with data here and there, the same every time. */
final class SampleDisk {
  static final long SIZE = 256L << 20;
  private static final int EXTENT = 3 << 20;
  private static final long[] EXTENTS_AT = {0, 24L << 20, 100L << 20, 201L << 20};

  private SampleDisk() {}

  static void write(Path file) throws IOException {
    Random random = new Random(20_261_122);
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      for (long offset : EXTENTS_AT) {
        byte[] bytes = new byte[EXTENT];
        random.nextBytes(bytes);
        channel.write(ByteBuffer.wrap(bytes), offset);
      }
      channel.write(ByteBuffer.wrap("drover sample disk\n".getBytes(StandardCharsets.US_ASCII)), 0);
      channel.write(ByteBuffer.allocate(1), SIZE - 1);
    }
  }
}
