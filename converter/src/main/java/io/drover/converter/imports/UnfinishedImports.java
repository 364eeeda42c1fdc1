package io.drover.converter.imports;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.error.Printable;
import io.drover.converter.object.ObjectStore;
import io.drover.converter.object.ObjectStore.OpenUpload;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The imports below a destination that did not end: found by their checkpoints and by uploads that
 * are open; removed without touching what is committed. Thread-safe, since it holds nothing.
 */
public final class UnfinishedImports {
  private static final List<String> UPLOADED = List.of("disk.raw", "disk.qcow2");

  /** For the lease where the checkpoint does not tell whose it is. */
  private static final String NOBODY = "unknown";

  private final ObjectStore store;
  private final Timing timing;

  public UnfinishedImports(ObjectStore store) {
    this(store, Timing.SYSTEM);
  }

  UnfinishedImports(ObjectStore store, Timing timing) {
    this.store = store;
    this.timing = timing;
  }

  /** What one destination holds. */
  private record Holding(Optional<CheckpointFile.Found> found, List<OpenUpload> uploads) {
    Optional<Checkpoint> checkpoint() {
      return found.flatMap(CheckpointFile.Found::checkpoint);
    }

    /** Since the last word of it. */
    Duration age() {
      return found
          .map(CheckpointFile.Found::age)
          .orElseGet(
              () ->
                  uploads.stream()
                      .map(OpenUpload::age)
                      .min(Duration::compareTo)
                      .orElse(Duration.ZERO));
    }

    /** Then a lease is all that is there. */
    boolean empty() {
      return found.isEmpty() && uploads.isEmpty();
    }

    boolean alive() {
      return found.map(CheckpointFile.Found::alive).orElse(age().compareTo(ALIVE) < 0);
    }
  }

  /** An upload that no checkpoint tells of may have been begun a moment ago. */
  private static final Duration ALIVE = CheckpointFile.SILENCE;

  /** All below the prefix, by their destinations. */
  public List<UnfinishedImport> below(Destination prefix) throws IOException {
    List<UnfinishedImport> unfinished = new ArrayList<>();
    for (Map.Entry<String, List<OpenUpload>> place : places(prefix).entrySet()) {
      Destination destination = new Destination(prefix.bucket(), place.getKey());
      Holding holding = holding(destination, place.getValue());
      if (!holding.empty() && !committed(destination, holding)) {
        unfinished.add(describe(destination, holding));
      }
    }
    return unfinished;
  }

  /**
   * Removes the unfinished import at a destination: its uploads, its checkpoint, its objects.
   *
   * @param force even if somebody may be at work on it
   * @return what was removed; empty if there was nothing
   * @throws ImportException {@code TARGET_EXISTS} if somebody may be at work on it
   */
  public Optional<UnfinishedImport> abort(Destination destination, boolean force)
      throws IOException {
    List<OpenUpload> uploads = new Remains(store, destination).openUploads();
    Holding holding = holding(destination, uploads);
    if (holding.empty()) {
      return Optional.empty();
    }
    if (!force && holding.alive() && !committed(destination, holding)) {
      throw ImportException.refused(
          ErrorCode.TARGET_EXISTS,
          Printable.text(destination.uri(), 1100)
              + " is being written, or was "
              + holding.age().toSeconds()
              + " s ago; stop that import, or abort it all the same with --force");
    }
    UnfinishedImport removed = describe(destination, holding);
    if (!remove(destination, holding, force)) {
      throw ImportException.refused(
          ErrorCode.TARGET_EXISTS,
          Printable.text(destination.uri(), 1100)
              + " has just been taken up; stop that import, or abort it all the same with --force");
    }
    return Optional.of(removed);
  }

  /**
   * Removes every unfinished import below the prefix of which nothing was heard for so long.
   *
   * @return those that were removed
   */
  public List<UnfinishedImport> sweep(Destination prefix, Duration age) throws IOException {
    List<UnfinishedImport> removed = new ArrayList<>();
    for (Map.Entry<String, List<OpenUpload>> place : places(prefix).entrySet()) {
      Destination destination = new Destination(prefix.bucket(), place.getKey());
      Holding holding = holding(destination, place.getValue());
      boolean forgotten = !holding.alive() && holding.age().compareTo(age) >= 0;
      if (holding.empty()) {
        // a lease that nobody could give back
        removeLease(destination, age);
      } else if (forgotten && remove(destination, holding, false)) {
        removed.add(describe(destination, holding));
      }
    }
    return removed;
  }

  /** It is written at each renewal, so that its age is the time since its holder was heard of. */
  private void removeLease(Destination destination, Duration age) throws IOException {
    boolean old =
        store
            .age(destination.object(LeaseFile.NAME))
            .filter(silence -> silence.compareTo(age) >= 0)
            .isPresent();
    if (old) {
      DeadLease.take(store, destination, NOBODY, false, timing).ifPresent(Lease::release);
    }
  }

  /**
   * Removes what is there, as its only worker.
   *
   * @return whether that was possible: else somebody has begun to work on it
   */
  private boolean remove(Destination destination, Holding holding, boolean force)
      throws IOException {
    String importId = holding.checkpoint().map(Checkpoint::importId).orElse(NOBODY);
    Optional<Lease> lease = DeadLease.take(store, destination, importId, force, timing);
    if (lease.isEmpty()) {
      return false;
    }
    LeasedStore own = new LeasedStore(store);
    own.hold(lease.get());
    try {
      Remains remains = new Remains(own, destination);
      remains.abortUploads("", Duration.ZERO);
      if (holding.checkpoint().isPresent()) {
        remains.removeObjects(importId);
      }
      if (holding.found().isPresent()) {
        remains.removeCheckpoint();
      }
    } finally {
      lease.get().release();
    }
    return true;
  }

  private Holding holding(Destination destination, List<OpenUpload> uploads) throws IOException {
    return new Holding(CheckpointFile.find(store, destination), uploads);
  }

  /** A checkpoint that outlived its import's commit is no unfinished import. */
  private boolean committed(Destination destination, Holding holding) throws IOException {
    return holding.checkpoint().isPresent()
        && holding.uploads().isEmpty()
        && TargetState.isCommitted(store, destination, holding.checkpoint().get().importId());
  }

  /** Key prefixes with a checkpoint, a lease, or open uploads. */
  private Map<String, List<OpenUpload>> places(Destination prefix) throws IOException {
    Map<String, List<OpenUpload>> places = new TreeMap<>();
    for (String key : store.list(prefix.bucket(), prefix.prefix())) {
      if (isNamed(key, Checkpoint.NAME) || isNamed(key, LeaseFile.NAME)) {
        places.putIfAbsent(parent(key), new ArrayList<>());
      }
    }
    for (OpenUpload upload : store.openUploads(prefix.bucket(), prefix.prefix())) {
      String key = upload.location().key();
      if (UPLOADED.stream().anyMatch(name -> isNamed(key, name))) {
        places.computeIfAbsent(parent(key), ignored -> new ArrayList<>()).add(upload);
      }
    }
    return places;
  }

  private static boolean isNamed(String key, String name) {
    return key.equals(name) || key.endsWith("/" + name);
  }

  private static String parent(String key) {
    return key.substring(0, key.lastIndexOf('/') + 1);
  }

  private static UnfinishedImport describe(Destination destination, Holding holding) {
    Optional<Checkpoint> checkpoint = holding.checkpoint();
    Optional<String> upload =
        holding.uploads().stream()
            .map(OpenUpload::uploadId)
            .filter(id -> checkpoint.isEmpty() || id.equals(checkpoint.get().uploadId()))
            .findFirst();
    return new UnfinishedImport(
        Printable.text(destination.uri(), 1100),
        checkpoint.map(each -> Printable.text(each.importId())).orElse(null),
        checkpoint.map(each -> Printable.text(each.source(), 1024)).orElse(null),
        checkpoint.map(each -> Printable.text(each.worker().host())).orElse(null),
        checkpoint.map(Checkpoint::begun).orElse(null),
        holding.age().toSeconds(),
        checkpoint
            .map(each -> new UnfinishedImport.Parts(each.progress().parts(), each.plan().parts()))
            .orElse(new UnfinishedImport.Parts(0, 0)),
        checkpoint
            .map(
                each ->
                    new UnfinishedImport.Bytes(each.progress().bytes(), each.plan().objectSize()))
            .orElse(new UnfinishedImport.Bytes(0, 0)),
        upload.map(Printable::text).orElse(null),
        holding.alive(),
        // without an upload, only if nothing but metadata and manifest are missing
        checkpoint
            .map(each -> upload.isPresent() || each.parts().size() == each.plan().parts())
            .orElse(false));
  }
}
