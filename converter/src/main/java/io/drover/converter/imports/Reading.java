package io.drover.converter.imports;

import io.drover.converter.digest.BlockDigests;
import io.drover.converter.error.ImportException;
import io.drover.converter.image.DiskImage;
import io.drover.converter.image.StreamImage;
import io.drover.converter.metadata.DataClusters;
import io.drover.converter.plan.Part;
import io.drover.converter.plan.PartPlan;
import io.drover.converter.storage.ImageSource;
import io.drover.converter.storage.RandomAccessSource;
import java.io.IOException;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * What is read of a disk, and what came of it: by a plan, or by a scan from which the plan results.
 * Thread-safe as far as lanes and onlookers need it.
 */
final class Reading {
  private final ImportRequest request;
  private final ImageSource source;
  private final DiskImage image;
  private final MemoryBudget budget;
  private final Counters counters;
  private final BlockDigests digests;
  private volatile DataClusters clusters;
  private SourceChecksum checksum;

  /** Where only reading shows what is zeros; the plan then is what came of it. */
  private PartScan scan;

  private volatile PartPlan plan;

  Reading(
      ImportRequest request,
      ImageSource source,
      DiskImage image,
      MemoryBudget budget,
      Counters counters)
      throws ImportException {
    this.request = request;
    this.source = source;
    this.image = image;
    this.budget = budget;
    this.counters = counters;
    int clusterSize = 1 << request.options().clusterBits(image.virtualSize());
    if (PartRules.stream(image)) {
      long most = StreamImage.mostBytes(request.policy());
      this.digests = new BlockDigests(most);
      this.clusters = DataClusters.growing(most, clusterSize);
    } else {
      this.digests = new BlockDigests(image.virtualSize());
      this.clusters = new DataClusters(image.virtualSize(), clusterSize);
    }
  }

  BlockDigests digests() {
    return digests;
  }

  /**
   * Those that hold data; of a stream they are known to the end only when it is {@link #settle}d.
   */
  DataClusters clusters() {
    return clusters;
  }

  /** What the source was when it was opened, by name. */
  Map<String, String> identity() {
    return source.identity().fields();
  }

  /** Bytes of the source itself. */
  long sourceSize() {
    return source.size();
  }

  /** Null while it is not known. */
  PartPlan plan() {
    return plan;
  }

  /** Lanes read what the plan says. */
  void byPlan(PartPlan known) throws IOException {
    plan = known;
    if (request.options().sourceSha256().isPresent()) {
      checksum = SourceChecksum.start((RandomAccessSource) source);
    }
    digestTail();
  }

  /** One lane after the other reads on, and finds out; also once more from the first byte. */
  void byScan(Planning planning, Patience patience, Patience.Watcher watcher) throws IOException {
    if (scan != null) {
      scan.close();
    }
    SourceScan begun = new SourceScan(request, source, image, budget, digests, clusters, counters);
    checksum = begun.checksum().orElse(null);
    scan = begun.begin(planning.zeroSize(), planning::fillsZeros, patience, watcher);
  }

  /**
   * What is to be run.
   *
   * @param stopped whether there is to be an end of it: a split that fails takes the rest of its
   *     parts without running them
   */
  Iterator<PartWork> work(Transfer transfer, BooleanSupplier stopped) {
    if (plan != null) {
      return PartWork.planned(transfer.pending(plan.parts()));
    }
    return scan == null ? Collections.emptyIterator() : scan.work(stopped);
  }

  /** The next part that the scan cuts; empty at its end. */
  Optional<ScannedPart> scanned() throws IOException, InterruptedException {
    return scan.next();
  }

  /** The plan, once all is read: what was found by reading is the plan now. */
  PartPlan settle() throws IOException {
    if (plan == null) {
      List<Part> parts = scan.parts();
      long virtualSize = image.virtualSize();
      plan = new PartPlan(parts.get(parts.size() - 1).end(), parts);
      clusters = clusters.endedAt(virtualSize, 1 << request.options().clusterBits(virtualSize));
      digestTail();
    }
    return plan;
  }

  /**
   * @throws ImportException {@code SOURCE_CHANGED} if it is not the source that was opened, or not
   *     the one that was wanted
   */
  void requireUnchanged() throws IOException {
    image.requireUnchanged();
    Optional<String> sha256 = request.options().sourceSha256();
    if (sha256.isPresent()) {
      checksum.require(sha256.get());
    }
  }

  /** Blocks after the object's end are zeros by the source's metadata, and belong to no lane. */
  private void digestTail() throws IOException {
    int first = BlockDigests.blocks(plan.objectSize());
    for (int block = first; block < digests.count(); block++) {
      digests.putZero(block);
    }
    counters.addTail(image.virtualSize() - plan.objectSize());
  }

  /** Reads no further; the image stays open. */
  void end() {
    if (checksum != null) {
      checksum.stop();
    }
    if (scan != null) {
      scan.close();
    }
  }
}
