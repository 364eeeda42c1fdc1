package io.drover.routes.batch;

import io.drover.converter.object.ObjectStore;
import io.drover.converter.verify.Verifier;
import io.drover.routes.report.BatchResult;
import java.io.IOException;

/** Reads a committed import back and compares it with its manifest. */
public final class VerifyTreatment implements Treatment {
  private final ObjectStore store;
  private final int parallel;

  /**
   * @param parallel blocks of each import that are read at a time
   */
  public VerifyTreatment(ObjectStore store, int parallel) {
    this.store = store;
    this.parallel = parallel;
  }

  @Override
  public BatchResult treat(BatchItem item) throws IOException {
    return BatchResult.verified(
        item.line(), item.source(), Verifier.verify(store, item.place(), parallel));
  }
}
