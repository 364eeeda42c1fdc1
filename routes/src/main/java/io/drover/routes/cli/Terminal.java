package io.drover.routes.cli;

/** What the launcher saw of the terminal; Java itself cannot tell about stderr alone. */
final class Terminal {
  private static final int DEFAULT_COLUMNS = 100;

  private Terminal() {}

  static boolean stderrIsOne() {
    return Boolean.getBoolean("drover.stderr-tty");
  }

  static int columns() {
    int columns = Integer.getInteger("drover.columns", DEFAULT_COLUMNS);
    return columns < 20 ? DEFAULT_COLUMNS : columns;
  }
}
