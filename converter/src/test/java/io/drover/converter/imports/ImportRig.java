package io.drover.converter.imports;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.image.ImageFormat;
import io.drover.converter.image.ReadPolicy;
import io.drover.converter.manifest.Manifest;
import io.drover.converter.object.ObjectStore;
import io.drover.converter.storage.FileSource;
import io.drover.converter.storage.SymbolicLinks;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Iterator;
import java.util.Optional;
import java.util.OptionalInt;

/** Runs imports into a store, part after part on this thread, and stops where a test wants. */
final class ImportRig {
  static final Destination DESTINATION = new Destination("images", "vm/");
  static final ImportOptions OPTIONS =
      new ImportOptions(
          OptionalInt.empty(), true, 5 << 20, Optional.empty(), ImportOptions.Existing.REFUSE);

  private final Importer importer;
  private final Path disk;

  ImportRig(ObjectStore store, Path disk) {
    this(store, disk, Duration.ZERO);
  }

  ImportRig(ObjectStore store, Path disk, Duration retryBudget) {
    this(store, disk, retryBudget, "");
  }

  private ImportRig(ObjectStore store, Path disk, Duration retryBudget, String zeroPrefix) {
    this.importer = new Importer(store, new MemoryBudget(64 << 20), zeroPrefix, retryBudget);
    this.disk = disk;
  }

  /** Zeros may be filled on the server, so that a disk without holes is scanned for them. */
  static ImportRig scanning(ObjectStore store, Path disk) {
    return new ImportRig(store, disk, Duration.ZERO, ".drover/");
  }

  ImportRequest request(String id, ImportOptions options) {
    return new ImportRequest(
        id,
        disk.getFileName().toString(),
        () -> FileSource.open(disk, SymbolicLinks.REFUSE),
        Optional.of(ImageFormat.RAW),
        DESTINATION,
        options,
        ReadPolicy.DEFAULT);
  }

  ImportSession open(String id) throws IOException {
    return importer.open(request(id, OPTIONS));
  }

  ImportSession open(String id, ImportOptions options) throws IOException {
    return importer.open(request(id, options));
  }

  /** The whole of an import; what fails is left as it is, as if the process had been killed. */
  Manifest run(String id) throws IOException {
    return run(open(id));
  }

  static Manifest run(ImportSession session) throws IOException {
    session.plan();
    while (true) {
      lanes(session, Integer.MAX_VALUE);
      Optional<Manifest> manifest = session.commit();
      if (manifest.isPresent()) {
        session.close();
        return manifest.get();
      }
    }
  }

  /** Begins an import and stops it after so many parts, as Ctrl-C does. */
  void interrupt(String id, int parts) throws IOException {
    ImportSession session = open(id);
    session.plan();
    lanes(session, parts);
    session.abort(ImportException.resumable(ErrorCode.CANCELLED, "Ctrl-C", null));
    session.close();
  }

  /** Runs the next parts. */
  static void lanes(ImportSession session, int most) throws IOException {
    Iterator<PartWork> parts = session.parts();
    for (int run = 0; run < most && parts.hasNext(); run++) {
      lane(session, parts.next());
    }
  }

  static void lane(ImportSession session, PartWork part) throws IOException {
    try (Lane lane = session.lane(part)) {
      Iterator<Chunk> chunks = lane.chunks();
      while (chunks.hasNext()) {
        lane.write(chunks.next());
      }
      lane.finish();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
