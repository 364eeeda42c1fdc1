package io.drover.routes.cli;

import io.drover.converter.error.Printable;
import io.drover.converter.manifest.SoftwareVersion;
import io.drover.routes.config.ConfigException;
import io.drover.routes.report.BatchReport;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Where a report goes. */
final class ReportFiles {
  /** For {@code --report}: no report. */
  static final String NONE = "none";

  private ReportFiles() {}

  /**
   * Begins a report.
   *
   * @param given as after {@code --report}: with or without an extension; null: not given
   * @param usual its name where none was given
   * @return null for none
   */
  static BatchReport open(String given, String usual, String title, String list)
      throws ConfigException {
    if (NONE.equals(given)) {
      return null;
    }
    String name = given == null ? usual : given.replaceFirst("(?i)\\.(json|html)$", "");
    try {
      return new BatchReport(Path.of(name), title, Printable.text(list), SoftwareVersion.text());
    } catch (IOException | InvalidPathException e) {
      throw new ConfigException(
          "the report cannot be written to "
              + name
              + ".json"
              + (e instanceof NoSuchFileException
                  ? ": there is no such folder"
                  : e instanceof FileSystemException ? "" : ": " + Printable.text(e.getMessage()))
              + "; choose another place: --report FILE, or none");
    }
  }
}
