package io.drover.routes.cli;

import io.drover.routes.config.ConfigException;
import io.drover.routes.config.Key;
import io.drover.routes.config.Settings;
import io.drover.routes.logging.StderrLogging;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Properties;

/**
 * Chooses the logging before anything logs: a line per decision for the service, from the
 * operator's {@code config/logback.xml} or {@code logback-json.xml} where there is one; warnings
 * only for one-shot commands, more at {@code -v}.
 */
final class Logging {
  private static final String FILE = "logback.configurationFile";
  private static final String JSON = "json";

  private Logging() {}

  static void prepare(String... arguments) {
    List<String> words = List.of(arguments);
    boolean service = words.contains("serve");
    if (System.getProperty(StderrLogging.LEVEL) == null
        && (service || words.contains("-v") || words.contains("--verbose"))) {
      System.setProperty(StderrLogging.LEVEL, "INFO");
    }
    boolean json = JSON.equals(format(words));
    if (json && System.getProperty(StderrLogging.FORMAT) == null) {
      System.setProperty(StderrLogging.FORMAT, JSON);
    }
    String home = System.getenv("DROVER_HOME");
    if (service && home != null && System.getProperty(FILE) == null) {
      Path file = Path.of(home, "config", json ? "logback-json.xml" : "logback.xml");
      if (Files.isRegularFile(file)) {
        System.setProperty(FILE, file.toString());
      }
    }
  }

  /**
   * The key's value as the settings will find it; they are read by the command, which may log. What
   * is wrong with it, or with the file, the command says.
   */
  private static String format(List<String> words) {
    String key = Key.LOG_FORMAT.key();
    String definition = "-D" + key + "=";
    Path config = null;
    String flag = null;
    for (int index = 0; index < words.size(); index++) {
      String word = words.get(index);
      if (word.startsWith(definition)) {
        flag = word.substring(definition.length());
      } else if (word.startsWith("--config=")) {
        config = path(word.substring("--config=".length()));
      } else if (word.equals("--config") && index + 1 < words.size()) {
        config = path(words.get(index + 1));
      }
    }
    for (String given :
        new String[] {
          flag, System.getProperty(key), System.getenv(Key.LOG_FORMAT.variable()),
        }) {
      if (given != null) {
        return given.strip();
      }
    }
    return fromFile(CommonOptions.configFile(config), key);
  }

  private static Path path(String text) {
    try {
      return Path.of(text);
    } catch (InvalidPathException e) {
      return null;
    }
  }

  private static String fromFile(Path file, String key) {
    if (file == null) {
      return "";
    }
    Properties properties = new Properties();
    try (Reader reader = Files.newBufferedReader(file)) {
      properties.load(reader);
    } catch (IOException | IllegalArgumentException e) {
      return "";
    }
    return properties.getProperty(key, "").strip();
  }

  /**
   * @throws ConfigException if the format is none
   */
  static void requireFormat(Settings settings) throws ConfigException {
    String format = settings.text(Key.LOG_FORMAT);
    if (!format.equals("text") && !format.equals(JSON)) {
      throw new ConfigException(
          Key.LOG_FORMAT.key() + ": '" + format + "' is neither text nor json");
    }
  }
}
