package io.drover.converter.imports;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.image.DiskImage;
import io.drover.converter.object.StoredObject;
import io.drover.converter.plan.Part;
import io.drover.converter.plan.PartLimits;
import io.drover.converter.plan.PartPlan;
import java.io.IOException;
import java.util.Optional;

/**
 * How one import's disk is cut into parts: ahead, by what its metadata tells, or while it is read.
 * Thread-safe.
 */
final class Planning {
  private final ImportRequest request;
  private final DiskImage image;
  private final int clusterSize;
  private final MemoryBudget budget;
  private final ZeroObject zeroObjects;
  private volatile StoredObject zeroObject;
  private boolean zeroObjectAsked;

  /**
   * @param clusterSize of the metadata, bytes
   */
  Planning(ImportRequest request, DiskImage image, int clusterSize, Shared shared) {
    this.request = request;
    this.image = image;
    this.clusterSize = clusterSize;
    this.budget = shared.budget();
    this.zeroObjects = shared.zeroObjects();
  }

  /**
   * With zeros filled on the server where that saves enough, and the server can; empty if the
   * source is to be scanned for them.
   *
   * @param earlier what is gone on with keeps its plan
   */
  Optional<PartPlan> ahead(Resumption earlier) throws IOException {
    if (PartRules.stream(image)) {
      return Optional.empty();
    }
    PartPlan filled = Importer.planOf(image, request.options(), ZeroObject.SIZE);
    if (zeroObjects.wanted()
        && PartRules.zerosUnknown(image, filled.summary())
        && PartRules.sizes(image, request.options(), budget, zeroObjects.size()).isPresent()) {
      return Optional.empty();
    }
    // a plan without zero parts is gone on with as it is
    boolean sent = earlier.candidate().map(left -> left.plan().zeroSize() == 0).orElse(false);
    boolean fill =
        !sent && filled.summary().bytesCopied() >= PartRules.WORTH_FILLING && fillsZeros();
    return Optional.of(fill ? filled : Importer.planOf(image, request.options(), 0));
  }

  /** Asks the server on first use, since finding out may cost it some copies. */
  synchronized boolean fillsZeros() {
    if (!zeroObjectAsked) {
      zeroObject = zeroObjects.in(request.destination().bucket()).orElse(null);
      zeroObjectAsked = true;
    }
    return zeroObject != null;
  }

  /** What zeros are copied from; null unless the server fills them. */
  StoredObject zeroObject() {
    return zeroObject;
  }

  /** Bytes that the server fills in one part, at most. */
  long zeroSize() {
    return zeroObjects.size();
  }

  /** What a checkpoint keeps of the plan; without one, of parts that a scan will cut. */
  Checkpoint.PlanInputs inputs(Optional<PartPlan> ahead) {
    long zeros = ahead.isEmpty() ? zeroObjects.size() : zeroObject == null ? 0 : ZeroObject.SIZE;
    return new Checkpoint.PlanInputs(
        image.virtualSize(),
        ahead.map(PartPlan::objectSize).orElse(0L),
        request.options().partSize(),
        zeros,
        clusterSize,
        request.options().rawExternalData(),
        ahead.map(plan -> plan.parts().size()).orElse(PartLimits.MAX_PARTS),
        ahead
            .map(plan -> ImportId.of(plan.parts().stream().map(Part::toString).toList()))
            .orElse(Checkpoint.PlanInputs.SCAN));
  }

  /** Bytes that are read at a time where a part is not held whole. */
  int windowSize() {
    return Math.max(image.readSize(), ChunkReader.chunkSize(clusterSize));
  }

  /**
   * @throws ImportException {@code TARGET_LIMIT} if the budget does not hold even a window
   */
  void requireRoom() throws ImportException {
    if (windowSize() > budget.limit()) {
      throw ImportException.refused(
          ErrorCode.TARGET_LIMIT,
          "this source is read "
              + windowSize()
              + " bytes at a time, but the memory budget is "
              + budget.limit()
              + "; raise it by --memory or drover.memory");
    }
  }
}
