package io.drover.converter.manifest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.drover.converter.metadata.DataClusters;
import io.drover.converter.metadata.DataFile;
import io.drover.converter.metadata.MetadataWriter;
import io.drover.converter.metadata.OverlayWriter;
import io.drover.converter.metadata.Tool;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OpenInstructionsTest {
  private static final int SIZE = 1 << 20;

  private static final OpenInstructions HTTP =
      new OpenInstructions(
          StorageNode.http(URI.create("https://s3.example.com/images/ubuntu/disk.qcow2")),
          StorageNode.http(URI.create("https://s3.example.com/images/ubuntu/disk.raw")),
          true);

  @TempDir Path directory;

  @Test
  void saysHowToOpenOverHttp() {
    assertEquals(
        "driver=qcow2,"
            + "file.driver=https,file.url=https://s3.example.com/images/ubuntu/disk.qcow2,"
            + "data-file.driver=https,data-file.url=https://s3.example.com/images/ubuntu/disk.raw",
        HTTP.qemuImageOpts());
    assertEquals(
        List.of(
            "-blockdev '{\"driver\":\"https\",\"node-name\":\"drover-meta\",\"read-only\":true,"
                + "\"url\":\"https://s3.example.com/images/ubuntu/disk.qcow2\"}'",
            "-blockdev '{\"driver\":\"https\",\"node-name\":\"drover-data\",\"read-only\":true,"
                + "\"url\":\"https://s3.example.com/images/ubuntu/disk.raw\"}'",
            "-blockdev '{\"driver\":\"qcow2\",\"node-name\":\"drover-disk\",\"read-only\":true,"
                + "\"file\":\"drover-meta\",\"data-file\":\"drover-data\"}'"),
        OpenInstructions.blockdevArguments(HTTP.blockdev()));
    assertEquals(
        List.of(
            "-blockdev '{\"driver\":\"file\",\"node-name\":\"drover-overlay-file\","
                + "\"filename\":\"it'\\''s.qcow2\"}'",
            "-blockdev '{\"driver\":\"qcow2\",\"node-name\":\"drover-overlay\","
                + "\"file\":\"drover-overlay-file\",\"backing\":\"drover-disk\"}'"),
        OpenInstructions.blockdevArguments(HTTP.overlayBlockdev("it's.qcow2")));
    assertEquals(
        "qemu-img create -f qcow2 -F qcow2 -b 'json:{\"driver\":\"qcow2\","
            + "\"file\":{\"driver\":\"https\","
            + "\"url\":\"https://s3.example.com/images/ubuntu/disk.qcow2\"},"
            + "\"data-file\":{\"driver\":\"https\","
            + "\"url\":\"https://s3.example.com/images/ubuntu/disk.raw\"}}' ./overlay.qcow2",
        HTTP.overlayCommand("overlay.qcow2"));
    assertEquals(
        Optional.of(
            "nbdkit --readonly --ipaddr 127.0.0.1 curl"
                + " url=https://s3.example.com/images/ubuntu/disk.raw"),
        HTTP.nbdkitCommand());
    assertEquals(HTTP.qemuImageOpts(), HTTP.manifestOpen().qemuImageOpts());
    assertEquals(HTTP.blockdev(), HTTP.manifestOpen().blockdev());
  }

  @Test
  void commasInUrlsAreDoubled() {
    OpenInstructions commas =
        new OpenInstructions(
            StorageNode.http(URI.create("http://h/a,b/disk.qcow2")),
            StorageNode.http(URI.create("http://h/a,b/disk.raw")),
            false);
    assertEquals(
        "driver=qcow2,file.driver=http,file.url=http://h/a,,b/disk.qcow2,"
            + "data-file.driver=http,data-file.url=http://h/a,,b/disk.raw",
        commas.qemuImageOpts());
    assertTrue(commas.backingName().contains("\"http://h/a,b/disk.raw\""));
    assertEquals(Optional.empty(), commas.nbdkitCommand());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://user:secret@host/disk.raw",
        "https://user@my_bucket.host/disk.raw",
        "https://host/disk.raw?X-Amz-Signature=00",
        "https://host/disk.raw#x",
        "s3://bucket/disk.raw",
        "file:///etc/passwd",
        "https:disk.raw"
      })
  void credentialsAndOtherSchemesAreRefused(String url) {
    IllegalArgumentException exception =
        assertThrows(IllegalArgumentException.class, () -> StorageNode.http(URI.create(url)));
    assertFalse(exception.getMessage().contains("secret"));
    assertFalse(exception.getMessage().contains("Signature"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"plain", "with, comma", "it's \"quoted\" = $HOME", "nbd:host:1"})
  void qemuOpensLocalFilesBySuchInstructions(String name) throws IOException {
    Path files = Files.createDirectory(directory.resolve(name));
    byte[] disk = new byte[SIZE];
    Arrays.fill(disk, 65536, 2 * 65536, (byte) 0x5A);
    Files.write(files.resolve("disk.raw"), disk);
    DataClusters clusters = new DataClusters(SIZE, 65536);
    clusters.mark(65536, 65536);
    try (OutputStream target = Files.newOutputStream(files.resolve("disk.qcow2"))) {
      // a name that is nowhere: the instructions must say where the data is
      new MetadataWriter(clusters, new DataFile("nowhere.raw", true)).writeTo(target);
    }
    OpenInstructions open =
        new OpenInstructions(
            StorageNode.file(files.resolve("disk.qcow2")),
            StorageNode.file(files.resolve("disk.raw")),
            true);
    String raw = new OpenInstructions(open.data(), open.data(), true).qemuImageOpts();
    String source = "driver=raw," + raw.substring(raw.indexOf("file.driver"), raw.indexOf(",data"));

    assertTrue(compare("--image-opts", open.qemuImageOpts(), source).contains("identical"));
    Files.write(directory.resolve("copy.raw"), disk);
    assertTrue(compare(open.backingName(), "copy.raw").contains("identical"));
    assertTrue(compare(nested(open.blockdev()), "copy.raw").contains("identical"));
    overlay(open);
  }

  private String compare(String... arguments) throws IOException {
    String[] command = new String[arguments.length + 2];
    command[0] = "qemu-img";
    command[1] = "compare";
    System.arraycopy(arguments, 0, command, 2, arguments.length);
    return Tool.succeed(directory, command);
  }

  /** The nodes with their references replaced by what they name: one json: name for qemu-img. */
  private static String nested(List<Map<String, Object>> blockdev) throws IOException {
    Map<String, Object> byName = new HashMap<>();
    Map<String, Object> last = Map.of();
    for (Map<String, Object> node : blockdev) {
      last = new HashMap<>(node);
      last.replaceAll((key, value) -> key.endsWith("file") ? byName.get(value) : value);
      byName.put((String) node.get("node-name"), last);
    }
    return "json:" + new ObjectMapper().writeValueAsString(last);
  }

  /** The printed command and our own writer give overlays that behave alike. */
  private void overlay(OpenInstructions open) throws IOException {
    Tool.succeed(directory, "sh", "-ec", open.overlayCommand("it's one.qcow2"));
    OverlayWriter.create(directory.resolve("two.qcow2"), SIZE, open.backingName());
    for (String overlay : List.of("it's one.qcow2", "two.qcow2")) {
      String output =
          Tool.succeed(
              directory,
              "qemu-io",
              "-c",
              "read -P 0x5a 64k 64k",
              "-c",
              "write -P 0xa5 68k 4k",
              "-c",
              "read -P 0x5a 64k 4k",
              "-c",
              "read -P 0xa5 68k 4k",
              "-c",
              "read -P 0 128k 896k",
              overlay);
      assertFalse(output.contains("failed"), output);
      Tool.succeed(directory, "qemu-img", "check", overlay);
    }
  }
}
