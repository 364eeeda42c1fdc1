package io.drover.converter.imports;

import io.drover.converter.object.ObjectStore;
import java.time.Duration;
import java.util.Optional;

/**
 * What all imports of an {@link Importer} have in common.
 *
 * @param retryBudget how long a step is tried again while the store fails for a passing reason
 * @param leaseTerms empty where workers are not kept apart
 * @param stages what all of them spend their time on
 */
record Shared(
    ObjectStore store,
    MemoryBudget budget,
    ZeroObject zeroObjects,
    Duration retryBudget,
    Optional<LeaseTerms> leaseTerms,
    Timing timing,
    StageTimes stages) {
  Shared withLeases(LeaseTerms terms) {
    return new Shared(store, budget, zeroObjects, retryBudget, Optional.of(terms), timing, stages);
  }
}
