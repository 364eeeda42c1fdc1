package io.drover.routes.e2e;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Random;

/** What a guest disk holds; the same size and seed give the same bytes. */
enum Contents {
  EMPTY {
    @Override
    void fill(byte[] disk, Random random) {}
  },
  /** One byte at each end. */
  EDGES {
    @Override
    void fill(byte[] disk, Random random) {
      disk[0] = 1;
      disk[disk.length - 1] = -1;
    }
  },
  /** A few extents, of noise and of text, at odd places. */
  SPARSE {
    @Override
    void fill(byte[] disk, Random random) {
      for (int extent = 0; extent < 9; extent++) {
        int length = 1 + random.nextInt(Math.min(disk.length, 400_000));
        put(disk, random.nextInt(disk.length - length + 1), length, extent % 2 == 0, random);
      }
    }
  },
  /** 6 KiB of data, 6 KiB of zeros, and so on: never in step with clusters. */
  CHECKERBOARD {
    @Override
    void fill(byte[] disk, Random random) {
      int piece = 6 << 10;
      for (int at = piece; at < disk.length; at += 2 * piece) {
        put(disk, at, Math.min(piece, disk.length - at), random.nextBoolean(), random);
      }
    }
  },
  /** No zeros but by chance; half of it compresses. */
  FULL {
    @Override
    void fill(byte[] disk, Random random) {
      int piece = 300_000;
      for (int at = 0; at < disk.length; at += piece) {
        put(disk, at, Math.min(piece, disk.length - at), at / piece % 2 == 0, random);
      }
    }
  };

  abstract void fill(byte[] disk, Random random);

  /** Writes a raw disk with holes where it is zero. */
  Path write(Path file, int size, long seed) throws IOException {
    byte[] disk = new byte[size];
    fill(disk, new Random(seed));
    int page = 4096;
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      for (int at = 0; at < size; at += page) {
        int length = Math.min(page, size - at);
        if (!isZero(disk, at, at + length) || at + length == size) {
          channel.write(ByteBuffer.wrap(disk, at, length), at);
        }
      }
    }
    return file;
  }

  static boolean isZero(byte[] bytes, int from, int to) {
    return from >= to
        || bytes[from] == 0 && Arrays.equals(bytes, from, to - 1, bytes, from + 1, to);
  }

  private static void put(byte[] disk, int at, int length, boolean noise, Random random) {
    if (noise) {
      byte[] bytes = new byte[length];
      random.nextBytes(bytes);
      System.arraycopy(bytes, 0, disk, at, length);
    } else {
      for (int index = at; index < at + length; index++) {
        disk[index] = (byte) ("drover ".charAt(index % 7) + (index >> 14 & 1));
      }
    }
  }
}
