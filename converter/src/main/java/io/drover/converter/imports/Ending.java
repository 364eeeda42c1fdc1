package io.drover.converter.imports;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.error.Outcome;
import io.drover.converter.error.Printable;
import java.io.IOException;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What stays at the destination when an import ends, and what goes. Not thread-safe: no lane is at
 * work any more.
 */
final class Ending {
  private static final Logger LOG = LoggerFactory.getLogger(Ending.class);

  private final ImportRequest request;
  private final Claim claim;
  private final Remains remains;

  /**
   * @param store as the import sees it
   */
  Ending(ImportRequest request, LeasedStore store, Claim claim) {
    this.request = request;
    this.claim = claim;
    this.remains = new Remains(store, request.destination());
  }

  /** Removes what an earlier run of this import left. */
  void forget(Optional<CheckpointFile.Found> unfinished) throws IOException {
    Optional<Checkpoint> left = unfinished.flatMap(found -> found.of(request));
    if (left.isPresent()) {
      remains.remove(left.get());
    }
  }

  /**
   * Without a commit. What a passing reason has stopped is kept, for the same request to go on
   * with; of everything else nothing is left.
   *
   * @param cause told what fails on the way, too
   */
  void abort(Transfer transfer, ImportException cause) {
    if (cause.code() == ErrorCode.LEASE_LOST) {
      transfer.endCheckpoints();
      return;
    }
    if (cause.outcome() == Outcome.RESUMABLE) {
      transfer.pause();
      return;
    }
    try {
      transfer.discard(remains);
    } catch (IOException e) {
      cause.addSuppressed(e);
      LOG.warn(
          "import {}: what it left at {} could not be removed; drover abort does it, or a lifecycle"
              + " rule for incomplete uploads: {}",
          request.importId(),
          Printable.text(request.destination().uri(), 1100),
          Printable.text(e.getMessage()));
    }
  }

  /**
   * Of one that was committed the checkpoint goes, which until now would have had the import ended,
   * and told of, by whoever comes next.
   */
  void committed() throws IOException {
    // the checkpoint last: as long as it is there, the next run ends this one, lease and all
    if (claim.end()) {
      remains.removeCheckpoint();
    }
  }

  /**
   * Of one that neither was committed nor aborted nothing is left.
   *
   * @param transfer empty if there is none, or it was aborted
   */
  void uncommitted(Optional<Transfer> transfer) throws IOException {
    try {
      if (transfer.isPresent()) {
        transfer.get().discard(remains);
      }
    } finally {
      claim.giveBack();
    }
  }
}
