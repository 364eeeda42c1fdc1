package io.drover.routes.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.drover.converter.imports.Destination;
import io.drover.converter.manifest.Manifest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/** Compares an import with its source; every opinion is QEMU's. */
final class Judge {
  private final SourceImage source;
  private final Manifest manifest;
  private final Path objects;
  private final byte[] guest;

  Judge(SourceImage source, Manifest manifest, Destination destination) throws Exception {
    this.source = source;
    this.manifest = manifest;
    this.objects = Servers.directory(destination);
    this.guest = source.guest();
  }

  void judge() throws Exception {
    dataObject();
    check();
    map();
    compare();
  }

  /** The object alone is the disk; or its beginning, and the rest is zeros. */
  private void dataObject() throws Exception {
    byte[] object = Files.readAllBytes(objects.resolve("disk.raw"));
    assertEquals(guest.length, manifest.disk().virtualSize());
    if (manifest.disk().rawExternalData()) {
      assertEquals(guest.length, object.length);
    } else {
      assertTrue(object.length <= guest.length, object.length + " of " + guest.length);
      assertTrue(Contents.isZero(guest, object.length, guest.length), "data left out");
    }
    assertEquals(
        -1, Arrays.mismatch(object, 0, object.length, guest, 0, object.length), "disk.raw");
  }

  private void check() throws Exception {
    String said = Tool.succeed(objects, "qemu-img", "check", "-f", "qcow2", "disk.qcow2");
    assertTrue(said.contains("No errors were found on the image."), said);
  }

  /** Data where the disk has data, cluster by cluster; zeros everywhere else. */
  private void map() throws Exception {
    int clusterSize = Math.toIntExact(manifest.disk().clusterSize());
    JsonNode extents =
        new ObjectMapper()
            .readTree(
                Tool.succeed(
                    objects, "qemu-img", "map", "-f", "qcow2", "--output=json", "disk.qcow2"));
    int end = 0;
    long data = 0;
    for (JsonNode extent : extents) {
      int start = extent.get("start").asInt();
      assertEquals(end, start);
      end = start + extent.get("length").asInt();
      if (extent.get("data").asBoolean()) {
        assertEquals(start, extent.get("offset").asInt());
        data += end - start;
        for (int at = start; at < end; at += clusterSize) {
          int to = Math.min(at + clusterSize, end);
          assertTrue(!Contents.isZero(guest, at, to), "stored zeros at " + at);
        }
      } else {
        assertTrue(extent.get("zero").asBoolean() || end == start, extent.toString());
        assertTrue(Contents.isZero(guest, start, end), "lost data in " + extent);
      }
    }
    assertEquals(guest.length, end);
    assertEquals(data, manifest.bytes().data());
    assertEquals(guest.length - data, manifest.bytes().zero());
  }

  private void compare() throws Exception {
    String said =
        Tool.succeed(
            objects,
            "qemu-img",
            "compare",
            "-f",
            "qcow2",
            "-F",
            source.format().label(),
            "disk.qcow2",
            source.file().toString());
    assertEquals("Images are identical.\n", said);
  }
}
