package io.drover.converter.imports;

import io.drover.converter.digest.BlockDigests;
import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.error.Printable;
import io.drover.converter.image.DiskImage;
import io.drover.converter.image.StreamImage;
import io.drover.converter.manifest.Manifest;
import io.drover.converter.metadata.DataClusters;
import io.drover.converter.object.MultipartUpload;
import io.drover.converter.object.ObjectStore;
import io.drover.converter.object.StoredObject;
import io.drover.converter.object.UploadedPart;
import io.drover.converter.plan.Part;
import io.drover.converter.plan.PartLimits;
import io.drover.converter.plan.PartPlan;
import io.drover.converter.storage.ImageSource;
import io.drover.converter.storage.RandomAccessSource;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
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
  private final ObjectStore store;
  private final MemoryBudget budget;
  private final ZeroObject zeroObjects;
  private final Patience patience;
  private final ImageSource source;
  private final DiskImage image;
  private final TargetState target;
  private final Counters counters = new Counters();
  private final BlockDigests digests;
  private DataClusters clusters;
  private SourceChecksum checksum;
  private volatile StoredObject zeroObject;
  private boolean zeroObjectAsked;

  /** Where only reading shows what is zeros; the plan then is what came of it. */
  private PartScan scan;

  private volatile PartPlan plan;
  private UploadedPart[] uploaded;
  private volatile MultipartUpload upload;
  private volatile Phase phase = Phase.VALIDATE;
  private volatile ImportException trouble;
  private final LaneGate gate = new LaneGate();

  ImportSession(
      ImportRequest request,
      ObjectStore store,
      MemoryBudget budget,
      ZeroObject zeroObjects,
      Duration retryBudget,
      ImageSource source,
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
    int clusterSize = 1 << request.options().clusterBits(image.virtualSize());
    if (image instanceof StreamImage) {
      long most = StreamImage.mostBytes(request.policy());
      this.digests = new BlockDigests(most);
      this.clusters = DataClusters.growing(most, clusterSize);
    } else {
      this.digests = new BlockDigests(image.virtualSize());
      this.clusters = new DataClusters(image.virtualSize(), clusterSize);
    }
  }

  /** Plans the parts and begins the upload; nothing was written to the store before. */
  public void plan() throws IOException {
    phase = Phase.PLAN;
    if (target.committed().isPresent()) {
      return;
    }
    target.clear(store);
    plan = image instanceof StreamImage ? null : planned();
    if (plan == null) {
      beginUpload(PartLimits.MAX_PARTS);
      scan = beginScan();
      phase = Phase.TRANSFER;
      return;
    }
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
    beginUpload(plan.parts().size());
    request
        .options()
        .sourceSha256()
        .ifPresent(expected -> checksum = SourceChecksum.start((RandomAccessSource) source));
    digestTail();
    phase = Phase.TRANSFER;
  }

  private void beginUpload(int parts) throws IOException {
    uploaded = new UploadedPart[parts];
    requireGoing();
    upload = patience.insist(() -> store.begin(request.destination().data(), metadata()));
  }

  /**
   * With zeros filled on the server where that saves enough, and the server can; null if the source
   * is to be scanned for them.
   */
  private PartPlan planned() throws IOException {
    PartPlan filled = Importer.planOf(image, request.options(), ZeroObject.SIZE);
    if (zeroObjects.wanted()
        && ScanRules.zerosUnknown(image, filled.summary())
        && ScanRules.sizes(image, request.options(), budget, zeroObjects.size()).isPresent()) {
      return null;
    }
    boolean fill = filled.summary().bytesCopied() >= ScanRules.WORTH_FILLING && fillsZeros();
    return fill ? filled : Importer.planOf(image, request.options(), 0);
  }

  /** Asks the server on first use, since finding out may cost it some copies. */
  private synchronized boolean fillsZeros() {
    if (!zeroObjectAsked) {
      zeroObject = zeroObjects.in(request.destination().bucket()).orElse(null);
      zeroObjectAsked = true;
    }
    return zeroObject != null;
  }

  private PartScan beginScan() throws IOException {
    SourceScan begun = new SourceScan(request, source, image, budget, digests, clusters, counters);
    checksum = begun.checksum().orElse(null);
    return begun.begin(zeroObjects.size(), this::fillsZeros, patience, this);
  }

  /** What is to be run; nothing if the import was committed before. */
  public Iterator<PartWork> parts() {
    if (scan != null) {
      return scan.work();
    }
    return plan == null
        ? Collections.emptyIterator()
        : plan.parts().stream().<PartWork>map(PartWork.Planned::new).iterator();
  }

  /**
   * Begins a piece of work; waits for room in the memory budget, and while another lane scans.
   *
   * @throws ImportException the reason, if the import was stopped
   */
  public Lane lane(PartWork work) throws IOException, InterruptedException {
    if (work instanceof PartWork.Planned planned) {
      return lane(planned.part());
    }
    requireGoing();
    Optional<ScannedPart> scanned = scan.next();
    if (scanned.isEmpty()) {
      return Lane.IDLE;
    }
    ScannedPart part = scanned.get();
    enter(part.buffer());
    return new Lane(this, part, sink(part.part(), part.buffer()), counters);
  }

  private Lane lane(Part part) throws IOException, InterruptedException {
    requireGoing();
    boolean zero = part instanceof Part.Zero;
    byte[] buffer = zero ? null : budget.acquire((int) Math.max(1, part.length()));
    enter(buffer);
    return new Lane(this, part, sink(part, buffer), counters);
  }

  private void enter(byte[] buffer) throws ImportException {
    try {
      gate.enter();
    } catch (ImportException e) {
      giveBack(buffer);
      throw e;
    }
  }

  private PartSink sink(Part part, byte[] buffer) {
    return part instanceof Part.Zero
        ? new PartSink.ZeroFilled(upload, part, zeroObject)
        : new PartSink.Buffered(upload, part, buffer);
  }

  /**
   * Publishes: data object, metadata, manifest. Only the manifest makes it an import.
   *
   * @return the manifest as stored
   */
  public Manifest commit() throws IOException {
    if (target.committed().isPresent()) {
      phase = Phase.DONE;
      return target.committed().get();
    }
    requireGoing();
    if (scan != null) {
      settleScan();
    }
    phase = Phase.COMMIT;
    for (UploadedPart part : uploaded) {
      if (part == null) {
        throw new IllegalStateException("a part is missing; every part needs its lane");
      }
    }
    image.requireUnchanged();
    Optional<String> sha256 = request.options().sourceSha256();
    if (sha256.isPresent()) {
      checksum.require(sha256.get());
    }
    Manifest manifest =
        new Commit(store, request, source, image, counters, patience)
            .publish(target, upload, Arrays.asList(uploaded), plan, clusters, digests);
    phase = Phase.DONE;
    return manifest;
  }

  /** What was found by reading is the plan now. */
  private void settleScan() throws IOException {
    List<Part> parts = scan.parts();
    long virtualSize = image.virtualSize();
    plan = new PartPlan(parts.get(parts.size() - 1).end(), parts);
    uploaded = Arrays.copyOf(uploaded, parts.size());
    clusters = clusters.endedAt(virtualSize, 1 << request.options().clusterBits(virtualSize));
    digestTail();
    counters.settle(clusters.bytes(), virtualSize - clusters.bytes());
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
   * Gives the import up: waits until no lane works on it, then leaves nothing on the store.
   *
   * @param cause told what fails on the way, too
   */
  public void abort(ImportException cause) {
    gate.stop(cause);
    gate.awaitEmpty();
    if (upload == null) {
      return;
    }
    try {
      upload.close();
    } catch (IOException e) {
      cause.addSuppressed(e);
      LOG.warn(
          "import {}: upload {} of {} could not be aborted; a lifecycle rule for incomplete uploads"
              + " would remove it: {}",
          request.importId(),
          upload.uploadId(),
          Printable.text(upload.location().uri()),
          Printable.text(e.getMessage()));
    }
  }

  /** Closes the source, and the upload unless committed. */
  @Override
  public void close() {
    if (checksum != null) {
      checksum.stop();
    }
    if (scan != null) {
      scan.close();
    }
    try (image) {
      if (upload != null && phase != Phase.DONE) {
        upload.close();
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

  MultipartUpload upload() {
    return upload;
  }

  void sent(Part part, UploadedPart result) {
    synchronized (this) {
      uploaded[part.number() - 1] = result;
    }
    if (part instanceof Part.Upload) {
      counters.addSent(part.length());
    } else {
      counters.addCopied(part.length());
    }
    counters.partDone(part.length());
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
