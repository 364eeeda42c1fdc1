package io.drover.converter.metadata;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.NavigableSet;
import java.util.TreeSet;

/** Has QEMU judge metadata beside its data file {@code disk.raw}, in a directory of its own. */
final class ImageJudge {
  private final Path directory;
  private final long virtualSize;
  private final int clusterSize;
  private final NavigableSet<Long> data;

  ImageJudge(Path directory, long virtualSize, int clusterSize, NavigableSet<Long> data) {
    this.directory = directory;
    this.virtualSize = virtualSize;
    this.clusterSize = clusterSize;
    this.data = data;
  }

  void judge(MetadataWriter writer) throws IOException {
    checkAlone(directory, writer);
    writeDisk();
    check("disk.qcow2");
    map();
    // comparing zeros with the data file's zeros could not show a zero taken for data; map does
    assertTrue(
        Tool.succeed(
                directory,
                "qemu-img",
                "compare",
                "-f",
                "qcow2",
                "-F",
                "raw",
                "disk.qcow2",
                "disk.raw")
            .contains("Images are identical."));
  }

  /** Writes the metadata and has it checked without the data file, which may be of any size. */
  static void checkAlone(Path directory, MetadataWriter writer) throws IOException {
    try (OutputStream target = Files.newOutputStream(directory.resolve("disk.qcow2"))) {
      writer.writeTo(target);
    }
    assertEquals(writer.length(), Files.size(directory.resolve("disk.qcow2")));
    Tool.succeed(
        directory,
        "qemu-img",
        "check",
        "--image-opts",
        "driver=qcow2,file.driver=file,file.filename=disk.qcow2,data-file.driver=null-co,"
            + "data-file.read-zeroes=on,data-file.size="
            + writer.layout().virtualSize());
  }

  private void check(String image) throws IOException {
    String output = Tool.succeed(directory, "qemu-img", "check", image);
    assertTrue(output.contains("No errors were found on the image."), output);
  }

  private void map() throws IOException {
    JsonNode extents =
        new ObjectMapper()
            .readTree(Tool.succeed(directory, "qemu-img", "map", "--output=json", "disk.qcow2"));
    TreeSet<Long> found = new TreeSet<>();
    long end = 0;
    for (JsonNode extent : extents) {
      long start = extent.get("start").asLong();
      assertEquals(end, start);
      end = start + extent.get("length").asLong();
      if (extent.get("data").asBoolean()) {
        assertEquals(start, extent.get("offset").asLong());
        for (long offset = start; offset < end; offset += clusterSize) {
          found.add(offset / clusterSize);
        }
      } else if (end > start) { // QEMU maps a disk of 0 bytes as one empty extent
        assertTrue(extent.get("zero").asBoolean(), extent.toString());
      }
    }
    assertEquals(virtualSize, end);
    assertEquals(data, found);
  }

  /** Every data cluster holds its number and something at its end; the rest is holes. */
  private void writeDisk() throws IOException {
    try (FileChannel disk =
        FileChannel.open(
            directory.resolve("disk.raw"),
            StandardOpenOption.CREATE_NEW,
            StandardOpenOption.WRITE,
            StandardOpenOption.SPARSE)) {
      for (long cluster : data) {
        long offset = cluster * clusterSize;
        long end = Math.min(offset + clusterSize, virtualSize);
        disk.write(ByteBuffer.allocate(8).putLong(cluster + 1).flip(), offset);
        disk.write(ByteBuffer.allocate(8).putLong(~cluster).flip(), end - 8);
      }
      if (virtualSize > disk.size()) {
        disk.write(ByteBuffer.allocate(1), virtualSize - 1);
      }
    }
  }
}
