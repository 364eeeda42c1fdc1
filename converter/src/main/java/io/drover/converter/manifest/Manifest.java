package io.drover.converter.manifest;

import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * What an import made. It is written last: what it names is complete. Field names and their nesting
 * are public; {@link ManifestJson} writes them in this order.
 *
 * @param schemaVersion 1
 * @param importId the import's identity, as in its events
 * @param createdAt ISO 8601, UTC: {@code 2026-11-22T09:30:00Z}
 * @param warnings what a consumer should know, already escaped
 */
public record Manifest(
    int schemaVersion,
    String importId,
    String createdAt,
    String droverVersion,
    Source source,
    Disk disk,
    StoredObjects objects,
    Bytes bytes,
    Parts parts,
    Open open,
    List<String> warnings) {
  public static final int SCHEMA_VERSION = 1;

  public Manifest {
    if (schemaVersion != SCHEMA_VERSION) {
      throw new IllegalArgumentException("manifest schema version " + schemaVersion + ", not 1");
    }
    require(importId, "importId");
    Instant.parse(require(createdAt, "createdAt"));
    require(droverVersion, "droverVersion");
    require(source, "source");
    require(disk, "disk");
    require(objects, "objects");
    require(bytes, "bytes");
    require(parts, "parts");
    require(open, "open");
    warnings = List.copyOf(require(warnings, "warnings"));
  }

  /**
   * Where the disk came from.
   *
   * @param uri without credentials
   * @param format {@code raw} or {@code qcow2}
   * @param size bytes of the source file
   * @param identity what tells this state of the source from a later one
   * @param sha256 of the source file in lower-case hexadecimal, or null where nobody computed it
   */
  public record Source(
      String uri, String format, long size, Map<String, String> identity, String sha256) {
    public Source {
      require(uri, "source.uri");
      require(format, "source.format");
      requireSize(size, "source.size");
      identity = Collections.unmodifiableMap(new TreeMap<>(require(identity, "source.identity")));
    }
  }

  /** The two objects of the disk. */
  public record StoredObjects(ObjectEntry data, ObjectEntry metadata) {
    public StoredObjects {
      require(data, "objects.data");
      require(metadata, "objects.metadata");
    }
  }

  /**
   * One object.
   *
   * @param size bytes
   * @param etag as the server gave it
   * @param checksum {@code crc32c:} and 8 hexadecimal digits over the whole object, or null
   */
  public record ObjectEntry(String bucket, String key, long size, String etag, String checksum) {
    public ObjectEntry {
      require(bucket, "objects.bucket");
      require(key, "objects.key");
      requireSize(size, "objects.size");
      require(etag, "objects.etag");
    }
  }

  /**
   * Bytes by what became of them.
   *
   * @param logical of the virtual disk
   * @param data of the disk that are not known to be zeros
   * @param zero of the disk that are
   * @param sent payload put on the wire
   * @param copied filled or reused on the server
   */
  public record Bytes(long logical, long data, long zero, long sent, long copied) {
    public Bytes {
      requireSize(logical, "bytes.logical");
      requireSize(data, "bytes.data");
      requireSize(zero, "bytes.zero");
      requireSize(sent, "bytes.sent");
      requireSize(copied, "bytes.copied");
    }
  }

  /** Parts of the data object by kind. */
  public record Parts(int upload, int zero, int reuse) {
    public Parts {
      requireSize(upload, "parts.upload");
      requireSize(zero, "parts.zero");
      requireSize(reuse, "parts.reuse");
    }
  }

  /**
   * How to open the disk; never holds credentials.
   *
   * @param qemuImageOpts the value of {@code --image-opts} for qemu-img, qemu-io and qemu-nbd
   * @param blockdev one object for each {@code -blockdev} of qemu-system, in this order
   */
  public record Open(String qemuImageOpts, List<Map<String, Object>> blockdev) {
    public Open {
      require(qemuImageOpts, "open.qemuImageOpts");
      blockdev = List.copyOf(require(blockdev, "open.blockdev"));
    }
  }

  static <T> T require(T value, String field) {
    return Objects.requireNonNull(value, () -> "manifest without " + field);
  }

  static void requireSize(long value, String field) {
    if (value < 0) {
      throw new IllegalArgumentException("manifest with " + field + " " + value);
    }
  }
}
