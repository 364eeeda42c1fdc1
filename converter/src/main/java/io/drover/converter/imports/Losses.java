package io.drover.converter.imports;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.error.Outcome;
import io.drover.converter.error.Printable;
import io.drover.converter.image.DiskImage;
import io.drover.converter.manifest.Manifest;
import io.drover.converter.object.ObjectStore;
import io.drover.converter.object.UploadLostException;
import io.drover.converter.plan.PartPlan;
import java.io.IOException;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What becomes of an import whose parts, or whole upload, the server does not know any more. How
 * often that is made good for is bounded. Not thread-safe: asked when no lane is at work.
 */
final class Losses {
  private static final Logger LOG = LoggerFactory.getLogger(Losses.class);

  /** Rounds of sending again what the server has lost. */
  private static final int MOST_REPAIRS = 2;

  private final ObjectStore store;
  private final ImportRequest request;
  private final Patience patience;

  /** What was read from a stream cannot be read again. */
  private final boolean readableAgain;

  private int repairs;
  private boolean restarted;

  Losses(ObjectStore store, ImportRequest request, DiskImage image, Patience patience) {
    this.store = store;
    this.request = request;
    this.patience = patience;
    this.readableAgain = !PartRules.stream(image);
  }

  /**
   * Whether a completion was refused for parts that the server does not have, and those are to be
   * run again: twice at most.
   */
  boolean partsLost(ImportException refusal, Transfer transfer) throws IOException {
    if (refusal.code() != ErrorCode.TARGET_CORRUPTED
        || refusal.outcome() != Outcome.RESUMABLE
        || transfer.published().isPresent()
        || !readableAgain
        || repairs == MOST_REPAIRS) {
      return false;
    }
    repairs++;
    int missing = transfer.forgetUnlisted(patience.insist(() -> transfer.upload().parts()));
    LOG.warn(
        "import {}: the server lost {} of its parts; they are sent again",
        request.importId(),
        missing);
    return missing > 0;
  }

  /** This import, if another worker on it has completed the upload and committed. */
  Optional<Manifest> committedElsewhere() throws IOException {
    Optional<Manifest> committed = patience.insist(() -> TargetState.committedSelf(store, request));
    committed.ifPresent(
        manifest -> LOG.info("import {}: another worker has committed it", request.importId()));
    return committed;
  }

  /**
   * The upload was aborted by somebody: that is made good for once.
   *
   * @param plan null if the parts are cut while the source is read
   * @throws UploadLostException the loss, if the import cannot begin anew
   */
  void requireRestart(UploadLostException loss, Transfer transfer, PartPlan plan)
      throws IOException {
    boolean completed =
        patience
            .insist(() -> store.head(request.destination().data()))
            .filter(data -> TargetState.tags(request).equals(data.metadata()))
            .filter(data -> plan != null && data.size() == plan.objectSize())
            .isPresent();
    if (completed || restarted || !readableAgain) {
      throw loss;
    }
    restarted = true;
    LOG.warn(
        "import {}: upload {} was aborted by somebody; beginning anew, from part 1",
        request.importId(),
        Printable.text(transfer.upload().uploadId()));
  }

  /** What a lane has found out. */
  static UploadLostException uploadOf(Transfer transfer) {
    return new UploadLostException(
        "upload "
            + Printable.text(transfer.upload().uploadId())
            + " of "
            + Printable.text(transfer.upload().location().uri(), 1100)
            + " is not known to the server any more; run the same command again",
        null);
  }
}
