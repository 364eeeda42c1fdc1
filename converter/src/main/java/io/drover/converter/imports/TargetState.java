package io.drover.converter.imports;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.error.Printable;
import io.drover.converter.manifest.Manifest;
import io.drover.converter.manifest.ManifestJson;
import io.drover.converter.object.ObjectLocation;
import io.drover.converter.object.ObjectStore;
import io.drover.converter.object.StoredObject;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What lay at the destination before the import: nothing, a committed import, or an unfinished one.
 * Anything else is not ours to overwrite.
 *
 * @param committed this very import, committed before, where that counts as done
 * @param replaces whether a committed import is to be replaced
 * @param unfinished checkpoint of an import that did not end: of this one, to be gone on with, or
 *     of another, to be removed
 */
record TargetState(
    ImportRequest request,
    Optional<Manifest> committed,
    boolean replaces,
    Optional<CheckpointFile.Found> unfinished) {
  private static final Logger LOG = LoggerFactory.getLogger(TargetState.class);

  /** User metadata of every object of an import. */
  static final String ID_METADATA = ImportId.METADATA;

  /**
   * Looks; changes nothing.
   *
   * @throws ImportException {@code TARGET_EXISTS} if something is in the way
   */
  static TargetState look(ObjectStore store, ImportRequest request) throws IOException {
    Destination destination = request.destination();
    boolean overwrite = request.options().existing() == ImportOptions.Existing.OVERWRITE;
    Optional<StoredObject> manifest = store.head(destination.manifest());
    Optional<CheckpointFile.Found> unfinished = CheckpointFile.find(store, destination);
    boolean hollow = manifest.isPresent() && store.head(destination.data()).isEmpty();
    if (hollow) {
      // by a worker that was suspended until its objects were swept, and then killed at the
      // manifest
      LOG.warn(
          "{} has a manifest without its data object: that is no import, and is replaced",
          Printable.text(destination.uri(), 1100));
    }
    if (manifest.isPresent() && !overwrite && !hollow) {
      return committed(store, request, unfinished);
    }
    Optional<Checkpoint> left = unfinished.flatMap(CheckpointFile.Found::checkpoint);
    if (left.isPresent() && !left.get().isOf(request)) {
      requireRemovable(request, unfinished.get(), left.get());
    }
    if (!overwrite) {
      requireFreeOrOurs(store, request, left, destination.data());
      requireFreeOrOurs(store, request, left, destination.metadata());
    }
    return new TargetState(request, Optional.empty(), manifest.isPresent(), unfinished);
  }

  /** Whether the import of this id is committed there. */
  static boolean isCommitted(ObjectStore store, Destination destination, String importId)
      throws IOException {
    return manifestAt(store, destination)
        .filter(manifest -> manifest.importId().equals(importId))
        .isPresent();
  }

  private static Optional<Manifest> manifestAt(ObjectStore store, Destination destination)
      throws IOException {
    Optional<byte[]> json = store.get(destination.manifest(), ManifestJson.MAX_BYTES);
    return json.isEmpty() ? Optional.empty() : Optional.of(ManifestJson.read(json.get()));
  }

  /** User metadata of the import's objects. */
  static Map<String, String> tags(ImportRequest request) {
    return tags(request.importId());
  }

  static Map<String, String> tags(String importId) {
    return Map.of(ID_METADATA, importId);
  }

  /** The number of the run that begins now; 1 for the first. */
  int attempt() {
    return attempt(request, unfinished);
  }

  static int attempt(ImportRequest request, Optional<CheckpointFile.Found> unfinished) {
    return unfinished.flatMap(found -> found.of(request)).map(left -> left.attempt() + 1).orElse(1);
  }

  /** The import that is committed at its destination, if it is this one. */
  static Optional<Manifest> committedSelf(ObjectStore store, ImportRequest request)
      throws IOException {
    return manifestAt(store, request.destination())
        .filter(manifest -> manifest.importId().equals(request.importId()));
  }

  /**
   * Looks again, when everything is ready to be published.
   *
   * @return the import, if another worker on it was first
   * @throws ImportException {@code TARGET_EXISTS} if another import was committed there meanwhile
   */
  static Optional<Manifest> requireStillFree(ObjectStore store, ImportRequest request)
      throws IOException {
    Optional<Manifest> manifest = manifestAt(store, request.destination());
    if (manifest.isPresent() && !manifest.get().importId().equals(request.importId())) {
      throw exists(request, "holds an import that was committed meanwhile");
    }
    return manifest;
  }

  private static TargetState committed(
      ObjectStore store, ImportRequest request, Optional<CheckpointFile.Found> unfinished)
      throws IOException {
    boolean ours = unfinished.flatMap(found -> found.of(request)).isPresent();
    // with its checkpoint still there it was killed in its last moment: this ends that run
    if (ours || request.options().existing() == ImportOptions.Existing.ACCEPT_SAME) {
      Optional<Manifest> same = committedSelf(store, request);
      if (same.isPresent()) {
        return new TargetState(request, same, false, unfinished);
      }
    }
    throw exists(request, "holds a committed import (manifest.json)");
  }

  /**
   * An unfinished import of another kind: the same source at another time gives way, others not.
   */
  private static void requireRemovable(
      ImportRequest request, CheckpointFile.Found found, Checkpoint left) throws ImportException {
    String what =
        "an import of "
            + Printable.text(left.source())
            + " ("
            + left.progress().parts()
            + " of "
            + left.plan().parts()
            + " parts)";
    if (found.alive()) {
      throw ImportException.refused(
          ErrorCode.TARGET_EXISTS,
          Printable.text(request.destination().uri(), 1100)
              + " is being written by "
              + what
              + " on host "
              + Printable.text(left.worker().host())
              + "; wait for its end, or choose another destination");
    }
    if (!request.options().restart()
        && !left.source().equals(Printable.text(request.source(), 1024))) {
      throw ImportException.refused(
          ErrorCode.TARGET_EXISTS,
          Printable.text(request.destination().uri(), 1100)
              + " holds "
              + what
              + " that did not end; run that again, remove it with drover abort, or begin anew with"
              + " --restart");
    }
  }

  private static void requireFreeOrOurs(
      ObjectStore store, ImportRequest request, Optional<Checkpoint> left, ObjectLocation location)
      throws IOException {
    Optional<StoredObject> found = store.head(location);
    if (found.isEmpty()) {
      return;
    }
    String owner = found.get().metadata().getOrDefault(ID_METADATA, "");
    if (!owner.equals(request.importId())
        && !left.map(Checkpoint::importId).filter(owner::equals).isPresent()) {
      throw exists(request, "holds " + Printable.text(location.key()) + ", of another origin");
    }
  }

  private static ImportException exists(ImportRequest request, String what) {
    return ImportException.refused(
        ErrorCode.TARGET_EXISTS,
        Printable.text(request.destination().uri())
            + " "
            + what
            + "; choose another destination, or replace it with --overwrite");
  }
}
