package io.drover.routes.batch;

import io.drover.routes.report.BatchResult;
import java.io.IOException;

/** What is done with each image of a list. Thread-safe. */
@FunctionalInterface
public interface Treatment {
  /**
   * @throws io.drover.converter.error.ImportException why it could not be done
   */
  BatchResult treat(BatchItem item) throws IOException;

  /** What people can do when not all images could be treated, for another run. */
  default String again() {
    return "run the same command again";
  }
}
