package io.drover.converter.metadata;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OverlayWriterTest {
  private static final long MIB = 1L << 20;
  private static final String BACKING =
      "json:{\"driver\":\"qcow2\","
          + "\"file\":{\"driver\":\"file\",\"filename\":\"disk.qcow2\"},"
          + "\"data-file\":{\"driver\":\"file\",\"filename\":\"elsewhere.raw\"}}";

  @TempDir Path directory;

  @Test
  void takesWritesAboveADiskFoundByJson() throws IOException {
    byte[] below = new byte[(int) (4 * MIB)];
    Arrays.fill(below, 0, 65536, (byte) 0x11);
    Files.write(directory.resolve("elsewhere.raw"), below);
    DataClusters data = new DataClusters(4 * MIB, 65536);
    data.mark(0, 65536);
    try (OutputStream target = Files.newOutputStream(directory.resolve("disk.qcow2"))) {
      new MetadataWriter(data, new DataFile("disk.raw", true)).writeTo(target);
    }
    OverlayWriter.create(directory.resolve("overlay.qcow2"), 4 * MIB, BACKING);

    JsonNode info =
        new ObjectMapper()
            .readTree(
                Tool.succeed(directory, "qemu-img", "info", "--output=json", "overlay.qcow2"));
    assertEquals(4 * MIB, info.get("virtual-size").asLong());
    assertEquals(65536, info.get("cluster-size").asLong());
    assertEquals("qcow2", info.get("backing-filename-format").asText());
    assertEquals(BACKING, info.get("backing-filename").asText());
    check();
    io("read -P 0x11 0 64k", "read -P 0 64k 4032k");
    io("write -P 0xaa 4k 512", "write -P 0xbb 2M 64k", "write -P 0xcc 4193792 512");
    // the rest of a written cluster still comes from below
    io("read -P 0x11 0 4k", "read -P 0xaa 4k 512", "read -P 0x11 4608 4k", "read -P 0xbb 2M 64k");
    io("read -P 0 4128768 65024", "read -P 0xcc 4193792 512");
    check();
  }

  private void io(String... commands) throws IOException {
    for (String command : commands) {
      String output = Tool.succeed(directory, "qemu-io", "-c", command, "overlay.qcow2");
      assertFalse(output.contains("failed"), output);
    }
  }

  private void check() throws IOException {
    String output = Tool.succeed(directory, "qemu-img", "check", "overlay.qcow2");
    assertTrue(output.contains("No errors"), output);
  }

  @Test
  void aDiskOfManyTebibytesHasACheckedOverlay() throws IOException {
    long virtualSize = 48L << 40;
    try (OutputStream target = Files.newOutputStream(directory.resolve("disk.qcow2"))) {
      new MetadataWriter(new DataClusters(virtualSize, 1 << 20), new DataFile("disk.raw", true))
          .writeTo(target);
    }
    OverlayWriter.create(
        directory.resolve("overlay.qcow2"),
        virtualSize,
        "json:{\"driver\":\"qcow2\",\"file\":{\"driver\":\"file\",\"filename\":\"disk.qcow2\"},"
            + "\"data-file\":{\"driver\":\"null-co\",\"read-zeroes\":true,\"size\":"
            + virtualSize
            + "}}");
    check();
    io("write -P 0xaa " + (virtualSize - 512) + " 512");
    check();
  }

  @Test
  void neverTouchesAnExistingFile() throws IOException {
    Path file = directory.resolve("overlay.qcow2");
    byte[] precious = {1, 2, 3};
    Files.write(file, precious);
    ImportException exception =
        assertThrows(ImportException.class, () -> OverlayWriter.create(file, MIB, BACKING));
    assertEquals(ErrorCode.TARGET_EXISTS, exception.code());
    assertArrayEquals(precious, Files.readAllBytes(file));
  }

  @Test
  void backingNamesHaveALimit() throws IOException {
    Path file = directory.resolve("overlay.qcow2");
    ImportException exception =
        assertThrows(
            ImportException.class, () -> OverlayWriter.create(file, MIB, "n".repeat(1024)));
    assertEquals(ErrorCode.TARGET_LIMIT, exception.code());
    assertFalse(Files.exists(file));
    OverlayWriter.create(file, MIB, "n".repeat(1023));
    assertEquals(
        "n".repeat(1023),
        new ObjectMapper()
            .readTree(Tool.succeed(directory, "qemu-img", "info", "--output=json", "overlay.qcow2"))
            .get("backing-filename")
            .asText());
  }
}
