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
import java.util.Optional;

/**
 * What lay at the destination before the import: nothing, a committed import, or what a killed run
 * of the same import left. Anything else is not ours to overwrite.
 *
 * @param committed this very import, committed before, where that counts as done
 * @param replaces whether a committed import is to be replaced
 */
record TargetState(ImportRequest request, Optional<Manifest> committed, boolean replaces) {
  /** User metadata of every object of an import. */
  static final String ID_METADATA = "drover-import-id";

  /**
   * Looks; changes nothing.
   *
   * @throws ImportException {@code TARGET_EXISTS} if something is in the way
   */
  static TargetState look(ObjectStore store, ImportRequest request) throws IOException {
    Destination destination = request.destination();
    boolean overwrite = request.options().existing() == ImportOptions.Existing.OVERWRITE;
    Optional<StoredObject> manifest = store.head(destination.manifest());
    if (manifest.isPresent() && !overwrite) {
      return committed(store, request);
    }
    if (!overwrite) {
      requireFreeOrOurs(store, request, destination.data());
      requireFreeOrOurs(store, request, destination.metadata());
    }
    return new TargetState(request, Optional.empty(), manifest.isPresent());
  }

  /** Removes what a killed run of this import left open, where only one run of it can live. */
  void clear(ObjectStore store) throws IOException {
    if (request.options().existing() != ImportOptions.Existing.ACCEPT_SAME) {
      return;
    }
    ObjectLocation data = request.destination().data();
    for (ObjectStore.OpenUpload left : store.openUploads(data.bucket(), data.key())) {
      if (left.location().equals(data)) {
        store.abort(left);
      }
    }
  }

  private static TargetState committed(ObjectStore store, ImportRequest request)
      throws IOException {
    Optional<byte[]> json = store.get(request.destination().manifest(), ManifestJson.MAX_BYTES);
    if (json.isPresent() && request.options().existing() == ImportOptions.Existing.ACCEPT_SAME) {
      Manifest manifest = ManifestJson.read(json.get());
      if (manifest.importId().equals(request.importId())) {
        return new TargetState(request, Optional.of(manifest), false);
      }
    }
    throw exists(request, "holds a committed import (manifest.json)");
  }

  private static void requireFreeOrOurs(
      ObjectStore store, ImportRequest request, ObjectLocation location) throws IOException {
    Optional<StoredObject> found = store.head(location);
    if (found.isPresent() && !request.importId().equals(found.get().metadata().get(ID_METADATA))) {
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
