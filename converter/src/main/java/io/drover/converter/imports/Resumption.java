package io.drover.converter.imports;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.error.Printable;
import io.drover.converter.object.ListedPart;
import io.drover.converter.object.MultipartUpload;
import io.drover.converter.object.ObjectStore;
import io.drover.converter.object.StoredObject;
import io.drover.converter.object.UploadLostException;
import io.drover.converter.object.UploadedPart;
import io.drover.converter.plan.Part;
import io.drover.converter.plan.PartPlan;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Goes on with what an earlier run of an import left, or removes it. The server's list of parts is
 * what counts; the checkpoint saves reading those that stand in both.
 */
final class Resumption {
  private static final Logger LOG = LoggerFactory.getLogger(Resumption.class);

  /** No part of it can be restored. */
  private static final PartPlan NOTHING = new PartPlan(0, List.of(new Part.Upload(1, 0, 0)));

  private final ObjectStore store;
  private final ImportRequest request;
  private final Optional<CheckpointFile.Found> found;
  private final Map<String, String> identity;
  private final boolean leased;
  private final boolean alone;
  private final Remains remains;

  /**
   * @param identity of the source as it is now
   * @param leased whether no other worker is at the destination, as a lease tells
   */
  Resumption(
      ObjectStore store,
      ImportRequest request,
      Optional<CheckpointFile.Found> found,
      Map<String, String> identity,
      boolean leased) {
    this.store = store;
    this.request = request;
    this.found = found;
    this.identity = identity;
    this.leased = leased;
    // where the id is claimed, only one run of it can live
    this.alone = leased || request.options().existing() == ImportOptions.Existing.ACCEPT_SAME;
    this.remains = new Remains(store, request.destination());
  }

  /** The checkpoint, if it is of this import and of this state of the source. */
  Optional<Checkpoint> candidate() {
    return checkpoint()
        .filter(left -> !request.options().restart())
        .filter(left -> left.isOf(request) && left.hasIdentity(identity));
  }

  private Optional<Checkpoint> checkpoint() {
    return found.flatMap(CheckpointFile.Found::checkpoint);
  }

  /**
   * Goes on, if that is possible; else nothing of an earlier run is left.
   *
   * @param ahead the plan; empty for parts that are cut while the source is read: then every part
   *     is read again, and those that the server lists with the same checksum are not sent
   * @return whether the transfer goes on
   */
  boolean takeUp(
      Transfer transfer, Optional<PartPlan> ahead, Checkpoint.PlanInputs inputs, Reading reading)
      throws IOException {
    if (found.isEmpty()) {
      removeOrphans("");
      return false;
    }
    Optional<Checkpoint> candidate = candidate();
    PartPlan plan = ahead.or(() -> candidate.flatMap(Checkpoint::scanned)).orElse(NOTHING);
    String reason = reasonAgainst(candidate, plan, inputs);
    if (reason == null) {
      Checkpoint checkpoint = candidate.orElseThrow();
      Optional<MultipartUpload> upload =
          store.resume(checkpoint.upload(request.destination().data()), TargetState.tags(request));
      if (upload.isPresent()) {
        List<ListedPart> listed = upload.get().parts();
        // a scan finds by itself what it has read before
        List<Checkpoint.FinishedPart> both =
            ahead.isEmpty() ? List.of() : inBoth(checkpoint, plan, listed);
        restore(transfer, plan, both, reading);
        transfer.goOn(checkpoint, upload.get(), listed);
        LOG.info(
            "import {}: going on with upload {}: {} of {} parts are done, {} more are looked at",
            request.importId(),
            Printable.text(checkpoint.uploadId()),
            both.size(),
            plan.parts().size(),
            Math.max(0, listed.size() - both.size()));
        removeOrphans(checkpoint.uploadId());
        return true;
      }
      Optional<StoredObject> data = finishedData(checkpoint, plan);
      if (data.isPresent()) {
        restore(transfer, plan, checkpoint.parts(), reading);
        transfer.goOn(checkpoint, data.get(), plan);
        LOG.info("import {}: the data object is complete; finishing", request.importId());
        removeOrphans("");
        return true;
      }
      if (!leased) {
        requireNobodyFinishes(checkpoint);
      }
      reason = "its upload is gone from the server";
    }
    LOG.warn(
        "import {}: what an earlier run left at {} cannot be gone on with: {}; beginning anew",
        request.importId(),
        Printable.text(request.destination().uri(), 1100),
        reason);
    discard();
    return false;
  }

  /**
   * An upload that is gone may have been completed a moment ago: then what is there is about to be
   * committed, and not to be removed.
   *
   * @throws UploadLostException if another worker ends it just now, as far as can be seen
   */
  private void requireNobodyFinishes(Checkpoint checkpoint) throws IOException {
    Optional<CheckpointFile.Found> now = CheckpointFile.find(store, request.destination());
    boolean moved =
        now.flatMap(CheckpointFile.Found::checkpoint)
            .filter(each -> each.uploadId().equals(checkpoint.uploadId()))
            .filter(each -> each.progress().equals(checkpoint.progress()))
            .isEmpty();
    boolean finishing =
        now.filter(CheckpointFile.Found::alive).isPresent()
            && store.head(request.destination().data()).isPresent();
    if (moved || finishing) {
      throw new UploadLostException(
          "another worker ends the import at "
              + Printable.text(request.destination().uri(), 1100)
              + " just now, or was killed at it; run the same command again later: after "
              + CheckpointFile.SILENCE.toMinutes()
              + " min of silence nobody counts as at work",
          null);
    }
  }

  /** Why not; null if nothing speaks against it. */
  private String reasonAgainst(
      Optional<Checkpoint> candidate, PartPlan plan, Checkpoint.PlanInputs inputs) {
    if (checkpoint().isEmpty()) {
      return "its checkpoint is damaged";
    }
    if (request.options().restart()) {
      return "--restart was given";
    }
    if (candidate.isEmpty()) {
      return "the source or the options have changed since";
    }
    if (!candidate.get().plan().equals(inputs)) {
      return "its parts were cut in another way";
    }
    try {
      for (Checkpoint.FinishedPart part : candidate.get().parts()) {
        PartContent.check(plan.part(part.number()), part, inputs.clusterSize());
      }
    } catch (IllegalArgumentException e) {
      return "its checkpoint is damaged (" + Printable.text(e.getMessage()) + ")";
    }
    return null;
  }

  private static List<Checkpoint.FinishedPart> inBoth(
      Checkpoint checkpoint, PartPlan plan, List<ListedPart> listed) {
    Map<Integer, ListedPart> there = new HashMap<>();
    listed.forEach(part -> there.put(part.number(), part));
    List<Checkpoint.FinishedPart> both = new ArrayList<>();
    for (Checkpoint.FinishedPart part : checkpoint.parts()) {
      Part planned = plan.part(part.number());
      ListedPart server = there.get(part.number());
      boolean same =
          server == null
              // an empty part is never sent
              ? planned.length() == 0
              : server.length() == planned.length()
                  && server.etag().equals(part.etag())
                  && server.crc32c().orElse(part.crc32c()) == part.crc32c();
      if (same) {
        both.add(part);
      }
    }
    return both;
  }

  private static void restore(
      Transfer transfer, PartPlan plan, List<Checkpoint.FinishedPart> parts, Reading reading)
      throws IOException {
    for (Checkpoint.FinishedPart part : parts) {
      Part planned = plan.part(part.number());
      PartContent.restore(planned, part, reading.digests(), reading.clusters());
      transfer.restored(
          planned,
          new UploadedPart(part.number(), planned.length(), part.etag(), part.crc32c()),
          part.data());
    }
  }

  /** The data object, if the upload was completed and nothing about it needs the source again. */
  private Optional<StoredObject> finishedData(Checkpoint checkpoint, PartPlan plan)
      throws IOException {
    if (plan == NOTHING || checkpoint.parts().size() != plan.parts().size()) {
      return Optional.empty();
    }
    return store
        .head(request.destination().data())
        .filter(data -> data.size() == plan.objectSize())
        .filter(data -> request.importId().equals(data.metadata().get(TargetState.ID_METADATA)));
  }

  private void discard() throws IOException {
    if (checkpoint().isPresent()) {
      remains.remove(checkpoint().get());
      removeOrphans("");
    } else {
      // nobody can go on with any upload there
      remains.abortUploads("", Duration.ZERO);
      remains.removeObjects(request.importId());
      remains.removeCheckpoint();
    }
  }

  private void removeOrphans(String known) throws IOException {
    try {
      remains.abortUploads(known, alone ? Duration.ZERO : Remains.ORPHAN);
    } catch (ImportException e) {
      if (e.code() != ErrorCode.TARGET_DENIED) {
        throw e;
      }
      LOG.debug("import {}: no right to list uploads: {}", request.importId(), e.getMessage());
    }
  }
}
