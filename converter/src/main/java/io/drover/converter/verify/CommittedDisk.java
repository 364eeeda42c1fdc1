package io.drover.converter.verify;

import io.drover.converter.digest.BlockDigests;
import io.drover.converter.digest.PartDigester;
import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.error.Printable;
import io.drover.converter.imports.Destination;
import io.drover.converter.manifest.BlockListJson;
import io.drover.converter.manifest.Disk;
import io.drover.converter.manifest.Manifest;
import io.drover.converter.object.ObjectLocation;
import io.drover.converter.object.ObjectStore;
import io.drover.converter.object.StoredObject;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;

/**
 * The disk of a committed import, read block by block, each compared with the manifest's digest of
 * it before anybody sees it. Thread-safe.
 */
public final class CommittedDisk {
  private static final int BLOCK = BlockDigests.BLOCK_SIZE;
  private static final int BLOCK_LIST_LIMIT = 1 << 30;

  private final ObjectStore store;
  private final Destination destination;
  private final Manifest manifest;
  private final BlockDigests expected;
  private final StoredObject data;
  private final BlockDigests found;

  private CommittedDisk(ObjectStore store, Destination destination) throws IOException {
    this.store = store;
    this.destination = destination;
    this.manifest = Verifier.manifest(store, destination);
    this.expected = expected();
    this.data = requireSame(manifest.objects().data());
    this.found = new BlockDigests(virtualSize());
  }

  /**
   * Looks at an import.
   *
   * @param store stays open
   * @throws ImportException {@code TARGET_UNAVAILABLE} if none is committed there, {@code
   *     TARGET_CORRUPTED} if its objects are not those that the manifest names
   */
  public static CommittedDisk open(ObjectStore store, Destination destination) throws IOException {
    return new CommittedDisk(store, destination);
  }

  public Manifest manifest() {
    return manifest;
  }

  /** Bytes. */
  public long virtualSize() {
    return manifest.disk().virtualSize();
  }

  /** Blocks of 4 MiB; the last may be short. */
  public int blocks() {
    return expected.count();
  }

  /** Whether the manifest says that a block is zeros. */
  public boolean isZero(int block) {
    return expected.isZero(block);
  }

  /** Bytes of a block. */
  public int length(int block) {
    return (int) Math.min(BLOCK, virtualSize() - (long) block * BLOCK);
  }

  /**
   * Fills a buffer with a block.
   *
   * @return the block's length
   * @throws ImportException {@code TARGET_CORRUPTED} if it is not what the manifest says
   */
  public int read(int block, byte[] buffer) throws IOException {
    long offset = (long) block * BLOCK;
    int length = length(block);
    // past the object's end the disk is zeros: that is what a short data file means
    int stored = (int) Math.max(0, Math.min(length, data.size() - offset));
    if (stored > 0) {
      store.read(data.location(), data.etag(), offset, ByteBuffer.wrap(buffer, 0, stored));
    }
    Arrays.fill(buffer, stored, length, (byte) 0);
    PartDigester digester = new PartDigester(found, offset, offset + length);
    digester.data(ByteBuffer.wrap(buffer, 0, length));
    digester.finish();
    if (!Arrays.equals(found.get(block), expected.get(block))) {
      throw corrupted("the data object differs from its manifest in the 4 MiB at offset " + offset);
    }
    return length;
  }

  /** Digest of the disk as it was read; every block must have been. */
  String digest() {
    return found.diskDigest();
  }

  StoredObject requireSame(Manifest.ObjectEntry entry) throws IOException {
    ObjectLocation location = new ObjectLocation(entry.bucket(), entry.key());
    Optional<StoredObject> found = store.head(location);
    if (found.isEmpty()) {
      throw corrupted(Printable.text(location.uri()) + " is missing");
    }
    if (found.get().size() != entry.size() || !found.get().etag().equals(entry.etag())) {
      throw corrupted(
          Printable.text(location.uri())
              + " has "
              + found.get().size()
              + " bytes and ETag "
              + Printable.text(found.get().etag())
              + ", its manifest says "
              + entry.size()
              + " and "
              + Printable.text(entry.etag()));
    }
    return found.get();
  }

  private BlockDigests expected() throws IOException {
    Disk disk = manifest.disk();
    Optional<BlockDigests> inline = disk.inlineDigests();
    if (inline.isPresent()) {
      return inline.get();
    }
    ObjectLocation list = new ObjectLocation(destination.bucket(), disk.blocksKey());
    byte[] json =
        store
            .get(list, BLOCK_LIST_LIMIT)
            .orElseThrow(() -> corrupted(Printable.text(list.uri()) + " is missing"));
    return BlockListJson.read(new ByteArrayInputStream(json), disk);
  }

  static ImportException corrupted(String what) {
    return ImportException.failed(
        ErrorCode.TARGET_CORRUPTED, what + "; import the disk again", null);
  }
}
