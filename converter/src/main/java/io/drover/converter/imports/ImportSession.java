package io.drover.converter.imports;

import io.drover.converter.digest.BlockDigests;
import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.error.Outcome;
import io.drover.converter.error.Printable;
import io.drover.converter.image.DiskImage;
import io.drover.converter.image.StreamImage;
import io.drover.converter.manifest.Manifest;
import io.drover.converter.metadata.DataClusters;
import io.drover.converter.object.MultipartUpload;
import io.drover.converter.object.ObjectStore;
import io.drover.converter.object.UploadLostException;
import io.drover.converter.object.UploadedPart;
import io.drover.converter.plan.Part;
import io.drover.converter.plan.PartPlan;
import io.drover.converter.storage.ImageSource;
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

  private final ImportRequest request;
  private final LeasedStore store;
  private final ObjectStore unleased;
  private final Optional<LeaseTerms> leaseTerms;
  private Lease lease;
  private final MemoryBudget budget;
  private final Patience patience;
  private final Timing timing;
  private final ImageSource source;
  private final DiskImage image;
  private TargetState target;
  private final Counters counters = new Counters();
  private final BlockDigests digests;
  private DataClusters clusters;
  private SourceChecksum checksum;
  private final Planning planning;
  private final Losses losses;
  private final Lanes lanes;

  /** Where only reading shows what is zeros; the plan then is what came of it. */
  private PartScan scan;

  private volatile PartPlan plan;
  private volatile Transfer transfer;
  private volatile boolean resumed;
  private int attempt;
  private boolean ended;
  private volatile Phase phase = Phase.VALIDATE;
  private volatile ImportException trouble;

  ImportSession(
      ImportRequest request,
      ObjectStore store,
      MemoryBudget budget,
      ZeroObject zeroObjects,
      Duration retryBudget,
      Optional<LeaseTerms> leaseTerms,
      Timing timing,
      ImageSource source,
      DiskImage image,
      TargetState target,
      StageTimes stages)
      throws IOException {
    this.request = request;
    this.unleased = store;
    this.store = new LeasedStore(store);
    this.leaseTerms = leaseTerms;
    this.budget = budget;
    this.timing = timing;
    this.patience = new Patience(retryBudget, this, timing);
    this.source = source;
    this.image = image;
    this.target = target;
    this.attempt = target.attempt();
    int clusterSize = 1 << request.options().clusterBits(image.virtualSize());
    if (PartRules.stream(image)) {
      long most = StreamImage.mostBytes(request.policy());
      this.digests = new BlockDigests(most);
      this.clusters = DataClusters.growing(most, clusterSize);
    } else {
      this.digests = new BlockDigests(image.virtualSize());
      this.clusters = new DataClusters(image.virtualSize(), clusterSize);
    }
    this.planning = new Planning(request, image, clusterSize, budget, zeroObjects);
    this.losses = new Losses(this.store, request, image, patience);
    this.lanes =
        new Lanes(request, image, clusters, digests, counters, budget, planning, patience, stages);
  }

  /**
   * Makes this worker the only one on the import, where workers are kept apart at all; before
   * {@link #plan}. Waits for another one as long as the terms say.
   *
   * @throws ImportException {@code LEASE_HELD} if another worker is on it
   */
  public void claim() throws IOException {
    if (target.committed().isEmpty() && leaseTerms.isPresent()) {
      takeLease(leaseTerms.get());
    }
  }

  /** Whether an earlier run has committed it. */
  public boolean committed() {
    return target.committed().isPresent();
  }

  /** The import, if another worker has committed it meanwhile. */
  public Optional<Manifest> committedElsewhere() throws IOException {
    return TargetState.committedSelf(unleased, request);
  }

  /** Instead of {@link #plan}: removes what an earlier run of this import left. */
  public void forget() throws IOException {
    Remains remains = new Remains(store, request.destination());
    Optional<Checkpoint> left =
        target
            .unfinished()
            .flatMap(CheckpointFile.Found::checkpoint)
            .filter(it -> it.isOf(request));
    if (left.isPresent()) {
      remains.remove(left.get());
    }
  }

  /** Plans the parts and begins the upload; of the import, nothing was written before. */
  public void plan() throws IOException {
    phase = Phase.PLAN;
    if (target.committed().isPresent()) {
      return;
    }
    Resumption earlier =
        new Resumption(
            store, request, target.unfinished(), source.identity().fields(), lease != null);
    Optional<PartPlan> ahead = planning.ahead(earlier);
    requireGoing();
    if (ahead.isPresent()) {
      planning.requireRoom();
    }
    Checkpoint.PlanInputs inputs = planning.inputs(ahead);
    Transfer.Origin origin =
        new Transfer.Origin(
            request, image.format().label(), source.identity().fields(), inputs, attempt);
    Transfer fresh =
        new Transfer(
            origin,
            new CheckpointFile(store, request, timing),
            digests,
            clusters,
            counters,
            timing);
    resumed = patience.insistFirst(() -> earlier.takeUp(fresh, ahead, inputs, digests, clusters));
    transfer = fresh;
    lanes.lead(fresh);
    if (!resumed) {
      begin();
    }
    Optional<PartPlan> known = ahead.or(fresh::settled);
    if (known.isEmpty()) {
      beginScan();
    } else {
      plan = known.get();
      request
          .options()
          .sourceSha256()
          .ifPresent(expected -> checksum = SourceChecksum.start((RandomAccessSource) source));
      digestTail();
    }
    phase = Phase.TRANSFER;
  }

  private void takeLease(LeaseTerms terms) throws IOException {
    lease = patience.insistFirst(() -> Lease.take(unleased, request, terms, timing, this));
    store.lease(lease);
    lease.keep(this::stop);
    // as whoever had it before has left it
    target = TargetState.look(store, request);
    attempt = Math.max(target.attempt(), lease.epoch());
  }

  private void begin() throws IOException {
    MultipartUpload fresh =
        patience.insistFirst(
            () -> store.begin(request.destination().data(), TargetState.tags(request)));
    transfer.begin(fresh, patience);
  }

  private void beginScan() throws IOException {
    SourceScan begun = new SourceScan(request, source, image, budget, digests, clusters, counters);
    checksum = begun.checksum().orElse(null);
    scan = begun.begin(planning.zeroSize(), planning::fillsZeros, patience, this);
  }

  /**
   * What is to be run: nothing if the import was committed before, and only the parts that are
   * missing if an earlier run or an earlier round has done the others.
   */
  public Iterator<PartWork> parts() {
    if (plan != null) {
      return PartWork.planned(transfer.pending(plan.parts()));
    }
    return scan == null
        ? Collections.emptyIterator()
        // a split that fails takes the rest of its parts without running them: there must be an end
        : scan.work(() -> transfer.isLost() || lanes.stopped());
  }

  /** What the source was when it was opened, by name. */
  public Map<String, String> sourceIdentity() {
    return source.identity().fields();
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
    if (current != null && (phase == Phase.TRANSFER || phase == Phase.COMMIT)) {
      current.beat();
    }
  }

  /**
   * Begins a piece of work; waits for room in the memory budget, and while another lane scans.
   *
   * @throws ImportException the reason, if the import was stopped
   */
  public Lane lane(PartWork work) throws IOException, InterruptedException {
    requireGoing();
    if (work instanceof PartWork.Planned planned) {
      return lanes.lane(planned.part());
    }
    Optional<ScannedPart> scanned = scan.next();
    return scanned.isPresent() ? lanes.lane(scanned.get()) : Lane.IDLE;
  }

  /**
   * Publishes: data object, metadata, manifest. Only the manifest makes it an import.
   *
   * @return the manifest as stored; empty if the server has lost parts, or the whole upload: then
   *     {@link #parts} are to be run once more, and this to be called again
   */
  public Optional<Manifest> commit() throws IOException {
    if (target.committed().isPresent()) {
      commitment().requireBacked(target.committed().get());
      phase = Phase.DONE;
      return target.committed();
    }
    requireGoing();
    if (transfer.isLost()) {
      return afterLoss(Losses.uploadOf(transfer));
    }
    if (plan == null) {
      settleScan();
    }
    List<UploadedPart> parts = transfer.parts(plan.parts().size());
    counters.settle(clusters.bytes(), image.virtualSize() - clusters.bytes());
    phase = Phase.COMMIT;
    image.requireUnchanged();
    Optional<String> sha256 = request.options().sourceSha256();
    if (sha256.isPresent()) {
      checksum.require(sha256.get());
    }
    try {
      // of a stream nothing can be read again, whoever goes on
      transfer.seal(PartRules.stream(image) ? null : plan, patience);
      Manifest manifest = commitment().publish(target, transfer, parts, plan, clusters, digests);
      phase = Phase.DONE;
      return Optional.of(manifest);
    } catch (UploadLostException e) {
      return afterLoss(e);
    } catch (ImportException e) {
      if (losses.partsLost(e, transfer)) {
        phase = Phase.TRANSFER;
        return Optional.empty();
      }
      throw e;
    }
  }

  private Commit commitment() {
    return new Commit(store, request, source, image, counters, patience, timing);
  }

  /** What was found by reading is the plan now. */
  private void settleScan() throws IOException {
    List<Part> parts = scan.parts();
    long virtualSize = image.virtualSize();
    plan = new PartPlan(parts.get(parts.size() - 1).end(), parts);
    clusters = clusters.endedAt(virtualSize, 1 << request.options().clusterBits(virtualSize));
    digestTail();
  }

  /**
   * The server does not know the upload: another worker on this import has completed it, or
   * somebody has aborted it. The latter is made good for once.
   */
  private Optional<Manifest> afterLoss(UploadLostException loss) throws IOException {
    Optional<Manifest> committed = losses.committedElsewhere();
    if (committed.isPresent() && !target.replaces()) {
      commitment().requireBacked(committed.get());
      ended = true;
      phase = Phase.DONE;
      return committed;
    }
    losses.requireRestart(loss, transfer, plan);
    transfer.restart();
    begin();
    if (plan == null) {
      scan.close();
      beginScan();
    }
    phase = Phase.TRANSFER;
    return Optional.empty();
  }

  /**
   * Asks the lanes to stop.
   *
   * @param reason what whoever runs the import gets to see; the first one counts
   */
  public void stop(ImportException reason) {
    lanes.stop(reason);
  }

  /**
   * Ends the import without a commit, once no lane works on it. What a passing reason has stopped
   * is kept on the store, for the same request to go on with; of everything else nothing is left.
   *
   * @param cause told what fails on the way, too
   */
  public void abort(ImportException cause) {
    lanes.stop(cause);
    lanes.awaitEnd();
    if (transfer == null || ended) {
      return;
    }
    ended = true;
    if (cause.code() == ErrorCode.LEASE_LOST) {
      transfer.endCheckpoints();
      return;
    }
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
    transfer.endCheckpoints();
    // what this run has not made is another's, which may be about to commit it
    if (transfer.mayHavePublished()) {
      remains.removeObjects(request.importId());
    }
    remains.removeCheckpoint();
  }

  /**
   * Closes the source. Of an import that neither was committed nor aborted nothing is left; of one
   * that was committed the checkpoint goes, which until now would have had the import ended, and
   * told of, by whoever comes next.
   */
  @Override
  public void close() {
    if (checksum != null) {
      checksum.stop();
    }
    if (scan != null) {
      scan.close();
    }
    try (image) {
      if (phase == Phase.DONE) {
        // the checkpoint last: as long as it is there, the next run ends this one, lease and all
        if (endLease()) {
          new Remains(unleased, request.destination()).removeCheckpoint();
        }
      } else if (transfer != null && !ended) {
        discard();
      }
    } catch (IOException e) {
      LOG.warn("import {}: closing: {}", request.importId(), Printable.text(e.getMessage()));
    } finally {
      if (lease != null && phase != Phase.DONE) {
        lease.release();
      }
    }
  }

  /** Whether what is left at the destination is this run's to remove. */
  private boolean endLease() throws IOException {
    if (lease != null) {
      return lease.release();
    }
    if (leaseTerms.isPresent()) {
      Lease.removeLeftOver(unleased, request);
    }
    return true;
  }

  public Progress progress() {
    PartPlan current = plan;
    return counters.look(phase, image.virtualSize(), current == null ? 0 : current.parts().size());
  }

  /**
   * What has become of the disk so far, in that many cells.
   *
   * @param cells 1 to a few thousand
   */
  public DiskMap map(int cells) {
    DiskMap map = new DiskMap(image.virtualSize(), cells);
    PartPlan current = plan;
    if (current != null) {
      map.planned(current.parts());
    }
    Transfer under = transfer;
    if (under != null) {
      under.finished().forEach(each -> map.finished(each.part(), lanes.clusters()));
    }
    return map;
  }

  /** Why a lane is trying again just now, if one is. */
  public Optional<ImportException> retrying() {
    return Optional.ofNullable(trouble);
  }

  /** Who is waited for, if no byte of a part has moved for so long. To be asked now and then. */
  public Optional<ImportException> stalled(Duration limit) {
    return phase != Phase.TRANSFER ? Optional.empty() : lanes.stalled(limit);
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

  @Override
  public void requireGoing() throws ImportException {
    lanes.requireGoing();
  }

  /** Blocks after the object's end are zeros by the source's metadata, and belong to no lane. */
  private void digestTail() throws IOException {
    int first = BlockDigests.blocks(plan.objectSize());
    for (int block = first; block < digests.count(); block++) {
      digests.putZero(block);
    }
    counters.addTail(image.virtualSize() - plan.objectSize());
  }
}
