package io.drover.converter.manifest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.drover.converter.digest.BlockDigests;
import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ManifestJsonTest {
  /** The contract, byte for byte. */
  private static final String TEXT =
      """
      {
        "schemaVersion": 1,
        "importId": "8c5d",
        "createdAt": "2026-11-22T09:30:00Z",
        "droverVersion": "0.1.0",
        "source": {
          "uri": "file:///srv/ubuntu.qcow2",
          "format": "qcow2",
          "size": 65536,
          "identity": {
            "inode": "7",
            "mtime": "2026-11-22T09:00:00Z"
          },
          "sha256": null
        },
        "disk": {
          "virtualSize": 12582912,
          "clusterSize": 65536,
          "rawExternalData": true,
          "digest": "sha256-4m:e794b860bf8b397a187f0967990054d06cb097a241acc7233127fcf1860a2f8c",
          "blockSize": 4194304,
          "blocks": [ 0, "0101010101010101010101010101010101010101010101010101010101010101", 0 ]
        },
        "objects": {
          "data": {
            "bucket": "images",
            "key": "ubuntu/disk.raw",
            "size": 12582912,
            "etag": "\\"d41d-1\\"",
            "checksum": "crc32c:8a9136aa"
          },
          "metadata": {
            "bucket": "images",
            "key": "ubuntu/disk.qcow2",
            "size": 327680,
            "etag": "\\"d41e\\"",
            "checksum": null
          }
        },
        "bytes": {
          "logical": 12582912,
          "data": 4194304,
          "zero": 8388608,
          "sent": 12582912,
          "copied": 0
        },
        "parts": {
          "upload": 1,
          "zero": 0,
          "reuse": 0
        },
        "open": {
          "qemuImageOpts": "driver=qcow2,file.driver=http,file.url=http://h/images/ubuntu/disk.qcow2,data-file.driver=http,data-file.url=http://h/images/ubuntu/disk.raw",
          "blockdev": [ {
            "driver": "http",
            "node-name": "drover-meta",
            "read-only": true,
            "url": "http://h/images/ubuntu/disk.qcow2"
          }, {
            "driver": "http",
            "node-name": "drover-data",
            "read-only": true,
            "url": "http://h/images/ubuntu/disk.raw"
          }, {
            "driver": "qcow2",
            "node-name": "drover-disk",
            "read-only": true,
            "file": "drover-meta",
            "data-file": "drover-data"
          } ]
        },
        "warnings": [ "the guest's first sectors look like a qcow2 image: say format=raw" ]
      }
      """;

  @Test
  void writesTheContract() throws ImportException {
    assertEquals(TEXT, new String(ManifestJson.write(manifest(inline())), StandardCharsets.UTF_8));
  }

  @Test
  void readsWhatItWrote() throws ImportException {
    Manifest manifest = manifest(inline());
    Manifest read = ManifestJson.read(ManifestJson.write(manifest));
    assertEquals(manifest, read);
    assertEquals(digests().diskDigest(), read.disk().inlineDigests().get().diskDigest());
    Manifest withKey = manifest(Disk.withBlocksAt("ubuntu/blocks.json", 65536, true, digests()));
    String text = new String(ManifestJson.write(withKey), StandardCharsets.UTF_8);
    assertTrue(text.contains("\"blocksKey\": \"ubuntu/blocks.json\"\n"), text);
    assertTrue(!text.contains("\"blocks\":"), text);
    assertEquals(withKey, ManifestJson.read(text.getBytes(StandardCharsets.UTF_8)));
  }

  @Test
  void ignoresFieldsOfLaterVersions() throws ImportException {
    String later =
        TEXT.replace("\"importId\"", "\"later\": { \"x\": [ 1 ] }, \"importId\"")
            .replace("\"bucket\"", "\"region\": \"eu\", \"bucket\"");
    assertEquals(manifest(inline()), read(later));
  }

  @Test
  void refusesLaterSchemas() {
    ImportException exception =
        assertThrows(
            ImportException.class,
            () -> read(TEXT.replace("\"schemaVersion\": 1", "\"schemaVersion\": 2")));
    assertEquals(ErrorCode.FORMAT_UNSUPPORTED, exception.code());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "\"schemaVersion\": 1 | \"schemaVersion\": 0",
        "\"schemaVersion\": 1, | ``",
        "\"importId\" | \"otherId\"",
        "\"virtualSize\": 12582912 | \"virtualSize\": 12582913",
        "\"virtualSize\": 12582912 | \"virtualSize\": -1",
        "\"virtualSize\": 12582912, | ``",
        "\"virtualSize\": 12582912 | \"virtualSize\": 9223372036854775807",
        "\"blockSize\": 4194304 | \"blockSize\": 4096",
        "\"digest\": \"sha256-4m: | \"digest\": \"sha256:",
        "[ 0, \"01 | [ 0, \"02",
        "[ 0, \"01 | [ 0, \"0x",
        "[ 0, | [ 1,",
        "[ 0, | [ null,",
        "[ 0, | [ ",
        "2026-11-22T09:30:00Z | yesterday",
        "\"sent\": 12582912 | \"sent\": -5",
        "\"format\": | \"uri\": \"twice\", \"format\":",
        "{ | [",
        "\"blockSize\": 4194304, | \"blockSize\": 4194304, \"blocksKey\": \"k\","
      })
  void whatContradictsItselfIsCorrupted(String from, String to) {
    String damaged = TEXT.replaceFirst(Pattern.quote(from), to);
    assertTrue(!damaged.equals(TEXT));
    corrupted(damaged);
  }

  @Test
  void anythingElseIsCorrupted() {
    corrupted("");
    corrupted("null");
    corrupted("[]");
    corrupted("17");
    corrupted(TEXT + "{}");
    for (int length = 0; length < TEXT.length() - 2; length += 13) {
      corrupted(TEXT.substring(0, length));
    }
    corrupted("[".repeat(100_000));
    corrupted(" ".repeat(ManifestJson.MAX_BYTES) + TEXT);
  }

  private static void corrupted(String text) {
    ImportException exception = assertThrows(ImportException.class, () -> read(text));
    assertEquals(ErrorCode.TARGET_CORRUPTED, exception.code(), exception.getMessage());
    assertTrue(exception.getMessage().indexOf('\n') < 0, exception.getMessage());
  }

  private static Manifest read(String text) throws ImportException {
    return ManifestJson.read(text.getBytes(StandardCharsets.UTF_8));
  }

  private static BlockDigests digests() throws ImportException {
    BlockDigests digests = new BlockDigests(12582912);
    byte[] ones = new byte[32];
    Arrays.fill(ones, (byte) 1);
    digests.putZero(0);
    digests.put(1, ones);
    digests.putZero(2);
    return digests;
  }

  private static Disk inline() throws ImportException {
    return Disk.inline(65536, true, digests());
  }

  private static Manifest manifest(Disk disk) {
    return new Manifest(
        1,
        "8c5d",
        "2026-11-22T09:30:00Z",
        "0.1.0",
        new Manifest.Source(
            "file:///srv/ubuntu.qcow2",
            "qcow2",
            65536,
            Map.of("mtime", "2026-11-22T09:00:00Z", "inode", "7"),
            null),
        disk,
        new Manifest.StoredObjects(
            new Manifest.ObjectEntry(
                "images", "ubuntu/disk.raw", 12582912, "\"d41d-1\"", "crc32c:8a9136aa"),
            new Manifest.ObjectEntry("images", "ubuntu/disk.qcow2", 327680, "\"d41e\"", null)),
        new Manifest.Bytes(12582912, 4194304, 8388608, 12582912, 0),
        new Manifest.Parts(1, 0, 0),
        new OpenInstructions(
                StorageNode.http(URI.create("http://h/images/ubuntu/disk.qcow2")),
                StorageNode.http(URI.create("http://h/images/ubuntu/disk.raw")),
                true)
            .manifestOpen(),
        List.of("the guest's first sectors look like a qcow2 image: say format=raw"));
  }
}
