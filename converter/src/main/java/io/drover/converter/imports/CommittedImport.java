package io.drover.converter.imports;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.error.Printable;
import io.drover.converter.manifest.Manifest;
import io.drover.converter.object.ObjectStore;
import io.drover.converter.storage.ImageSource;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** An import that was committed before, by its manifest. */
public final class CommittedImport {
  private CommittedImport() {}

  /**
   * This very import, if it is committed and its source is still the one that was read. The source
   * is looked at and not read.
   *
   * @return empty if it is to be imported
   * @throws ImportException {@code TARGET_EXISTS} if the source is another one by now, unless the
   *     options let it replace what is there
   */
  public static Optional<Manifest> find(ObjectStore store, ImportRequest request)
      throws IOException {
    Optional<Manifest> committed = at(store, request);
    if (committed.isEmpty()) {
      return committed;
    }
    try (ImageSource source = request.opener().open()) {
      if (content(source.identity().fields())
          .equals(content(committed.get().source().identity()))) {
        return committed;
      }
    }
    if (request.options().existing() == ImportOptions.Existing.OVERWRITE) {
      return Optional.empty();
    }
    throw ImportException.refused(
        ErrorCode.TARGET_EXISTS,
        Printable.text(request.destination().uri(), 1100)
            + " holds an import of "
            + Printable.text(request.source(), 1024)
            + " as it was before it changed; choose another destination, or replace it with"
            + " --overwrite");
  }

  /** This very import, if it is committed; its source is not looked at. */
  public static Optional<Manifest> at(ObjectStore store, ImportRequest request) throws IOException {
    Optional<Manifest> committed = TargetState.committedSelf(store, request);
    // a manifest alone is no import
    return committed.isEmpty() || store.head(request.destination().data()).isEmpty()
        ? Optional.empty()
        : committed;
  }

  /** Without what also changes where the content does not: a new mount, a rename, a chmod. */
  private static Map<String, String> content(Map<String, String> identity) {
    Map<String, String> content = new TreeMap<>(identity);
    content.keySet().removeAll(Set.of("device", "ctime"));
    return content;
  }

  /**
   * Looks at the destination and changes nothing.
   *
   * @throws ImportException {@code TARGET_EXISTS} if something is in the way of this import
   */
  public static void requireFree(ObjectStore store, ImportRequest request) throws IOException {
    TargetState.look(store, request);
  }
}
