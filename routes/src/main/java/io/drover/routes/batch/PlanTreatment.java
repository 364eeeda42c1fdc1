package io.drover.routes.batch;

import io.drover.converter.imports.CommittedImport;
import io.drover.converter.imports.ImportRequest;
import io.drover.converter.imports.Importer;
import io.drover.converter.manifest.Manifest;
import io.drover.converter.object.ObjectStore;
import io.drover.routes.report.BatchResult;
import java.io.IOException;
import java.util.Optional;

/** Says what an import would do, by the source's metadata and a look at the destination. */
public final class PlanTreatment implements Treatment {
  private final ObjectStore store;
  private final boolean overwrite;

  /**
   * @param overwrite whether committed imports at the destinations would give way
   */
  public PlanTreatment(ObjectStore store, boolean overwrite) {
    this.store = store;
    this.overwrite = overwrite;
  }

  @Override
  public BatchResult treat(BatchItem item) throws IOException {
    ImportRequest request = ImportTreatment.request(item, store, overwrite);
    Optional<Manifest> committed = CommittedImport.find(store, request);
    if (committed.isPresent()) {
      return BatchResult.skipped(item.line(), item.source(), item.destination(), committed.get());
    }
    CommittedImport.requireFree(store, request);
    return BatchResult.planned(
        item.line(), item.source(), item.destination(), Importer.dryRun(request));
  }
}
