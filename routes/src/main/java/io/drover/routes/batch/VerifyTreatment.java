package io.drover.routes.batch;

import io.drover.converter.object.ObjectStore;
import io.drover.converter.verify.Verifier;
import io.drover.routes.report.BatchResult;
import java.io.IOException;
import java.util.function.BooleanSupplier;

/** Reads a committed import back and compares it with its manifest. */
public final class VerifyTreatment implements Treatment {
  private final ObjectStore store;
  private final int parallel;
  private final BooleanSupplier stopped;

  /**
   * @param parallel blocks of each import that are read at a time
   * @param stopped whether whoever waits for it has gone
   */
  public VerifyTreatment(ObjectStore store, int parallel, BooleanSupplier stopped) {
    this.store = store;
    this.parallel = parallel;
    this.stopped = stopped;
  }

  @Override
  public BatchResult treat(BatchItem item) throws IOException {
    return BatchResult.verified(
        item.line(), item.source(), Verifier.verify(store, item.place(), parallel, stopped));
  }
}
