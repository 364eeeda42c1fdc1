package io.drover.converter.error;

/** What the caller of a failed import should do about it. */
public enum Outcome {
  /** The input is bad or forbidden: the same command will fail again. Exit code 3. */
  REFUSED(3),
  /** Something broke that is nobody's input. Exit code 1. */
  FAILED(1),
  /** The reason passes, or somebody interrupted: run the same command again. Exit code 4. */
  RESUMABLE(4);

  private final int exitCode;

  Outcome(int exitCode) {
    this.exitCode = exitCode;
  }

  public int exitCode() {
    return exitCode;
  }
}
