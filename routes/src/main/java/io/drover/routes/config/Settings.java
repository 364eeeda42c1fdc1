package io.drover.routes.config;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The configuration: command line flags over {@code -D} over environment over file over defaults.
 * Read once at start; immutable.
 */
public final class Settings {
  /** Variables of the launcher, which are no configuration keys. */
  private static final Set<String> LAUNCHER_VARIABLES =
      Set.of("DROVER_HOME", "DROVER_JAVA_OPTS", "DROVER_FIXTURES");

  /** System properties that the launcher sets. */
  private static final Set<String> LAUNCHER_PROPERTIES =
      Set.of(
          "drover.sandbox.home",
          "drover.stderr-tty",
          "drover.columns",
          "drover.log-level",
          "drover.log-format");

  private static final Pattern DURATION = Pattern.compile("(\\d{1,9})\\s*(ms|s|m|h)");

  private final Map<Key, String> values;

  private Settings(Map<Key, String> values) {
    this.values = values;
  }

  /**
   * Reads everything.
   *
   * @param file configuration file, or null for none
   * @param environment as {@link System#getenv()}
   * @param properties {@code -D} values; only names that begin with {@code drover.} count
   * @throws ConfigException if a {@code drover.*} key is unknown or the file cannot be read
   */
  public static Settings load(
      Path file, Map<String, String> environment, Map<String, String> properties)
      throws ConfigException {
    Map<Key, String> values = new EnumMap<>(Key.class);
    List<String> unknown = new ArrayList<>();
    if (file != null) {
      take(values, fromFile(file), file.toString(), unknown);
    }
    Map<String, String> variables = new TreeMap<>();
    for (Map.Entry<String, String> variable : environment.entrySet()) {
      if (variable.getKey().startsWith("DROVER_")
          && !LAUNCHER_VARIABLES.contains(variable.getKey())) {
        Key key = byVariable(variable.getKey());
        if (key == null) {
          unknown.add(variable.getKey() + " (environment)");
        } else {
          variables.put(key.key(), variable.getValue());
        }
      }
    }
    take(values, variables, "environment", unknown);
    take(values, properties, "-D", unknown);
    if (!unknown.isEmpty()) {
      throw new ConfigException(
          "unknown configuration key: "
              + String.join(", ", unknown)
              + "; config/application.properties lists all there are");
    }
    return new Settings(values);
  }

  /** These settings with one value replaced, as by a flag; null leaves it as it is. */
  public Settings with(Key key, String value) {
    if (value == null) {
      return this;
    }
    Map<Key, String> changed = new EnumMap<>(Key.class);
    changed.putAll(values);
    changed.put(key, value);
    return new Settings(changed);
  }

  public String text(Key key) {
    return values.getOrDefault(key, key.fallback()).trim();
  }

  public boolean isSet(Key key) {
    return !text(key).isEmpty();
  }

  public long bytes(Key key) throws ConfigException {
    try {
      return ByteSize.parse(text(key));
    } catch (IllegalArgumentException e) {
      throw new ConfigException(key.key() + ": " + e.getMessage());
    }
  }

  public int number(Key key, int least, int most) throws ConfigException {
    try {
      int number = Integer.parseInt(text(key));
      if (number >= least && number <= most) {
        return number;
      }
    } catch (NumberFormatException e) {
      // said below, with the range
    }
    throw new ConfigException(
        key.key() + ": '" + text(key) + "' is no number from " + least + " to " + most);
  }

  public boolean flag(Key key) throws ConfigException {
    return switch (text(key)) {
      case "true", "on", "yes" -> true;
      case "false", "off", "no" -> false;
      default -> throw new ConfigException(key.key() + ": '" + text(key) + "' is not on or off");
    };
  }

  public Duration duration(Key key) throws ConfigException {
    Matcher match = DURATION.matcher(text(key));
    if (!match.matches()) {
      throw new ConfigException(
          key.key() + ": '" + text(key) + "' is no time: write 500ms, 2s, 5m or 1h");
    }
    long amount = Long.parseLong(match.group(1));
    return switch (match.group(2)) {
      case "ms" -> Duration.ofMillis(amount);
      case "s" -> Duration.ofSeconds(amount);
      case "m" -> Duration.ofMinutes(amount);
      default -> Duration.ofHours(amount);
    };
  }

  /**
   * Where something may lie that outlives a process, by the rules of the XDG base directories.
   *
   * @param environment as {@link System#getenv()}
   */
  public Path stateDirectory(Map<String, String> environment) {
    if (isSet(Key.STATE_DIR)) {
      return Path.of(text(Key.STATE_DIR)).toAbsolutePath();
    }
    String states = environment.getOrDefault("XDG_STATE_HOME", "");
    Path base =
        // "all paths must be absolute", and others are to be ignored
        states.startsWith("/")
            ? Path.of(states)
            : Path.of(System.getProperty("user.home"), ".local", "state");
    return base.resolve("drover");
  }

  private static Map<String, String> fromFile(Path file) throws ConfigException {
    Properties properties = new Properties();
    try (Reader reader = Files.newBufferedReader(file)) {
      properties.load(reader);
    } catch (NoSuchFileException e) {
      throw new ConfigException("configuration file " + file + " does not exist");
    } catch (IOException | IllegalArgumentException e) {
      throw new ConfigException("configuration file " + file + " cannot be read: " + e);
    }
    Map<String, String> values = new TreeMap<>();
    properties.forEach((name, value) -> values.put(name.toString(), value.toString()));
    return values;
  }

  private static void take(
      Map<Key, String> values, Map<String, String> found, String origin, List<String> unknown) {
    found.forEach(
        (name, value) -> {
          Key key = byName(name);
          if (key != null) {
            values.put(key, value);
          } else if (name.startsWith("drover.") && !LAUNCHER_PROPERTIES.contains(name)) {
            unknown.add(name + " (" + origin + ")");
          }
        });
  }

  private static Key byName(String name) {
    for (Key key : Key.values()) {
      if (key.key().equals(name)) {
        return key;
      }
    }
    return null;
  }

  private static Key byVariable(String variable) {
    for (Key key : Key.values()) {
      if (key.variable().equals(variable)) {
        return key;
      }
    }
    return null;
  }
}
