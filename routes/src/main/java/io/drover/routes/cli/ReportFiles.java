package io.drover.routes.cli;

import io.drover.converter.error.Printable;
import io.drover.routes.config.ConfigException;
import io.drover.routes.report.BatchReport;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/** Where a report goes. */
final class ReportFiles {
  private static final String NONE = "none";
  private static final String DEFAULT = "drover-batch-report";

  private ReportFiles() {}

  /**
   * Begins a report.
   *
   * @param given as after {@code --report}: with or without an extension; null: not given
   * @param always whether there is one where none was asked for
   * @return null for none
   */
  static BatchReport open(String given, boolean always, String title, String list)
      throws ConfigException {
    if (NONE.equals(given) || given == null && !always) {
      return null;
    }
    String name = given == null ? DEFAULT : given.replaceFirst("(?i)\\.(json|html)$", "");
    try {
      return new BatchReport(Path.of(name), title, Printable.text(list), Version.text());
    } catch (IOException | InvalidPathException e) {
      throw new ConfigException(
          "the report cannot be written to "
              + name
              + ".json: "
              + e
              + "; choose another place: --report FILE, or none");
    }
  }
}
