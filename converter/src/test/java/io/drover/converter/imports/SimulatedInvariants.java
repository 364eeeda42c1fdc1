package io.drover.converter.imports;

import io.drover.converter.error.ImportException;
import io.drover.converter.imports.SimulatedServer.Stored;
import io.drover.converter.manifest.Manifest;
import io.drover.converter.manifest.ManifestJson;
import java.util.Arrays;

/** What must hold after every change of the server's state, whoever made it. */
final class SimulatedInvariants {
  private final SimulatedServer server;
  private final SimulatedDisk disk;
  private byte[] committed;
  private String lie;
  private int lies;

  SimulatedInvariants(SimulatedServer server, SimulatedDisk disk) {
    this.server = server;
    this.disk = disk;
  }

  boolean committed() {
    return committed != null;
  }

  /** What is wrong at the moment with what is to be seen; null for nothing. */
  String lie() {
    return lie;
  }

  /** How often it was. */
  int lies() {
    return lies;
  }

  void look() {
    String before = lie;
    lie = null;
    try {
      lookNow();
    } catch (Lie found) {
      lie = found.getMessage();
      lies += before == null ? 1 : 0;
    }
  }

  /** Forgivable if it is taken back before anybody was told that the import is done. */
  private static final class Lie extends RuntimeException {
    private static final long serialVersionUID = 1;

    Lie(String message) {
      super(message, null, false, false);
    }
  }

  private static void requireTrue(boolean condition, String otherwise) {
    if (!condition) {
      throw new Lie(otherwise);
    }
  }

  private void lookNow() {
    Stored manifest = server.find(SimulatedWorker.DESTINATION.manifest());
    Stored metadata = server.find(SimulatedWorker.DESTINATION.metadata());
    if (committed == null && manifest == null) {
      if (metadata != null) {
        requireTrue(dataIsRight(), "metadata without its data");
      }
      return;
    }
    if (manifest == null) {
      require(lies > 0, "the manifest was removed");
      committed = null;
      return;
    }
    boolean first = committed == null;
    require(
        first || server.quirks().ignoresConditions() || Arrays.equals(committed, manifest.bytes()),
        "the manifest was written again");
    requireTrue(dataIsRight(), "a manifest without its data");
    Stored data = server.find(SimulatedWorker.DESTINATION.data());
    requireTrue(
        metadata != null && metadata.crc32c() == disk.metadataCrc32c(),
        "a manifest without its metadata");
    if (first || !Arrays.equals(committed, manifest.bytes())) {
      committed = manifest.bytes();
      requireRight(read(manifest.bytes()));
    }
    Manifest told = read(committed);
    requireTrue(
        told.objects().data().etag().equals(data.etag()),
        "the manifest tells of another state of the data: "
            + told.objects().data().etag()
            + ", not "
            + data.etag());
    requireTrue(
        told.objects().metadata().etag().equals(metadata.etag()),
        "the manifest tells of another state of the metadata");
  }

  private void requireRight(Manifest manifest) {
    require(manifest.importId().equals(SimulatedWorker.ID), "of " + manifest.importId());
    require(manifest.disk().digest().equals(disk.digest()), "another digest of the disk");
    Manifest.Bytes bytes = manifest.bytes();
    require(
        bytes.logical() == disk.size() + (512 - disk.size() % 512) % 512
            && bytes.data() == disk.dataBytes()
            && bytes.data() + bytes.zero() == bytes.logical(),
        "bytes do not add up: " + bytes);
    require(
        manifest.objects().data().checksum().equals(String.format("crc32c:%08x", disk.crc32c())),
        "another checksum of the data");
  }

  private boolean dataIsRight() {
    Stored data = server.find(SimulatedWorker.DESTINATION.data());
    return data != null && data.length() == disk.size() && data.crc32c() == disk.crc32c();
  }

  static void require(boolean condition, String otherwise) {
    if (!condition) {
      throw new AssertionError(otherwise);
    }
  }

  private static Manifest read(byte[] json) {
    try {
      return ManifestJson.read(json);
    } catch (ImportException e) {
      throw new AssertionError(e);
    }
  }
}
