package io.drover.converter.imports;

import io.drover.converter.digest.BlockDigests;
import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.error.Outcome;
import io.drover.converter.error.Printable;
import io.drover.converter.image.DiskImage;
import io.drover.converter.manifest.Manifest;
import io.drover.converter.metadata.DataClusters;
import io.drover.converter.object.MultipartUpload;
import io.drover.converter.object.ObjectStore;
import io.drover.converter.object.StoredObject;
import io.drover.converter.object.UploadLostException;
import io.drover.converter.object.UploadedPart;
import io.drover.converter.plan.Part;
import io.drover.converter.plan.PartPlan;
import io.drover.converter.storage.RandomAccessSource;
import java.io.IOException;
import java.time.Duration;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One import between its validation and its end. Its steps are called in order: {@link #plan}, a
 * {@link #lane} for every part (in parallel, in any order), {@link #commit}; or {@link #abort} at
 * any time. {@link #close} never commits. Thread-safe.
 */
public final class ImportSession implements AutoCloseable, Patience.Watcher {
  private static final Logger LOG = LoggerFactory.getLogger(ImportSession.class);

  /** Rounds of sending again what the server has lost. */
  private static final int MOST_REPAIRS = 2;

  /** Below this, sending zeros is no slower than asking for them. */
  private static final long WORTH_FILLING = 32L << 20;

  private final ImportRequest request;
  private final ObjectStore store;
  private final MemoryBudget budget;
  private final ZeroObject zeroObjects;
  private final Patience patience;
  private final RandomAccessSource source;
  private final DiskImage image;
  private final TargetState target;
  private final Counters counters = new Counters();
  private final BlockDigests digests;
  private final DataClusters clusters;
  private SourceChecksum checksum;
  private StoredObject zeroObject;
  private volatile PartPlan plan;
  private volatile Transfer transfer;
  private volatile boolean resumed;
  private volatile int attempt = 1;
  private int repairs;
  private boolean restarted;
  private boolean ended;
  private volatile Phase phase = Phase.VALIDATE;
  private volatile ImportException trouble;
  private final LaneGate gate = new LaneGate();

  ImportSession(
      ImportRequest request,
      ObjectStore store,
      MemoryBudget budget,
      ZeroObject zeroObjects,
      Duration retryBudget,
      RandomAccessSource source,
      DiskImage image,
      TargetState target)
      throws IOException {
    this.request = request;
    this.store = store;
    this.budget = budget;
    this.zeroObjects = zeroObjects;
    this.patience = new Patience(retryBudget, this);
    this.source = source;
    this.image = image;
    this.target = target;
    this.digests = new BlockDigests(image.virtualSize());
    this.clusters =
        new DataClusters(
            image.virtualSize(), 1 << request.options().clusterBits(image.virtualSize()));
  }

  /** Plans the parts and begins the upload; nothing was written to the store before. */
  public void plan() throws IOException {
    phase = Phase.PLAN;
    if (target.committed().isPresent()) {
      return;
    }
    Resumption earlier =
        new Resumption(store, request, target.unfinished(), source.identity().fields());
    attempt = earlier.attempt();
    plan = planned(earlier);
    long largest =
        plan.parts().stream()
            .filter(Part.Upload.class::isInstance)
            .mapToLong(Part::length)
            .max()
            .orElse(0);
    if (largest > budget.limit() || largest > Integer.MAX_VALUE - 8) {
      throw ImportException.refused(
          ErrorCode.TARGET_LIMIT,
          "a disk of "
              + image.virtualSize()
              + " bytes needs parts of "
              + largest
              + ", but the memory budget is "
              + budget.limit()
              + "; raise it by --memory or drover.memory");
    }
    requireGoing();
    Checkpoint.PlanInputs inputs = inputs();
    Transfer.Origin origin =
        new Transfer.Origin(
            request, image.format().label(), source.identity().fields(), inputs, attempt);
    Transfer fresh =
        new Transfer(origin, new CheckpointFile(store, request), digests, clusters, counters);
    resumed = patience.insistFirst(() -> earlier.takeUp(fresh, plan, inputs, digests, clusters));
    transfer = fresh;
    if (!resumed) {
      begin();
    }
    request.options().sourceSha256().ifPresent(expected -> checksum = SourceChecksum.start(source));
    digestTail();
    phase = Phase.TRANSFER;
  }

  private void begin() throws IOException {
    MultipartUpload fresh =
        patience.insistFirst(() -> store.begin(request.destination().data(), metadata()));
    transfer.begin(fresh, patience);
  }

  private Checkpoint.PlanInputs inputs() {
    return new Checkpoint.PlanInputs(
        image.virtualSize(),
        plan.objectSize(),
        request.options().partSize(),
        zeroObject == null ? 0 : ZeroObject.SIZE,
        clusters.clusterSize(),
        request.options().rawExternalData(),
        plan.parts().size(),
        ImportId.of(plan.parts().stream().map(Part::toString).toList()));
  }

  /** With zeros filled on the server where that saves enough, and the server can. */
  private PartPlan planned(Resumption earlier) throws IOException {
    PartPlan filled = Importer.planOf(image, request.options(), ZeroObject.SIZE);
    // a plan without zero parts is gone on with as it is
    boolean sent = earlier.candidate().map(left -> left.plan().zeroSize() == 0).orElse(false);
    if (!sent && filled.summary().bytesCopied() >= WORTH_FILLING) {
      zeroObject = zeroObjects.in(request.destination().bucket()).orElse(null);
    }
    return zeroObject == null ? Importer.planOf(image, request.options(), 0) : filled;
  }

  /**
   * The parts to run: none if the import was committed before, and only those that are missing if
   * an earlier run or an earlier round has done the others.
   */
  public Iterator<Part> parts() {
    return plan == null ? Collections.emptyIterator() : transfer.pending(plan.parts());
  }

  /** Whether this goes on with what an earlier run has sent. */
  public boolean resumed() {
    return resumed;
  }

  /** The number of this run of the import, as far as the destination tells: 1 for the first. */
  public int attempt() {
    return attempt;
  }

  /** To be called now and then, so that others see that somebody is at work. */
  public void beat() {
    Transfer current = transfer;
    if (current != null && phase == Phase.TRANSFER) {
      current.beat();
    }
  }

  /**
   * Begins a part; waits for room in the memory budget.
   *
   * @throws ImportException the reason, if the import was stopped
   */
  public Lane lane(Part part) throws IOException, InterruptedException {
    requireGoing();
    boolean zero = part instanceof Part.Zero;
    byte[] buffer = zero ? null : budget.acquire((int) Math.max(1, part.length()));
    try {
      gate.enter();
    } catch (ImportException e) {
      giveBack(buffer);
      throw e;
    }
    PartSink sink =
        zero
            ? new PartSink.ZeroFilled(transfer.upload(), part, zeroObject)
            : new PartSink.Buffered(transfer.upload(), part, buffer);
    return new Lane(this, part, sink, counters);
  }

  /**
   * Publishes: data object, metadata, manifest. Only the manifest makes it an import.
   *
   * @return the manifest as stored; empty if the server has lost parts, or the whole upload: then
   *     {@link #parts} are to be run once more, and this to be called again
   */
  public Optional<Manifest> commit() throws IOException {
    if (target.committed().isPresent()) {
      new Remains(store, request.destination()).removeCheckpoint();
      phase = Phase.DONE;
      return target.committed();
    }
    requireGoing();
    if (transfer.isLost()) {
      return afterLoss(new UploadLostException(lossMessage(), null));
    }
    List<UploadedPart> parts = transfer.parts(plan.parts().size());
    phase = Phase.COMMIT;
    image.requireUnchanged();
    Optional<String> sha256 = request.options().sourceSha256();
    if (sha256.isPresent()) {
      checksum.require(sha256.get());
    }
    try {
      transfer.seal(patience);
      Manifest manifest =
          new Commit(store, request, source, image, counters, patience)
              .publish(target, transfer, parts, plan, clusters, digests);
      phase = Phase.DONE;
      return Optional.of(manifest);
    } catch (UploadLostException e) {
      return afterLoss(e);
    } catch (ImportException e) {
      if (partsLost(e)) {
        phase = Phase.TRANSFER;
        return Optional.empty();
      }
      throw e;
    }
  }

  /** A completion refused for parts that the server does not have: those are run again, twice. */
  private boolean partsLost(ImportException refusal) throws IOException {
    if (refusal.code() != ErrorCode.TARGET_CORRUPTED
        || refusal.outcome() != Outcome.RESUMABLE
        || transfer.published().isPresent()
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

  /**
   * The server does not know the upload: another worker on this import has completed it, or
   * somebody has aborted it. The latter is made good for once.
   */
  private Optional<Manifest> afterLoss(UploadLostException loss) throws IOException {
    Optional<Manifest> committed = patience.insist(() -> TargetState.committedSelf(store, request));
    if (committed.isPresent() && !target.replaces()) {
      LOG.info("import {}: another worker has committed it", request.importId());
      ended = true;
      phase = Phase.DONE;
      return committed;
    }
    boolean completed =
        patience
            .insist(() -> store.head(request.destination().data()))
            .filter(data -> metadata().equals(data.metadata()))
            .filter(data -> data.size() == plan.objectSize())
            .isPresent();
    if (completed || restarted) {
      throw loss;
    }
    restarted = true;
    LOG.warn(
        "import {}: upload {} was aborted by somebody; beginning anew, from part 1",
        request.importId(),
        Printable.text(transfer.upload().uploadId()));
    transfer.restart();
    begin();
    phase = Phase.TRANSFER;
    return Optional.empty();
  }

  private String lossMessage() {
    return "upload "
        + Printable.text(transfer.upload().uploadId())
        + " of "
        + Printable.text(transfer.upload().location().uri(), 1100)
        + " is not known to the server any more; run the same command again";
  }

  /**
   * Asks the lanes to stop.
   *
   * @param reason what whoever runs the import gets to see; the first one counts
   */
  public void stop(ImportException reason) {
    gate.stop(reason);
  }

  /**
   * Ends the import without a commit, once no lane works on it. What a passing reason has stopped
   * is kept on the store, for the same request to go on with; of everything else nothing is left.
   *
   * @param cause told what fails on the way, too
   */
  public void abort(ImportException cause) {
    gate.stop(cause);
    gate.awaitEmpty();
    if (transfer == null || ended) {
      return;
    }
    ended = true;
    if (cause.outcome() == Outcome.RESUMABLE) {
      transfer.pause();
      return;
    }
    try {
      discard();
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

  private void discard() throws IOException {
    Remains remains = new Remains(store, request.destination());
    if (transfer.upload() != null) {
      transfer.upload().close();
    }
    remains.removeObjects(request.importId());
    remains.removeCheckpoint();
  }

  /** Closes the source; of an import that neither was committed nor aborted nothing is left. */
  @Override
  public void close() {
    if (checksum != null) {
      checksum.stop();
    }
    try (image) {
      if (transfer != null && !ended && phase != Phase.DONE) {
        discard();
      }
    } catch (IOException e) {
      LOG.warn("import {}: closing: {}", request.importId(), Printable.text(e.getMessage()));
    }
  }

  public Progress progress() {
    PartPlan current = plan;
    return counters.look(phase, image.virtualSize(), current == null ? 0 : current.parts().size());
  }

  /** Why a lane is trying again just now, if one is. */
  public Optional<ImportException> retrying() {
    return Optional.ofNullable(trouble);
  }

  @Override
  public void retrying(ImportException cause) {
    if (trouble == null) {
      LOG.warn(
          "import {}: {}: {}; trying again", request.importId(), cause.code(), cause.getMessage());
    }
    trouble = cause;
  }

  @Override
  public void recovered() {
    trouble = null;
  }

  Patience patience() {
    return patience;
  }

  DiskImage image() {
    return image;
  }

  DataClusters clusters() {
    return clusters;
  }

  BlockDigests digests() {
    return digests;
  }

  /**
   * Brings a full part to the server, unless the server has it; a lost upload is for {@link
   * #commit} to see.
   *
   * @param data bytes of it in clusters that hold data
   */
  void deliver(Part part, PartSink sink, long data) throws IOException {
    try {
      Optional<UploadedPart> there = transfer.alreadyThere(part, sink::crc32c, sink::md5);
      transfer.done(part, there.isPresent() ? there.get() : patience.insist(sink::send), data);
    } catch (UploadLostException e) {
      LOG.warn("import {}: part {}: {}", request.importId(), part.number(), e.getMessage());
      counters.addData(-data);
      counters.addZero(data - part.length());
      transfer.lost();
    }
  }

  void leave(byte[] buffer) {
    giveBack(buffer);
    gate.leave();
  }

  private void giveBack(byte[] buffer) {
    if (buffer != null) {
      budget.release(buffer);
    }
  }

  @Override
  public void requireGoing() throws ImportException {
    gate.requireGoing();
  }

  /** Blocks after the object's end are zeros by the source's metadata, and belong to no lane. */
  private void digestTail() throws IOException {
    int first = BlockDigests.blocks(plan.objectSize());
    for (int block = first; block < digests.count(); block++) {
      digests.putZero(block);
    }
    counters.addTail(image.virtualSize() - plan.objectSize());
  }

  private Map<String, String> metadata() {
    return Map.of(TargetState.ID_METADATA, request.importId());
  }
}
