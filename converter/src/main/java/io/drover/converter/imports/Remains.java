package io.drover.converter.imports;

import io.drover.converter.error.Printable;
import io.drover.converter.manifest.BlockListJson;
import io.drover.converter.object.ObjectLocation;
import io.drover.converter.object.ObjectStore;
import io.drover.converter.object.ObjectStore.OpenUpload;
import io.drover.converter.object.StoredObject;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Removes what an import left that will not be gone on with. Never touches a committed one. */
final class Remains {
  /** The answer to a beginning may have been lost: nobody knows that upload, and it is old. */
  static final Duration ORPHAN = Duration.ofHours(1);

  private static final Logger LOG = LoggerFactory.getLogger(Remains.class);

  private final ObjectStore store;
  private final Destination destination;

  Remains(ObjectStore store, Destination destination) {
    this.store = store;
    this.destination = destination;
  }

  /** All that an unfinished import left; what of it was committed stays. */
  void remove(Checkpoint checkpoint) throws IOException {
    store.abort(checkpoint.upload(destination.data()));
    removeObjects(checkpoint.importId());
    removeCheckpoint();
  }

  /**
   * The uploads to a destination's two large objects.
   *
   * @param known an upload that is to stay; empty for none
   * @param age the least
   */
  int abortUploads(String known, Duration age) throws IOException {
    int aborted = 0;
    for (OpenUpload left : openUploads()) {
      if (!left.uploadId().equals(known) && left.age().compareTo(age) >= 0) {
        LOG.info(
            "aborting upload {} of {}, which nobody goes on with",
            Printable.text(left.uploadId()),
            Printable.text(left.location().uri(), 1100));
        store.abort(left);
        aborted++;
      }
    }
    return aborted;
  }

  List<OpenUpload> openUploads() throws IOException {
    return store.openUploads(destination.bucket(), destination.prefix() + "disk.").stream()
        .filter(
            open ->
                open.location().equals(destination.data())
                    || open.location().equals(destination.metadata()))
        .toList();
  }

  void removeCheckpoint() throws IOException {
    store.delete(destination.object(Checkpoint.NAME));
  }

  /** Whether there is an import's data object, and no manifest of it. */
  boolean areUncommitted(String importId) throws IOException {
    return isOf(importId, store.head(destination.data()))
        && !TargetState.isCommitted(store, destination, importId);
  }

  private static boolean isOf(String importId, Optional<StoredObject> found) {
    return found.isPresent()
        && importId.equals(found.get().metadata().get(TargetState.ID_METADATA));
  }

  /** The objects of an import, unless it is committed. */
  int removeObjects(String importId) throws IOException {
    if (TargetState.isCommitted(store, destination, importId)) {
      return 0;
    }
    int removed = 0;
    for (ObjectLocation location :
        List.of(
            destination.metadata(), destination.object(BlockListJson.NAME), destination.data())) {
      if (isOf(importId, store.head(location))) {
        store.delete(location);
        removed++;
      }
    }
    if (removed > 0 && TargetState.isCommitted(store, destination, importId)) {
      // by a worker that was taken for dead, and came to in between
      LOG.warn(
          "{} was committed while its objects were removed; its manifest is removed, too",
          Printable.text(destination.uri(), 1100));
      store.delete(destination.manifest());
    }
    return removed;
  }
}
