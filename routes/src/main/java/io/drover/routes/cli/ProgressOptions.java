package io.drover.routes.cli;

import picocli.CommandLine.Option;

/** Options of the commands that a person waits for. */
final class ProgressOptions {
  @Option(
      names = {"-p", "--progress"},
      description = "Show progress on stderr; by default on a terminal")
  private boolean progress;

  @Option(
      names = {"-q", "--quiet"},
      description = "Say nothing but errors")
  private boolean quiet;

  boolean quiet() {
    return quiet;
  }

  boolean wanted() {
    return !quiet && (progress || Terminal.stderrIsOne());
  }
}
