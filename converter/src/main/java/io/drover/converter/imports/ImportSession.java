package io.drover.converter.imports;

import io.drover.converter.digest.BlockDigests;
import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.error.Printable;
import io.drover.converter.image.DiskImage;
import io.drover.converter.manifest.Manifest;
import io.drover.converter.metadata.DataClusters;
import io.drover.converter.object.MultipartUpload;
import io.drover.converter.object.ObjectStore;
import io.drover.converter.object.StoredObject;
import io.drover.converter.object.UploadedPart;
import io.drover.converter.plan.Part;
import io.drover.converter.plan.PartPlan;
import io.drover.converter.storage.RandomAccessSource;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.Iterator;
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
    target.clear(store);
    plan = planned();
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
    uploaded = new UploadedPart[plan.parts().size()];
    requireGoing();
    upload = patience.insist(() -> store.begin(request.destination().data(), metadata()));
    request.options().sourceSha256().ifPresent(expected -> checksum = SourceChecksum.start(source));
    digestTail();
    phase = Phase.TRANSFER;
  }

  /** With zeros filled on the server where that saves enough, and the server can. */
  private PartPlan planned() throws IOException {
    PartPlan filled = Importer.planOf(image, request.options(), ZeroObject.SIZE);
    if (filled.summary().bytesCopied() >= WORTH_FILLING) {
      zeroObject = zeroObjects.in(request.destination().bucket()).orElse(null);
    }
    return zeroObject == null ? Importer.planOf(image, request.options(), 0) : filled;
  }

  /** The parts to run; none if the import was committed before. */
  public Iterator<Part> parts() {
    return plan == null ? Collections.emptyIterator() : plan.parts().iterator();
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
            ? new PartSink.ZeroFilled(upload, part, zeroObject)
            : new PartSink.Buffered(upload, part, buffer);
    return new Lane(this, part, sink, counters);
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
