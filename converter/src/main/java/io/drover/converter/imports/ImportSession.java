package io.drover.converter.imports;

import io.drover.converter.error.ImportException;
import io.drover.converter.error.Printable;
import io.drover.converter.image.DiskImage;
import io.drover.converter.manifest.Manifest;
import io.drover.converter.object.MultipartUpload;
import io.drover.converter.object.UploadLostException;
import io.drover.converter.object.UploadedPart;
import io.drover.converter.plan.PartPlan;
import io.drover.converter.storage.ImageSource;
import java.io.IOException;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One import between its validation and its end. Its steps are called in order: {@link #plan}, a
 * {@link #lane} for every part (in parallel, in any order), {@link #commit}; or {@link #abort} at
 * any time. {@link #close} never commits. Thread-safe.
 */
public final class ImportSession implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ImportSession.class);

  private final ImportRequest request;
  private final LeasedStore store;
  private final Claim claim;
  private final LaneGate gate = new LaneGate();
  private final Trouble trouble;
  private final Patience patience;
  private final Timing timing;
  private final DiskImage image;
  private final Counters counters = new Counters();
  private final Reading reading;
  private final Planning planning;
  private final Losses losses;
  private final Lanes lanes;
  private final Ending ending;

  private TargetState target;
  private volatile Transfer transfer;
  private volatile boolean resumed;
  private int attempt;
  private boolean ended;
  private volatile Phase phase = Phase.VALIDATE;

  ImportSession(
      Shared shared, ImportRequest request, ImageSource source, DiskImage image, TargetState target)
      throws IOException {
    this.request = request;
    this.store = new LeasedStore(shared.store());
    this.timing = shared.timing();
    this.claim = new Claim(shared, store, request);
    this.trouble = new Trouble(request.importId(), gate);
    this.patience = new Patience(shared.retryBudget(), trouble, timing);
    this.image = image;
    this.target = target;
    this.attempt = target.attempt();
    this.reading = new Reading(request, source, image, shared.budget(), counters);
    this.planning = new Planning(request, image, reading.clusters().clusterSize(), shared);
    this.losses = new Losses(store, request, image, patience);
    this.lanes = new Lanes(request, image, reading, counters, shared, gate, planning, patience);
    this.ending = new Ending(request, store, claim);
  }

  /**
   * Makes this worker the only one on the import, where workers are kept apart at all; before
   * {@link #plan}. Waits for another one as long as the terms say.
   *
   * @throws ImportException {@code LEASE_HELD} if another worker is on it
   */
  public void claim() throws IOException {
    if (target.committed().isPresent()) {
      return;
    }
    OptionalInt holders = claim.take(patience, trouble, gate::stop);
    if (holders.isPresent()) {
      // as whoever had it before has left it
      target = TargetState.look(store, request);
      attempt = Math.max(target.attempt(), holders.getAsInt());
    }
  }

  /** Whether an earlier run has committed it. */
  public boolean committed() {
    return target.committed().isPresent();
  }

  /** The import, if another worker has committed it meanwhile, and nobody is at it any more. */
  public Optional<Manifest> committedElsewhere() throws IOException {
    // in this order: who takes the lease from here on finds the manifest
    return store.head(request.destination().object(LeaseFile.NAME)).isPresent()
        ? Optional.empty()
        : TargetState.committedSelf(store, request);
  }

  /** Instead of {@link #plan}: removes what an earlier run of this import left. */
  public void forget() throws IOException {
    ending.forget(target.unfinished());
  }

  /** Plans the parts and begins the upload; of the import, nothing was written before. */
  public void plan() throws IOException {
    phase = Phase.PLAN;
    if (target.committed().isPresent()) {
      return;
    }
    Resumption earlier =
        new Resumption(store, request, target.unfinished(), reading.identity(), claim.alone());
    Optional<PartPlan> ahead = planning.ahead(earlier);
    gate.requireGoing();
    if (ahead.isPresent()) {
      planning.requireRoom();
    }
    Checkpoint.PlanInputs inputs = planning.inputs(ahead);
    Transfer.Origin origin =
        new Transfer.Origin(request, image.format().label(), reading.identity(), inputs, attempt);
    Transfer fresh =
        new Transfer(
            origin,
            new CheckpointFile(store, request, timing),
            reading.digests(),
            reading.clusters(),
            counters,
            timing);
    resumed = patience.insistFirst(() -> earlier.takeUp(fresh, ahead, inputs, reading));
    transfer = fresh;
    lanes.lead(fresh);
    if (!resumed) {
      begin();
    }
    Optional<PartPlan> known = ahead.or(fresh::settled);
    if (known.isEmpty()) {
      reading.byScan(planning, patience, trouble);
    } else {
      reading.byPlan(known.get());
    }
    phase = Phase.TRANSFER;
  }

  private void begin() throws IOException {
    MultipartUpload fresh =
        patience.insistFirst(
            () -> store.begin(request.destination().data(), TargetState.tags(request)));
    transfer.begin(fresh, patience);
  }

  /**
   * What is to be run: nothing if the import was committed before, and only the parts that are
   * missing if an earlier run or an earlier round has done the others.
   */
  public Iterator<PartWork> parts() {
    return reading.work(transfer, () -> transfer.isLost() || gate.stopped());
  }

  /** What the source was when it was opened, by name. */
  public Map<String, String> sourceIdentity() {
    return reading.identity();
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
    gate.requireGoing();
    if (work instanceof PartWork.Planned planned) {
      return lanes.lane(planned.part());
    }
    Optional<ScannedPart> scanned = reading.scanned();
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
    gate.requireGoing();
    if (transfer.isLost()) {
      return afterLoss(Losses.uploadOf(transfer));
    }
    PartPlan plan = reading.settle();
    List<UploadedPart> parts = transfer.parts(plan.parts().size());
    long data = reading.clusters().bytes();
    counters.settle(data, image.virtualSize() - data);
    phase = Phase.COMMIT;
    reading.requireUnchanged();
    try {
      // of a stream nothing can be read again, whoever goes on
      transfer.seal(PartRules.stream(image) ? null : plan, patience);
      Manifest manifest = commitment().publish(target, transfer, parts);
      // who was away since the last look may have been taken for dead, and all of it removed
      store.requireHeld();
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
    return new Commit(store, request, image, reading, counters, patience, timing);
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
    losses.requireRestart(loss, transfer, reading.plan());
    transfer.restart();
    begin();
    if (reading.plan() == null) {
      reading.byScan(planning, patience, trouble);
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
    ending.abort(transfer, cause);
  }

  /** Closes the source. Of an import that neither was committed nor aborted nothing is left. */
  @Override
  public void close() {
    reading.end();
    try (image) {
      if (phase == Phase.DONE) {
        ending.committed();
      } else {
        ending.uncommitted(Optional.ofNullable(ended ? null : transfer));
      }
    } catch (IOException e) {
      LOG.warn("import {}: closing: {}", request.importId(), Printable.text(e.getMessage()));
    }
  }

  public Progress progress() {
    PartPlan current = reading.plan();
    return counters.look(phase, image.virtualSize(), current == null ? 0 : current.parts().size());
  }

  /**
   * What has become of the disk so far, in that many cells.
   *
   * @param cells 1 to a few thousand
   */
  public DiskMap map(int cells) {
    DiskMap map = new DiskMap(image.virtualSize(), cells);
    PartPlan current = reading.plan();
    if (current != null) {
      map.planned(current.parts());
    }
    Transfer under = transfer;
    if (under != null) {
      under.finished().forEach(each -> map.finished(each.part(), reading.clusters()));
    }
    return map;
  }

  /** Why a lane is trying again just now, if one is. */
  public Optional<ImportException> retrying() {
    return trouble.current();
  }

  /** Who is waited for, if no byte of a part has moved for so long. To be asked now and then. */
  public Optional<ImportException> stalled(Duration limit) {
    return phase != Phase.TRANSFER ? Optional.empty() : lanes.stalled(limit);
  }
}
