package io.drover.routes.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.drover.converter.imports.Destination;
import io.drover.converter.imports.ImportOptions;
import io.drover.converter.imports.ImportRequest;
import io.drover.converter.object.ObjectLocation;
import io.drover.routes.app.DroverApp;
import io.drover.sandbox.SandboxProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The manifest that lies on S3, field by field, against what can be found out without Drover. */
class ManifestContractTest {
  private static final int SIZE = (13 << 20) + 700;
  private static final int VIRTUAL_SIZE = SIZE / 512 * 512 + 512;

  @TempDir private static Path directory;
  private static SourceImage source;
  private static String sha256;
  private static Destination destination;
  private static Path objects;
  private static JsonNode manifest;

  @BeforeAll
  static void importOne() throws Exception {
    Path file = directory.resolve("a, disk.raw");
    source = SourceImage.raw(Contents.SPARSE.write(file, SIZE, 8));
    sha256 =
        HexFormat.of()
            .formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
    destination = new Destination(SandboxProcess.BUCKET, Servers.destination().prefix() + "a,b c/");
    objects = Servers.directory(destination);
    ImportOptions options =
        new ImportOptions(
            OptionalInt.empty(),
            true,
            SourceImage.PART_SIZE,
            Optional.of(sha256),
            ImportOptions.Existing.REFUSE);
    ImportRequest request = source.request(destination, options);
    try (DroverApp app = Servers.app(2)) {
      app.run(request);
    }
    manifest = new ObjectMapper().readTree(objects.resolve("manifest.json").toFile());
  }

  @Test
  void hasTheFieldsOfTheContractInOrder() {
    assertEquals(
        List.of(
            "schemaVersion",
            "importId",
            "createdAt",
            "droverVersion",
            "source",
            "disk",
            "objects",
            "bytes",
            "parts",
            "open",
            "warnings"),
        names(manifest));
    assertEquals(
        List.of("uri", "format", "size", "identity", "sha256"), names(manifest.get("source")));
    assertEquals(
        List.of("virtualSize", "clusterSize", "rawExternalData", "digest", "blockSize", "blocks"),
        names(manifest.get("disk")));
    assertEquals(List.of("data", "metadata"), names(manifest.get("objects")));
    for (JsonNode object : manifest.get("objects")) {
      assertEquals(List.of("bucket", "key", "size", "etag", "checksum"), names(object));
    }
    assertEquals(
        List.of("logical", "data", "zero", "sent", "copied"), names(manifest.get("bytes")));
    assertEquals(List.of("upload", "zero", "reuse"), names(manifest.get("parts")));
    assertEquals(List.of("qemuImageOpts", "blockdev"), names(manifest.get("open")));
  }

  @Test
  void tellsWhereTheDiskCameFrom() throws Exception {
    assertEquals(1, manifest.get("schemaVersion").intValue());
    assertTrue(manifest.get("importId").asText().matches("[A-Za-z0-9._-]{1,128}"));
    Duration age =
        Duration.between(Instant.parse(manifest.get("createdAt").asText()), Instant.now());
    assertTrue(!age.minusSeconds(-2).isNegative() && age.toMinutes() < 30, age.toString());
    assertFalse(manifest.get("droverVersion").asText().isBlank());
    JsonNode from = manifest.get("source");
    assertEquals(source.file().toString(), from.get("uri").asText());
    assertEquals("raw", from.get("format").asText());
    assertEquals(SIZE, from.get("size").longValue());
    assertEquals(sha256, from.get("sha256").asText());
    JsonNode identity = from.get("identity");
    assertEquals(
        Files.getAttribute(source.file(), "unix:ino").toString(), identity.get("inode").asText());
    assertEquals(Integer.toString(SIZE), identity.get("size").asText());
  }

  @Test
  void describesTheDisk() throws Exception {
    JsonNode disk = manifest.get("disk");
    assertEquals(VIRTUAL_SIZE, disk.get("virtualSize").longValue());
    assertEquals(64 << 10, disk.get("clusterSize").intValue());
    assertTrue(disk.get("rawExternalData").booleanValue());
    assertEquals(4194304, disk.get("blockSize").intValue());
    byte[] guest = source.guest();
    assertEquals(Digest.of(guest), disk.get("digest").asText());
    assertEquals(4, disk.get("blocks").size());
    for (int block = 0; block < 4; block++) {
      int from = block << 22;
      int to = Math.min(guest.length, from + (4 << 20));
      String expected =
          Contents.isZero(guest, from, to)
              ? "0"
              : HexFormat.of()
                  .formatHex(
                      MessageDigest.getInstance("SHA-256")
                          .digest(Arrays.copyOfRange(guest, from, to)));
      assertEquals(expected, disk.get("blocks").get(block).asText());
    }
  }

  @Test
  void namesTheObjectsAsTheyLieThere() throws Exception {
    object(manifest.get("objects").get("data"), "disk.raw");
    object(manifest.get("objects").get("metadata"), "disk.qcow2");
    assertEquals(VIRTUAL_SIZE, manifest.get("objects").get("data").get("size").longValue());
  }

  private static void object(JsonNode entry, String name) throws Exception {
    assertEquals(destination.bucket(), entry.get("bucket").asText());
    assertEquals(destination.prefix() + name, entry.get("key").asText());
    byte[] bytes = Files.readAllBytes(objects.resolve(name));
    assertEquals(bytes.length, entry.get("size").longValue());
    String etag =
        Servers.store()
            .head(new ObjectLocation(destination.bucket(), destination.prefix() + name))
            .orElseThrow()
            .etag();
    assertEquals(etag, entry.get("etag").asText());
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    assertEquals(String.format("crc32c:%08x", crc.getValue()), entry.get("checksum").asText());
  }

  @Test
  void countsEveryByteOnce() throws Exception {
    JsonNode bytes = manifest.get("bytes");
    assertEquals(VIRTUAL_SIZE, bytes.get("logical").longValue());
    assertEquals(VIRTUAL_SIZE, bytes.get("data").longValue() + bytes.get("zero").longValue());
    assertTrue(bytes.get("data").longValue() > 0 && bytes.get("zero").longValue() > 0);
    // every byte of both objects was sent or copied
    assertTrue(
        bytes.get("sent").longValue() + bytes.get("copied").longValue()
            >= VIRTUAL_SIZE + Files.size(objects.resolve("disk.qcow2")),
        bytes.toString());
    JsonNode parts = manifest.get("parts");
    // 13 MiB and a bit, in parts of the 5 MiB that were asked for
    assertEquals(
        3,
        parts.get("upload").intValue()
            + parts.get("zero").intValue()
            + parts.get("reuse").intValue());
  }

  @Test
  void saysHowToOpenTheDisk() throws Exception {
    String base =
        Servers.sandbox().s3Endpoint()
            + "/images/"
            + destination.prefix().replace(",", "%2C").replace(" ", "%20");
    String options = manifest.get("open").get("qemuImageOpts").asText();
    assertEquals(
        "driver=qcow2,file.driver=http,file.url="
            + base
            + "disk.qcow2,data-file.driver=http,data-file.url="
            + base
            + "disk.raw",
        options);
    List<String> urls = new ArrayList<>();
    for (JsonNode node : manifest.get("open").get("blockdev")) {
      assertTrue(node.get("read-only").booleanValue());
      if (node.has("url")) {
        urls.add(node.get("url").asText());
      }
    }
    assertEquals(List.of(base + "disk.qcow2", base + "disk.raw"), urls);
    // the objects are private, so the files behind them stand in for the server
    String local =
        options.replace("driver=http", "driver=file").replace(".url=" + base, ".filename=");
    Tool.succeed(objects, "qemu-img", "check", "--image-opts", local);
  }

  @Test
  void holdsNoCredentials() throws Exception {
    String text = Files.readString(objects.resolve("manifest.json"));
    assertFalse(text.contains(SandboxProcess.SECRET_KEY), text);
    assertFalse(text.matches("(?is).*(x-amz-|signature|credential|awsaccesskey|token).*"), text);
    for (JsonNode node : manifest.get("open").get("blockdev")) {
      assertFalse(node.path("url").asText().matches(".*[@?].*"), node.toString());
    }
  }

  @Test
  void warnsOfPadding() {
    assertEquals(1, manifest.get("warnings").size());
    assertTrue(manifest.get("warnings").get(0).asText().contains("no multiple of 512"));
  }

  private static List<String> names(JsonNode object) {
    List<String> names = new ArrayList<>();
    object.fieldNames().forEachRemaining(names::add);
    return names;
  }
}
