package io.drover.routes.batch;

import io.drover.converter.error.Printable;
import io.drover.routes.config.ConfigException;
import io.drover.routes.report.BatchReport;
import java.io.IOException;
import java.nio.file.Path;

/** The images that did not come to a good end in an earlier run, by its report. */
public final class EarlierFailures {
  private final Places failures = new Places();

  private EarlierFailures() {}

  /**
   * @param report its JSON form
   */
  public static EarlierFailures read(Path report) throws ConfigException {
    EarlierFailures earlier = new EarlierFailures();
    try {
      BatchReport.read(
          report,
          result -> {
            if (result.error() != null) {
              earlier.failures.put(key(result.source(), result.destination()), 1);
            }
          });
    } catch (IOException | RuntimeException e) {
      throw new ConfigException(
          Printable.text(report.toString())
              + " is no report of a batch in JSON: "
              + Printable.text("" + e.getMessage()));
    }
    return earlier;
  }

  /** Whether this image is one of them. */
  public boolean has(BatchItem item) {
    return failures.has(key(item.source(), item.destination()));
  }

  private static String key(String source, String destination) {
    return source + '\n' + destination;
  }
}
