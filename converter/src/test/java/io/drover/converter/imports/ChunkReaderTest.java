package io.drover.converter.imports;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.drover.converter.image.Extent;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ChunkReaderTest {
  private static final int SMALL = 64 << 10;

  @Test
  void dataIsRoundedOutToClustersAndZerosComeInOneRun() {
    byte[] disk = new byte[8 * SMALL];
    disk[2 * SMALL + 700] = 1;
    ListImage image =
        new ListImage(
            disk,
            List.of(
                new Extent(0, 2 * SMALL + 512, true),
                new Extent(2 * SMALL + 512, 512, false),
                new Extent(2 * SMALL + 1024, 6 * SMALL - 1024, true)));
    assertEquals(
        List.of("zero 0+131072", "data 131072+65536", "zero 196608+327680"),
        chunks(image, 0, disk.length, SMALL));
  }

  @Test
  void smallClustersTravelTogether() {
    byte[] disk = new byte[3 * SMALL];
    ListImage image = new ListImage(disk, List.of(new Extent(0, disk.length, false)));
    assertEquals(
        List.of("data 512+65024", "data 65536+65536", "data 131072+65536"),
        chunks(image, 512, disk.length, 512));
  }

  @Test
  void manyChunksAreReadAtOnceWhereTheImageLikesThat() {
    byte[] disk = new byte[3 * SMALL];
    ListImage image = new ListImage(disk, List.of(new Extent(0, disk.length, false)), 2 * SMALL);
    assertEquals(
        List.of("data 0+65536", "data 65536+65536", "data 131072+65536"),
        chunks(image, 0, disk.length, 512));
    assertEquals(List.of("0+131072", "131072+65536"), image.reads);
  }

  @Test
  void extentsThatTouchTheSameClusterBecomeOneRun() {
    byte[] disk = new byte[2 * SMALL];
    ListImage image =
        new ListImage(
            disk,
            List.of(
                new Extent(0, 512, false),
                new Extent(512, 512, true),
                new Extent(1024, 512, false),
                new Extent(1536, 2 * SMALL - 1536, true)));
    assertEquals(List.of("data 0+65536", "zero 65536+65536"), chunks(image, 0, disk.length, SMALL));
  }

  @Test
  void nothingIsGivenForAnEmptyRange() {
    ListImage image = new ListImage(new byte[0], List.of());
    assertFalse(
        new ChunkReader(image, 0, 0, 512, (at, length) -> ByteBuffer.allocate(length), n -> {})
            .hasNext());
  }

  @ParameterizedTest
  @ValueSource(ints = {512, 4096, SMALL, 1 << 20, 2 << 20})
  void chunksCoverAnyRangeExactlyWithTheRightBytes(int clusterSize) {
    Random random = new Random(clusterSize);
    for (int round = 0; round < 40; round++) {
      int size = 512 * (1 + random.nextInt(10_000));
      byte[] disk = new byte[size];
      List<Extent> extents = new ArrayList<>();
      for (int at = 0; at < size; ) {
        int length = Math.min(size - at, 512 * (1 + random.nextInt(1_500)));
        boolean zero =
            extents.isEmpty() ? random.nextBoolean() : !extents.get(extents.size() - 1).zero();
        extents.add(new Extent(at, length, zero));
        for (int index = at; !zero && index < at + length; index++) {
          disk[index] = (byte) random.nextInt();
        }
        at += length;
      }
      int start = 512 * random.nextInt(size / 512);
      int end = start + 512 * (1 + random.nextInt((size - start) / 512));
      byte[] got = new byte[size];
      ListImage image = new ListImage(disk, extents);
      ChunkReader reader =
          new ChunkReader(
              image,
              start,
              end,
              clusterSize,
              (at, length) -> ByteBuffer.wrap(got, (int) at, length).slice(),
              n -> {});
      long position = start;
      while (reader.hasNext()) {
        Chunk chunk = reader.next();
        assertEquals(position, chunk.offset());
        assertTrue(chunk.length() > 0);
        position += chunk.length();
        if (position < end) {
          assertEquals(0, position % clusterSize, "chunks end at cluster borders");
        }
      }
      assertEquals(end, position);
      byte[] expected = new byte[size];
      System.arraycopy(disk, start, expected, start, end - start);
      assertArrayEquals(expected, got);
    }
  }

  private static List<String> chunks(ListImage image, long start, long end, int clusterSize) {
    List<String> chunks = new ArrayList<>();
    ChunkReader reader =
        new ChunkReader(
            image, start, end, clusterSize, (at, length) -> ByteBuffer.allocate(length), n -> {});
    while (reader.hasNext()) {
      Chunk chunk = reader.next();
      chunks.add(
          (chunk instanceof Chunk.Zero ? "zero " : "data ")
              + chunk.offset()
              + "+"
              + chunk.length());
    }
    return chunks;
  }
}
