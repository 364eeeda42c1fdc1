package io.drover.routes.cli;

import io.drover.routes.logging.StderrLogging;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Chooses the logging before anything logs: a line per decision for the service, from the
 * operator's {@code config/logback.xml} where there is one; warnings only for one-shot commands,
 * more at {@code -v}.
 */
final class Logging {
  private Logging() {}

  static void prepare(String... arguments) {
    List<String> words = List.of(arguments);
    boolean service = words.contains("serve");
    if (System.getProperty(StderrLogging.LEVEL) == null
        && (service || words.contains("-v") || words.contains("--verbose"))) {
      System.setProperty(StderrLogging.LEVEL, "INFO");
    }
    String home = System.getenv("DROVER_HOME");
    if (service && home != null && System.getProperty("logback.configurationFile") == null) {
      Path file = Path.of(home, "config", "logback.xml");
      if (Files.isRegularFile(file)) {
        System.setProperty("logback.configurationFile", file.toString());
      }
    }
  }
}
