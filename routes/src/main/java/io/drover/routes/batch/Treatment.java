package io.drover.routes.batch;

import io.drover.routes.report.BatchResult;
import java.io.IOException;

/** What is done with each image of a list. Thread-safe. */
@FunctionalInterface
public interface Treatment {
  /** Where another run finds again what was done. */
  String GOES_ON = "run the same command again to go on; what is done is skipped";

  /**
   * @throws io.drover.converter.error.ImportException why it could not be done
   */
  BatchResult treat(BatchItem item) throws IOException;

  /** What people can do when not all images could be treated, for another run. */
  default String again() {
    return "run the same command again";
  }
}
