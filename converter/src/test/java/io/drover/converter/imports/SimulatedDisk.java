package io.drover.converter.imports;

import io.drover.converter.digest.BlockDigests;
import io.drover.converter.digest.PartDigester;
import io.drover.converter.metadata.DataClusters;
import io.drover.converter.metadata.DataFile;
import io.drover.converter.metadata.MetadataWriter;
import io.drover.converter.object.Crc32c;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;

/**
 * A raw disk that is made up as it is read: a few clusters of data, holes between them, and what an
 * import of it must look like, computed here without any import.
 */
final class SimulatedDisk {
  static final int CLUSTER = 64 << 10;

  private final String name;
  private final long size;
  private final TreeSet<Long> data = new TreeSet<>();
  private final int crc32c;
  private final String digest;
  private final int metadataCrc32c;
  private final long dataBytes;

  /** Of all shapes: of one part and of several, with and without zeros that are worth a copy. */
  private static final List<SimulatedDisk> ALL =
      List.of(
          new SimulatedDisk("empty", 0),
          new SimulatedDisk("sector", 512, 0),
          new SimulatedDisk("small", 300 << 10, 0, 4),
          new SimulatedDisk("two", (5 << 20) + CLUSTER, 1, 79, 80),
          new SimulatedDisk("three", 12 << 20, 0, 80, 160, 190),
          new SimulatedDisk("four", (16 << 20) + 512, 0, 81, 163, 255, 256),
          // with holes that are worth a copy
          new SimulatedDisk("tail", (40 << 20) + CLUSTER, 640),
          new SimulatedDisk("ends", 48 << 20, 0, 767),
          new SimulatedDisk("holes", 60 << 20, 3, 700, 701, 959),
          new SimulatedDisk("hollow", 48 << 20, 700));

  /** Which of them, more often the ones that cost less time. */
  private static final int[] SOLID = {0, 1, 2, 2, 3, 3, 3, 3, 3, 4, 5};

  private static final int[] HOLLOW = {2, 3, 3, 3, 4, 6, 6, 6, 6, 7, 7, 8, 9};

  private SimulatedDisk(String name, long size, long... clusters) {
    this.name = name;
    this.size = size;
    for (long cluster : clusters) {
      data.add(cluster);
    }
    try {
      BlockDigests digests = new BlockDigests(size);
      DataClusters marks = new DataClusters(size, CLUSTER);
      PartDigester digester = new PartDigester(digests, 0, size);
      int crc = 0;
      long bytes = 0;
      long position = 0;
      for (long cluster : data) {
        long at = cluster * CLUSTER;
        digester.zeros(at - position);
        crc = Crc32c.combine(crc, Crc32c.ofZeros(at - position), at - position);
        byte[] content = content(cluster);
        int length = (int) Math.min(CLUSTER, size - at);
        digester.data(ByteBuffer.wrap(content, 0, length));
        marks.mark(at, length);
        crc = Crc32c.combine(crc, Crc32c.of(content, 0, length), length);
        position = at + length;
        bytes += length;
      }
      digester.zeros(size - position);
      digester.finish();
      this.crc32c = Crc32c.combine(crc, Crc32c.ofZeros(size - position), size - position);
      this.digest = digests.diskDigest();
      this.dataBytes = bytes;
      MetadataWriter writer = new MetadataWriter(marks, new DataFile("disk.raw", true));
      byte[] metadata = writer.open(0, writer.length()).readAllBytes();
      this.metadataCrc32c = Crc32c.of(metadata, 0, metadata.length);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /**
   * @param hollow whether it may have holes that cost much time unless they are copied
   */
  static SimulatedDisk any(Random random, boolean hollow) {
    int[] choice = hollow ? HOLLOW : SOLID;
    return ALL.get(choice[random.nextInt(choice.length)]);
  }

  String name() {
    return name;
  }

  long size() {
    return size;
  }

  int crc32c() {
    return crc32c;
  }

  String digest() {
    return digest;
  }

  int metadataCrc32c() {
    return metadataCrc32c;
  }

  /** Bytes in clusters that hold data. */
  long dataBytes() {
    return dataBytes;
  }

  private static byte[] content(long cluster) {
    byte[] content = new byte[CLUSTER];
    new Random(cluster).nextBytes(content);
    return content;
  }

  private final List<byte[]> contents = new ArrayList<>();

  void read(long offset, ByteBuffer target) {
    while (target.hasRemaining()) {
      long cluster = offset / CLUSTER;
      int within = (int) (offset % CLUSTER);
      int length = Math.min(CLUSTER - within, target.remaining());
      if (data.contains(cluster)) {
        target.put(known(cluster), within, length);
      } else {
        target.put(NOTHING, within, length);
      }
      offset += length;
    }
  }

  private static final byte[] NOTHING = new byte[CLUSTER];

  private byte[] known(long cluster) {
    int index = data.headSet(cluster).size();
    synchronized (contents) {
      if (contents.isEmpty()) {
        data.forEach(each -> contents.add(content(each)));
      }
      return contents.get(index);
    }
  }

  long nextData(long offset) {
    if (data.contains(offset / CLUSTER)) {
      return Math.min(offset, size);
    }
    Long next = data.higher(offset / CLUSTER);
    return next == null ? size : Math.min(next * CLUSTER, size);
  }

  long nextHole(long offset) {
    long cluster = offset / CLUSTER;
    if (!data.contains(cluster)) {
      return Math.min(offset, size);
    }
    while (data.contains(cluster)) {
      cluster++;
    }
    return Math.min(cluster * CLUSTER, size);
  }
}
