package io.drover.converter.imports;

import io.drover.converter.digest.BlockDigests;
import io.drover.converter.error.Printable;
import io.drover.converter.metadata.DataClusters;
import io.drover.converter.object.ListedPart;
import io.drover.converter.object.MultipartUpload;
import io.drover.converter.object.StoredObject;
import io.drover.converter.object.UploadedPart;
import io.drover.converter.plan.Part;
import io.drover.converter.plan.PartPlan;
import java.io.IOException;
import java.time.temporal.ChronoUnit;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.function.IntSupplier;
import java.util.function.Supplier;

/**
 * The data object on its way to the server: its upload, the parts that are there, and the
 * checkpoint that tells of them. Thread-safe; {@link #restart} and what ends the transfer want no
 * lane at work.
 */
final class Transfer {
  /** What stays the same in all checkpoints of a run. */
  record Origin(
      ImportRequest request,
      String format,
      Map<String, String> identity,
      Checkpoint.PlanInputs plan,
      int attempt) {}

  private final Origin origin;
  private final CheckpointFile file;
  private final BlockDigests digests;
  private final DataClusters clusters;
  private final Counters counters;
  private final Timing timing;
  private final FinishedParts finished;
  private volatile MultipartUpload upload;
  private volatile StoredObject published;
  private volatile String uploadId;
  private volatile String begun;
  private volatile boolean lost;
  private volatile boolean sealed;

  /** All parts, once they are known and done. */
  private volatile PartPlan settled;

  Transfer(
      Origin origin,
      CheckpointFile file,
      BlockDigests digests,
      DataClusters clusters,
      Counters counters,
      Timing timing) {
    this.origin = origin;
    this.file = file;
    this.digests = digests;
    this.clusters = clusters;
    this.counters = counters;
    this.timing = timing;
    this.finished = new FinishedParts(counters);
  }

  /** Parts that are on the server. */
  List<FinishedParts.Finished> finished() {
    return finished.all();
  }

  int attempt() {
    return origin.attempt();
  }

  /** A new upload; the checkpoint is there before any part is. */
  void begin(MultipartUpload fresh, Patience patience) throws IOException {
    upload = fresh;
    uploadId = fresh.uploadId();
    begun = timing.now().truncatedTo(ChronoUnit.SECONDS).toString();
    lost = false;
    patience.insistFirst(
        () -> {
          file.write(() -> checkpoint(true));
          return null;
        });
  }

  /** Goes on with the upload of a checkpoint. */
  void goOn(Checkpoint checkpoint, MultipartUpload resumed, List<ListedPart> parts) {
    upload = resumed;
    uploadId = checkpoint.uploadId();
    begun = checkpoint.begun();
    finished.list(parts);
    // soon: it says who is at work now
    file.tryWrite(() -> checkpoint(true));
  }

  /** Goes on where the data object is there already. */
  void goOn(Checkpoint checkpoint, StoredObject data, PartPlan plan) {
    settled = plan;
    published = data;
    uploadId = checkpoint.uploadId();
    begun = checkpoint.begun();
  }

  MultipartUpload upload() {
    return upload;
  }

  /** All parts, where the data object was there already. */
  Optional<PartPlan> settled() {
    return Optional.ofNullable(settled);
  }

  Optional<StoredObject> published() {
    return Optional.ofNullable(published);
  }

  void published(StoredObject data) {
    published = data;
  }

  /** The parts that are still to be run, as they stand when they are asked for. */
  Iterator<Part> pending(List<Part> plan) {
    Iterator<Part> parts = plan.iterator();
    return new Iterator<>() {
      private Part next;

      @Override
      public boolean hasNext() {
        while (next == null && parts.hasNext() && !lost && published == null) {
          Part part = parts.next();
          next = finished.contains(part.number()) ? null : part;
        }
        // what was said counts, or a split would end while its lanes are at work
        return next != null;
      }

      @Override
      public Part next() {
        if (!hasNext()) {
          throw new NoSuchElementException();
        }
        Part part = next;
        next = null;
        return part;
      }
    };
  }

  /** See {@link FinishedParts#alreadyThere}. */
  Optional<UploadedPart> alreadyThere(Part part, IntSupplier crc32c, Supplier<String> md5) {
    return finished.alreadyThere(part, crc32c, md5);
  }

  /** A part is on the server. */
  void done(Part part, UploadedPart uploaded, long data) {
    finished.add(part, uploaded, data);
    if (!lost) {
      file.writeIfDue(() -> checkpoint(true));
    }
  }

  /** A part is on the server, as a checkpoint tells. */
  void restored(Part part, UploadedPart uploaded, long data) {
    if (finished.contains(part.number())) {
      return;
    }
    counters.addData(data);
    counters.addZero(part.length() - data);
    finished.add(part, uploaded, data);
  }

  /** The server does not know the upload any more. */
  void lost() {
    lost = true;
  }

  boolean isLost() {
    return lost;
  }

  /** All parts are to be run again, in another upload. */
  void restart() {
    settled = null;
    finished.clear();
  }

  /**
   * Parts that the server does not have, or not as they were, are to be run again.
   *
   * @return how many
   */
  int forgetUnlisted(List<ListedPart> parts) {
    return finished.retain(parts);
  }

  /**
   * All parts, ascending.
   *
   * @throws IllegalStateException if one is missing
   */
  List<UploadedPart> parts(int count) {
    List<FinishedParts.Finished> all = finished.all();
    if (all.size() != count) {
      throw new IllegalStateException(
          (count - all.size()) + " parts are missing; every part needs its lane");
    }
    return all.stream().map(FinishedParts.Finished::uploaded).toList();
  }

  /** Tells that somebody is at work. */
  void beat() {
    if (hasUpload()) {
      file.beat(() -> checkpoint(true));
    }
  }

  /** Before the upload is completed: from here on another worker needs no source to finish. */
  void seal(PartPlan plan, Patience patience) throws IOException {
    settled = plan;
    sealed = true;
    patience.insist(
        () -> {
          file.write(() -> checkpoint(true));
          return null;
        });
  }

  /** For whoever goes on. */
  void pause() {
    // the checkpoint of a lost upload is for whoever has completed it
    if (hasUpload()) {
      file.tryWrite(() -> checkpoint(false));
    }
    endCheckpoints();
  }

  private boolean hasUpload() {
    return !lost && uploadId != null;
  }

  /** None is written any more; one that is on its way has arrived. */
  void endCheckpoints() {
    file.end();
  }

  /** Whether the data object may be there by this run's doing, or was taken over from another. */
  private boolean mayHavePublished() {
    return sealed || published != null;
  }

  /** Leaves nothing of the import. */
  void discard(Remains remains) throws IOException {
    if (upload != null) {
      upload.close();
    }
    endCheckpoints();
    String importId = origin.request().importId();
    if (mayHavePublished()) {
      remains.removeObjects(importId);
    } else if (remains.areUncommitted(importId)) {
      // another run's, which may be about to commit them; if it never does, they are found by this
      return;
    }
    remains.removeCheckpoint();
  }

  private byte[] checkpoint(boolean running) {
    boolean scan = origin.plan().hash().equals(Checkpoint.PlanInputs.SCAN);
    PartPlan scanned = scan ? settled : null;
    // what a scan's parts hold is known by scanning again, but for the last moment, when all is
    // there
    List<FinishedParts.Finished> now = scan && scanned == null ? List.of() : finished.all();
    long bytes = now.stream().mapToLong(each -> each.part().length()).sum();
    Checkpoint header =
        new Checkpoint(
            Checkpoint.SCHEMA_VERSION,
            origin.request().importId(),
            origin.attempt(),
            Printable.text(origin.request().source(), 1024),
            origin.format(),
            origin.identity(),
            origin.plan(),
            uploadId,
            begun,
            WorkerId.self(),
            running,
            new Checkpoint.Done(now.size(), bytes),
            scanned == null ? List.of() : Checkpoint.cut(scanned),
            List.of());
    Iterator<Checkpoint.FinishedPart> parts =
        now.stream()
            .map(
                each ->
                    new Checkpoint.FinishedPart(
                        each.part().number(),
                        each.uploaded().etag(),
                        each.uploaded().crc32c(),
                        each.data(),
                        PartContent.blocks(each.part(), digests),
                        PartContent.clusters(each.part(), clusters)))
            .iterator();
    return CheckpointJson.write(header, parts);
  }
}
