package io.drover.converter.metadata;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class MetadataWriterTest {
  private static final long MIB = 1L << 20;
  private static final long GIB = 1L << 30;
  private static final long TIB = 1L << 40;

  @TempDir Path directory;

  static List<GoldenCase> cases() {
    return GoldenCase.all();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void writesTheGoldenFile(GoldenCase golden) throws IOException {
    assertArrayEquals(golden.golden(), bytes(golden.writer()));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void qemuReadsTheGoldenFile(GoldenCase golden) throws IOException {
    new ImageJudge(directory, golden.virtualSize(), golden.clusterSize(), golden.dataClusters())
        .judge(golden.writer());
  }

  @ParameterizedTest
  @CsvSource({
    // seed, cluster size, virtual size, data clusters
    "1, 65536, 1073741824, 200",
    "2, 65536, 68719476736, 300",
    "3, 65536, 5368774656, 100",
    "4, 1048576, 1099511627776, 100",
    "5, 1048576, 137438954496, 60",
    "6, 2097152, 1099511627776, 40",
    "7, 512, 4193792, 4000",
    "8, 512, 536870912, 3000"
  })
  void qemuReadsRandomDisks(long seed, int clusterSize, long virtualSize, int count)
      throws IOException {
    Random random = new Random(seed);
    long clusters = (virtualSize + clusterSize - 1) / clusterSize;
    DataClusters data = new DataClusters(virtualSize, clusterSize);
    TreeSet<Long> expected = new TreeSet<>(List.of(0L, clusters - 1));
    while (expected.size() < count) {
      long cluster = random.nextLong(clusters);
      for (long n = cluster; n < Math.min(clusters, cluster + 1 + random.nextInt(4)); n++) {
        expected.add(n);
      }
    }
    for (long cluster : expected) {
      // any byte of the cluster marks it
      long within = random.nextLong(Math.min(clusterSize, virtualSize - cluster * clusterSize));
      data.mark(cluster * clusterSize + within, 1);
    }
    assertEquals(expected.size(), data.count());
    new ImageJudge(directory, virtualSize, clusterSize, expected)
        .judge(new MetadataWriter(data, new DataFile("disk.raw", true)));
  }

  @Test
  void qemuChecksTheSecondRefcountTableCluster() throws IOException {
    DataClusters data = new DataClusters(512 * MIB, 512);
    data.mark(0, 512 * MIB);
    MetadataWriter writer = new MetadataWriter(data, new DataFile("disk.raw", true));
    assertEquals(2, writer.layout().refcountTableClusters());
    ImageJudge.checkAlone(directory, writer);
  }

  @Test
  void anyRangeIsTheSameBytes() throws IOException {
    GoldenCase golden =
        cases().stream().filter(one -> one.name().equals("size-2m-512-data")).findAny().get();
    byte[] all = golden.golden();
    MetadataWriter writer = golden.writer();
    Random random = new Random(5);
    for (int round = 0; round < 200; round++) {
      int from = random.nextInt(all.length + 1);
      int to = from + random.nextInt(all.length + 1 - from);
      try (InputStream range = writer.open(from, to - from)) {
        assertArrayEquals(Arrays.copyOfRange(all, from, to), range.readAllBytes());
      }
    }
    try (InputStream bytewise = writer.open(510, 4)) {
      for (int index = 510; index < 514; index++) {
        assertEquals(all[index] & 0xFF, bytewise.read());
      }
      assertEquals(-1, bytewise.read());
    }
    assertThrows(IllegalArgumentException.class, () -> writer.open(0, all.length + 1));
  }

  @Test
  void clusterNumbersReachTheUnsignedLimit() throws IOException {
    long virtualSize = 32 * TIB; // 2^32 clusters of 8 KiB, and QEMU's largest L1 table
    DataClusters data = new DataClusters(virtualSize, 8192);
    long middle = virtualSize / 2;
    data.mark(0, 1);
    data.mark(middle - 1, 2);
    data.mark(virtualSize - 1, 1);
    MetadataWriter writer = new MetadataWriter(data, new DataFile("disk.raw", true));
    assertEquals(4, writer.layout().l2Tables());
    assertEquals(4, data.count());
    long l2 = writer.layout().offset(writer.layout().l2Cluster());
    assertEquals(1L << 63, entry(writer, l2));
    assertEquals(1L, entry(writer, l2 + 8));
    assertEquals(1L << 63 | (middle - 8192), entry(writer, l2 + 8192 + 1023 * 8));
    assertEquals(1L << 63 | middle, entry(writer, l2 + 2 * 8192));
    assertEquals(1L << 63 | (virtualSize - 8192), entry(writer, l2 + 3 * 8192 + 1023 * 8));
    long l1 = writer.layout().offset(writer.layout().l1Cluster());
    assertEquals(1L << 63 | l2, entry(writer, l1));
    assertEquals(1L << 63 | l2 + 8192, entry(writer, l1 + (1L << 21) * 8 - 8));
    assertEquals(1L << 63 | l2 + 2 * 8192, entry(writer, l1 + (1L << 21) * 8));
    assertEquals(1L << 63 | l2 + 3 * 8192, entry(writer, l1 + (1L << 22) * 8 - 8));
    assertEquals(0L, entry(writer, l1 + 8));

    ImageJudge.checkAlone(directory, writer);
  }

  @Test
  void laterMarksDoNotChangeAWriter() throws IOException {
    DataClusters data = new DataClusters(MIB, 65536);
    data.mark(0, 10);
    MetadataWriter writer = new MetadataWriter(data, new DataFile("disk.raw", true));
    byte[] before = bytes(writer);
    data.mark(0, MIB);
    assertArrayEquals(before, bytes(writer));
  }

  @ParameterizedTest
  @CsvSource({
    // figures of QEMU's own layout with every L2 table present
    "1073741824, 65536, 393216",
    "1099511627776, 65536, 134479872",
    "1099511627776, 1048576, 12582912",
    "1099511627776, 2097152, 12582912",
    "70368744177664, 1048576, 541065216",
    // 512-byte clusters at the table edges
    "32768, 512, 2560",
    "33280, 512, 3072",
    "2097664, 512, 35840",
    "8159232, 512, 131072",
    "8159744, 512, 132096",
    "8388608, 512, 135168"
  })
  void lengthsAreKnown(long virtualSize, int clusterSize, long length) throws IOException {
    DataClusters data = new DataClusters(virtualSize, clusterSize);
    data.mark(0, virtualSize);
    assertEquals(length, new MetadataWriter(data, new DataFile("disk.raw", true)).length());
  }

  @Test
  void refusesDisksTooLargeForTheirClusters() throws IOException {
    refused(128 * GIB + 512, 512);
    refused(32 * TIB + 512, 8192);
    refused(256 * TIB + 512, 65536);
    assertEquals(128 * GIB, new DataClusters(128 * GIB, 512).virtualSize());
    assertThrows(IllegalArgumentException.class, () -> new DataClusters(513, 512));
    assertThrows(IllegalArgumentException.class, () -> new DataClusters(-512, 512));
    assertThrows(IllegalArgumentException.class, () -> new DataClusters(512, 256));
    assertThrows(IllegalArgumentException.class, () -> new DataClusters(512, 4 << 20));
    assertThrows(IllegalArgumentException.class, () -> new DataClusters(512, 1000));
  }

  private static void refused(long virtualSize, int clusterSize) {
    ImportException exception =
        assertThrows(ImportException.class, () -> new DataClusters(virtualSize, clusterSize));
    assertEquals(ErrorCode.TARGET_LIMIT, exception.code());
  }

  @Test
  void marksOnlyWithinTheDisk() throws IOException {
    DataClusters data = new DataClusters(MIB, 65536);
    data.mark(MIB, 0);
    assertEquals(0, data.count());
    assertThrows(IllegalArgumentException.class, () -> data.mark(MIB - 1, 2));
    assertThrows(IllegalArgumentException.class, () -> data.mark(-1, 1));
    assertThrows(IllegalArgumentException.class, () -> data.mark(1, Long.MAX_VALUE));
  }

  @Test
  void layoutsCheckThemselves() throws IOException {
    MetadataLayout good = MetadataLayout.of(8 * MIB, 9, 256);
    assertEquals(2, good.refcountBlocks());
    assertThrows(IllegalArgumentException.class, () -> new MetadataLayout(8 * MIB, 9, 256, 1, 1));
    assertThrows(IllegalArgumentException.class, () -> new MetadataLayout(8 * MIB, 9, 256, 3, 1));
    assertThrows(IllegalArgumentException.class, () -> new MetadataLayout(8 * MIB, 9, 257, 2, 1));
  }

  @ParameterizedTest
  @CsvSource({
    "''",
    ".",
    "..",
    "a/b",
    "/etc/passwd",
    "json:{}",
    "http://host/x",
    "nbd:host",
    "a\\b",
    "C:x",
    "'a\nb'",
    "'a\u0000b'"
  })
  void dataFilesHaveBareNames(String name) {
    assertThrows(IllegalArgumentException.class, () -> new DataFile(name, true));
  }

  @Test
  void theLongestNameFitsTheSmallestCluster() throws IOException {
    String name = "n".repeat(255);
    DataClusters data = new DataClusters(512, 512);
    data.mark(0, 512);
    try (OutputStream target = Files.newOutputStream(directory.resolve("disk.qcow2"))) {
      new MetadataWriter(data, new DataFile(name, true)).writeTo(target);
    }
    Files.write(directory.resolve(name), new byte[512]);
    assertEquals(
        name,
        new ObjectMapper()
            .readTree(Tool.succeed(directory, "qemu-img", "info", "--output=json", "disk.qcow2"))
            .at("/format-specific/data/data-file")
            .asText());
    Tool.succeed(directory, "qemu-img", "check", "disk.qcow2");
    assertThrows(IllegalArgumentException.class, () -> new DataFile(name + "n", true));
  }

  private static long entry(MetadataWriter writer, long offset) throws IOException {
    try (InputStream range = writer.open(offset, 8)) {
      return ByteBuffer.wrap(range.readNBytes(8)).getLong();
    }
  }

  private static byte[] bytes(MetadataWriter writer) throws IOException {
    ByteArrayOutputStream target = new ByteArrayOutputStream();
    writer.writeTo(target);
    return target.toByteArray();
  }
}
