package io.drover.routes.batch;

import io.drover.converter.error.ImportException;
import io.drover.converter.imports.CommittedImport;
import io.drover.converter.imports.ImportOptions;
import io.drover.converter.imports.ImportRequest;
import io.drover.converter.manifest.Manifest;
import io.drover.converter.object.ObjectStore;
import io.drover.routes.report.BatchResult;
import java.io.IOException;
import java.util.Optional;

/** Imports what is not there yet; what an earlier run committed is not even read. */
public final class ImportTreatment implements Treatment {
  /** Runs one import to its end. */
  @FunctionalInterface
  public interface Run {
    Manifest run(ImportRequest request) throws ImportException;
  }

  private final ObjectStore store;
  private final boolean overwrite;
  private final Run route;

  /**
   * @param overwrite whether other committed imports at the destinations give way
   */
  public ImportTreatment(ObjectStore store, boolean overwrite, Run route) {
    this.store = store;
    this.overwrite = overwrite;
    this.route = route;
  }

  @Override
  public String again() {
    return GOES_ON;
  }

  @Override
  public BatchResult treat(BatchItem item) throws IOException {
    ImportRequest request = request(item, store, overwrite);
    Optional<Manifest> committed = CommittedImport.find(store, request);
    return committed.isPresent()
        ? BatchResult.skipped(item.line(), item.source(), item.destination(), committed.get())
        : BatchResult.imported(item.line(), item.source(), item.destination(), route.run(request));
  }

  static ImportRequest request(BatchItem item, ObjectStore store, boolean overwrite) {
    ImportOptions options = item.wanted().options();
    return item.wanted()
        .with(overwrite ? options.withExisting(ImportOptions.Existing.OVERWRITE) : options)
        .request(item.importId(), store);
  }
}
