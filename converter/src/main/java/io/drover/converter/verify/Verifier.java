package io.drover.converter.verify;

import io.drover.converter.digest.BlockDigests;
import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.error.Printable;
import io.drover.converter.image.DiskImage;
import io.drover.converter.image.Zeros;
import io.drover.converter.imports.Destination;
import io.drover.converter.manifest.Disk;
import io.drover.converter.manifest.Manifest;
import io.drover.converter.manifest.ManifestJson;
import io.drover.converter.metadata.DataClusters;
import io.drover.converter.metadata.DataFile;
import io.drover.converter.metadata.MetadataWriter;
import io.drover.converter.object.ObjectStore;
import io.drover.converter.object.StoredObject;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * Reads a committed import back and compares it with its manifest: every block of the data object
 * with its digest, and the metadata with what the data object says it must be.
 */
public final class Verifier {
  private static final int BLOCK = BlockDigests.BLOCK_SIZE;
  private static final int PIECE = 1 << 20;

  private final ObjectStore store;
  private final Destination destination;
  private final CommittedDisk committed;
  private final Manifest manifest;

  private Verifier(ObjectStore store, Destination destination) throws IOException {
    this.store = store;
    this.destination = destination;
    this.committed = CommittedDisk.open(store, destination);
    this.manifest = committed.manifest();
  }

  /**
   * Verifies the import at a destination.
   *
   * @param parallel blocks read at a time; each takes 4 MiB
   * @throws ImportException {@code TARGET_CORRUPTED} at the first difference, with its place
   */
  public static VerifyReport verify(ObjectStore store, Destination destination, int parallel)
      throws IOException {
    return verify(store, destination, parallel, () -> false);
  }

  /**
   * The same, for as long as it is wanted.
   *
   * @param stopped looked at before each block is read
   * @throws ImportException {@code CANCELLED} once it is
   */
  public static VerifyReport verify(
      ObjectStore store, Destination destination, int parallel, BooleanSupplier stopped)
      throws IOException {
    return new Verifier(store, destination).run(parallel, null, stopped);
  }

  /** The same, and every block of the source must be the import's, too. */
  public static VerifyReport verify(
      ObjectStore store, Destination destination, int parallel, DiskImage source)
      throws IOException {
    return new Verifier(store, destination).run(parallel, source, () -> false);
  }

  /** The manifest of a committed import. */
  public static Manifest manifest(ObjectStore store, Destination destination) throws IOException {
    Optional<byte[]> json = store.get(destination.manifest(), ManifestJson.MAX_BYTES);
    if (json.isEmpty()) {
      throw ImportException.refused(
          ErrorCode.TARGET_UNAVAILABLE,
          Printable.text(destination.uri())
              + " has no manifest.json: there is no committed import; check the destination");
    }
    return ManifestJson.read(json.get());
  }

  private VerifyReport run(int parallel, DiskImage source, BooleanSupplier stopped)
      throws IOException {
    Disk disk = manifest.disk();
    if (source != null && source.virtualSize() != disk.virtualSize()) {
      throw CommittedDisk.corrupted(
          "the source's disk has "
              + source.virtualSize()
              + " bytes, the import "
              + disk.virtualSize());
    }
    StoredObject metadata = committed.requireSame(manifest.objects().metadata());
    DataClusters clusters =
        new DataClusters(disk.virtualSize(), Math.toIntExact(disk.clusterSize()));
    BlockWorkers.run(
        parallel,
        committed.blocks(),
        (block, buffer) -> {
          if (stopped.getAsBoolean()) {
            throw ImportException.resumable(
                ErrorCode.CANCELLED,
                "verifying " + Printable.text(destination.uri()) + " was interrupted; run it again",
                null);
          }
          int length = committed.read(block, buffer);
          long offset = (long) block * BLOCK;
          mark(offset, buffer, length, clusters);
          if (source != null) {
            compareWithSource(offset, buffer, length, source);
          }
        });
    boolean rebuilt = compareMetadata(metadata, clusters);
    return new VerifyReport(
        manifest.importId(),
        destination.uri(),
        disk.virtualSize(),
        committed.digest(),
        committed.blocks(),
        Math.min(disk.virtualSize(), clusters.count() * disk.clusterSize()),
        rebuilt,
        source != null);
  }

  private static void mark(long offset, byte[] buffer, int length, DataClusters clusters) {
    int size = clusters.clusterSize();
    for (int at = 0; at < length; at += size) {
      int end = Math.min(length, at + size);
      if (!Zeros.only(buffer, at, end)) {
        clusters.mark(offset + at, end - at);
      }
    }
  }

  private static void compareWithSource(long offset, byte[] buffer, int length, DiskImage source)
      throws IOException {
    byte[] original = new byte[length];
    source.read(offset, ByteBuffer.wrap(original));
    int difference = Arrays.mismatch(buffer, 0, length, original, 0, length);
    if (difference >= 0) {
      throw CommittedDisk.corrupted(
          "the import differs from the source at guest offset " + (offset + difference));
    }
  }

  /** The metadata follows from the data alone, so it can be made again and compared. */
  private boolean compareMetadata(StoredObject metadata, DataClusters clusters) throws IOException {
    MetadataWriter writer =
        new MetadataWriter(clusters, new DataFile("disk.raw", manifest.disk().rawExternalData()));
    boolean sameVersion = writer.length() == metadata.size();
    java.util.zip.CRC32C crc = new java.util.zip.CRC32C();
    byte[] piece = new byte[PIECE];
    try (InputStream rebuilt = writer.open(0, writer.length())) {
      for (long offset = 0; offset < metadata.size(); offset += PIECE) {
        int length = (int) Math.min(PIECE, metadata.size() - offset);
        store.read(metadata.location(), metadata.etag(), offset, ByteBuffer.wrap(piece, 0, length));
        crc.update(piece, 0, length);
        sameVersion =
            sameVersion && Arrays.equals(piece, 0, length, rebuilt.readNBytes(length), 0, length);
      }
    }
    String checksum = String.format("crc32c:%08x", (int) crc.getValue());
    if (!checksum.equals(manifest.objects().metadata().checksum())) {
      throw CommittedDisk.corrupted(
          "disk.qcow2 has "
              + checksum
              + ", its manifest "
              + Printable.text(manifest.objects().metadata().checksum()));
    }
    return sameVersion;
  }
}
