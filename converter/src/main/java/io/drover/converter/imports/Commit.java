package io.drover.converter.imports;

import io.drover.converter.digest.BlockDigests;
import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.error.Printable;
import io.drover.converter.image.DiskImage;
import io.drover.converter.manifest.BlockListJson;
import io.drover.converter.manifest.Disk;
import io.drover.converter.manifest.Manifest;
import io.drover.converter.manifest.ManifestJson;
import io.drover.converter.manifest.OpenInstructions;
import io.drover.converter.manifest.SoftwareVersion;
import io.drover.converter.manifest.StorageNode;
import io.drover.converter.metadata.DataFile;
import io.drover.converter.metadata.MetadataWriter;
import io.drover.converter.object.ByteArrayBody;
import io.drover.converter.object.MultipartUpload;
import io.drover.converter.object.ObjectLocation;
import io.drover.converter.object.ObjectStore;
import io.drover.converter.object.PartList;
import io.drover.converter.object.StoredObject;
import io.drover.converter.object.UploadedPart;
import io.drover.converter.plan.PlanSummary;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Publishes an import: data object, metadata, block list where it is long, and the manifest as the
 * last. Whoever sees the manifest sees all of it.
 */
final class Commit {
  /** Metadata up to this goes in one request; the buffer that holds it is this large. */
  private static final int PIECE = 16 << 20;

  private final ObjectStore store;
  private final ImportRequest request;
  private final DiskImage image;
  private final Reading reading;
  private final Counters counters;
  private final Patience patience;
  private final Timing timing;
  private final Map<String, String> tags;

  Commit(
      ObjectStore store,
      ImportRequest request,
      DiskImage image,
      Reading reading,
      Counters counters,
      Patience patience,
      Timing timing) {
    this.store = store;
    this.request = request;
    this.image = image;
    this.reading = reading;
    this.counters = counters;
    this.patience = patience;
    this.timing = timing;
    this.tags = TargetState.tags(request);
  }

  Manifest publish(TargetState target, Transfer transfer, List<UploadedPart> parts)
      throws IOException {
    Destination destination = request.destination();
    if (!target.replaces()) {
      Optional<Manifest> other =
          patience.insist(() -> TargetState.requireStillFree(store, request));
      if (other.isPresent()) {
        // another worker on this import was first
        requireBacked(other.get());
        if (transfer.upload() != null) {
          transfer.upload().close();
        }
        transfer.endCheckpoints();
        return other.get();
      }
    } else {
      // from here on there is no import at the destination, rather than a manifest that lies
      patience.insist(
          () -> {
            store.delete(destination.manifest());
            return null;
          });
    }
    StoredObject stored =
        transfer.published().isPresent()
            ? transfer.published().get()
            : patience.insist(() -> transfer.upload().commit(parts));
    transfer.published(stored);
    Manifest.ObjectEntry data = entry(stored, new PartList(parts).crc32c());
    boolean raw = request.options().rawExternalData();
    MetadataWriter writer = new MetadataWriter(reading.clusters(), new DataFile("disk.raw", raw));
    Manifest.ObjectEntry metadata =
        patience.insist(() -> putMetadata(destination.metadata(), writer));
    Disk disk = disk(raw);
    OpenInstructions open =
        new OpenInstructions(
            StorageNode.http(store.url(destination.metadata())),
            StorageNode.http(store.url(destination.data())),
            raw);
    PlanSummary summary = reading.plan().summary();
    Manifest manifest =
        new Manifest(
            Manifest.SCHEMA_VERSION,
            request.importId(),
            timing.now().truncatedTo(ChronoUnit.SECONDS).toString(),
            SoftwareVersion.text(),
            new Manifest.Source(
                Printable.text(request.source(), 1024),
                image.format().label(),
                reading.sourceSize(),
                reading.identity(),
                request.options().sourceSha256().orElse(null)),
            disk,
            new Manifest.StoredObjects(data, metadata),
            new Manifest.Bytes(
                image.virtualSize(),
                counters.data(),
                counters.zero(),
                counters.sent(),
                counters.copied()),
            new Manifest.Parts(summary.uploadParts(), summary.zeroParts(), summary.reuseParts()),
            open.manifestOpen(),
            image.warnings());
    Manifest committed = putManifest(destination.manifest(), manifest);
    transfer.endCheckpoints();
    return committed;
  }

  private Manifest.ObjectEntry putMetadata(ObjectLocation location, MetadataWriter writer)
      throws IOException {
    byte[] piece = new byte[(int) Math.min(PIECE, writer.length())];
    if (writer.length() <= PIECE) {
      fill(writer, 0, piece, piece.length);
      return put(location, new ByteArrayBody(piece));
    }
    try (MultipartUpload upload = store.begin(location, tags)) {
      List<UploadedPart> parts = new ArrayList<>();
      for (long offset = 0; offset < writer.length(); offset += piece.length) {
        int length = (int) Math.min(piece.length, writer.length() - offset);
        fill(writer, offset, piece, length);
        parts.add(upload.upload(parts.size() + 1, new ByteArrayBody(piece, 0, length)));
        counters.addSent(length);
      }
      return entry(upload.commit(parts), new PartList(parts).crc32c());
    }
  }

  private static void fill(MetadataWriter writer, long offset, byte[] target, int length)
      throws IOException {
    int filled = writer.open(offset, length).readNBytes(target, 0, length);
    if (filled != length) {
      throw new AssertionError(filled + " bytes of metadata instead of " + length);
    }
  }

  private Disk disk(boolean raw) throws IOException {
    BlockDigests digests = reading.digests();
    int clusterSize = reading.clusters().clusterSize();
    if (!Disk.needsBlocksKey(digests.diskSize())) {
      return Disk.inline(clusterSize, raw, digests);
    }
    ObjectLocation location = request.destination().object(BlockListJson.NAME);
    ByteArrayOutputStream list = new ByteArrayOutputStream();
    BlockListJson.write(digests, list);
    put(location, new ByteArrayBody(list.toByteArray()));
    return Disk.withBlocksAt(location.key(), clusterSize, raw, digests);
  }

  private Manifest.ObjectEntry put(ObjectLocation location, ByteArrayBody body) throws IOException {
    StoredObject stored = patience.insist(() -> store.put(location, body, tags, false));
    counters.addSent(body.length());
    return entry(stored, body.crc32c());
  }

  /** Only if there is none: of two that race, one import is committed, and the other told. */
  private Manifest putManifest(ObjectLocation location, Manifest manifest) throws IOException {
    ByteArrayBody body = new ByteArrayBody(ManifestJson.write(manifest));
    try {
      patience.insist(() -> store.put(location, body, tags, true));
    } catch (ImportException e) {
      if (e.code() != ErrorCode.TARGET_EXISTS) {
        throw e;
      }
      // the answer to our own request may have been lost, or another run of this import was first
      Manifest other = TargetState.committedSelf(store, request).orElseThrow(() -> e);
      requireBacked(other);
      return other;
    }
    requireBacked(manifest);
    return manifest;
  }

  /**
   * Looks once more, now that nobody removes them: a worker that was suspended for long may have
   * been taken for dead, and its objects removed, between its last look and the manifest. Then
   * there must not be one.
   */
  void requireBacked(Manifest manifest) throws IOException {
    Manifest.ObjectEntry data = manifest.objects().data();
    Manifest.ObjectEntry metadata = manifest.objects().metadata();
    boolean backed =
        found(request.destination().data(), data.size())
                // another run may have cut it into other parts
                .filter(there -> data.size() == 0 || there.etag().equals(data.etag()))
                .isPresent()
            // by its size alone: not every server tells the ETag of a put as it does later
            && found(request.destination().metadata(), metadata.size()).isPresent();
    if (backed) {
      return;
    }
    takeBack(manifest);
    throw ImportException.resumable(
        ErrorCode.TARGET_UNAVAILABLE,
        "objects of "
            + Printable.text(request.destination().uri(), 1100)
            + " were removed or replaced while they were committed; run the same command again",
        null);
  }

  /** A manifest that says what is not so; who has lost the lease leaves that to the next run. */
  private void takeBack(Manifest manifest) throws IOException {
    ObjectLocation location = request.destination().manifest();
    byte[] told = ManifestJson.write(manifest);
    patience.insist(
        () -> {
          Optional<byte[]> there = store.get(location, ManifestJson.MAX_BYTES);
          if (there.filter(bytes -> Arrays.equals(bytes, told)).isPresent()) {
            store.delete(location);
          }
          return null;
        });
  }

  private Optional<StoredObject> found(ObjectLocation location, long size) throws IOException {
    return patience.insist(() -> store.head(location)).filter(there -> there.size() == size);
  }

  private static Manifest.ObjectEntry entry(StoredObject stored, int crc32c) {
    return new Manifest.ObjectEntry(
        stored.location().bucket(),
        stored.location().key(),
        stored.size(),
        stored.etag(),
        String.format("crc32c:%08x", crc32c));
  }
}
