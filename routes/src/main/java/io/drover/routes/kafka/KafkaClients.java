package io.drover.routes.kafka;

import io.drover.routes.config.ConfigException;
import io.drover.routes.config.Key;
import io.drover.routes.config.Settings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.FinalizedVersionRange;
import org.apache.kafka.common.config.SaslConfigs;
import org.apache.kafka.common.config.SslConfigs;

/**
 * What all of Drover's Kafka clients have in common: brokers, TLS, and SASL. The password stands in
 * the properties of the clients alone, and in nothing that is logged or shown. Immutable.
 */
public final class KafkaClients {
  private static final Set<String> PROTOCOLS =
      Set.of("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL");
  private static final Set<String> MECHANISMS = Set.of("SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN");
  private static final String SHARE_GROUPS = "share.version";
  private static final int MOST_PASSWORD_BYTES = 4096;

  private final String brokers;
  private final Map<String, Object> properties;

  private KafkaClients(String brokers, Map<String, Object> properties) {
    this.brokers = brokers;
    this.properties = Map.copyOf(properties);
  }

  /**
   * @throws ConfigException if a value is none that Kafka knows, or a file cannot be read
   */
  public static KafkaClients of(Settings settings) throws ConfigException {
    String brokers = settings.text(Key.KAFKA_BROKERS);
    Map<String, Object> properties = new HashMap<>();
    properties.put(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, brokers);
    String protocol = settings.text(Key.KAFKA_SECURITY_PROTOCOL).toUpperCase(Locale.ROOT);
    requireOneOf(Key.KAFKA_SECURITY_PROTOCOL, protocol, PROTOCOLS);
    properties.put(CommonClientConfigs.SECURITY_PROTOCOL_CONFIG, protocol);
    if (protocol.endsWith("SSL") && settings.isSet(Key.KAFKA_TRUSTSTORE)) {
      properties.put(SslConfigs.SSL_TRUSTSTORE_TYPE_CONFIG, "PEM");
      properties.put(
          SslConfigs.SSL_TRUSTSTORE_LOCATION_CONFIG,
          readable(Key.KAFKA_TRUSTSTORE, settings).toString());
    }
    if (protocol.startsWith("SASL")) {
      String mechanism = settings.text(Key.KAFKA_SASL_MECHANISM).toUpperCase(Locale.ROOT);
      requireOneOf(Key.KAFKA_SASL_MECHANISM, mechanism, MECHANISMS);
      properties.put(SaslConfigs.SASL_MECHANISM, mechanism);
      properties.put(SaslConfigs.SASL_JAAS_CONFIG, login(settings, mechanism));
    }
    return new KafkaClients(brokers, properties);
  }

  /** Without TLS and without a user. */
  public static KafkaClients plain(String brokers) {
    return new KafkaClients(brokers, Map.of(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, brokers));
  }

  /** HOST:PORT, comma separated. */
  public String brokers() {
    return brokers;
  }

  /** Of a client with that name in the brokers' logs; the caller adds what is its own. */
  public Map<String, Object> properties(String clientId) {
    Map<String, Object> own = new HashMap<>(properties);
    own.put(CommonClientConfigs.CLIENT_ID_CONFIG, clientId);
    return own;
  }

  /**
   * Whether requests can be taken (KIP-932).
   *
   * @throws ExecutionException if the brokers cannot be asked
   */
  public static boolean haveShareGroups(Admin admin)
      throws ExecutionException, InterruptedException {
    FinalizedVersionRange range =
        admin.describeFeatures().featureMetadata().get().finalizedFeatures().get(SHARE_GROUPS);
    return range != null && range.maxVersionLevel() > 0;
  }

  private static String login(Settings settings, String mechanism) throws ConfigException {
    if (!settings.isSet(Key.KAFKA_USERNAME)) {
      throw new ConfigException(Key.KAFKA_USERNAME.key() + " is needed for SASL");
    }
    String module =
        mechanism.equals("PLAIN")
            ? "org.apache.kafka.common.security.plain.PlainLoginModule"
            : "org.apache.kafka.common.security.scram.ScramLoginModule";
    return module
        + " required username="
        + quoted(settings.text(Key.KAFKA_USERNAME))
        + " password="
        + quoted(password(settings))
        + ";";
  }

  private static String password(Settings settings) throws ConfigException {
    if (!settings.isSet(Key.KAFKA_PASSWORD_FILE)) {
      return settings.text(Key.KAFKA_PASSWORD);
    }
    Path file = readable(Key.KAFKA_PASSWORD_FILE, settings);
    try {
      if (Files.size(file) > MOST_PASSWORD_BYTES) {
        throw new ConfigException(Key.KAFKA_PASSWORD_FILE.key() + " is too large for a password");
      }
      // an editor's line break at the end is no part of it
      return Files.readString(file).stripTrailing();
    } catch (IOException e) {
      throw new ConfigException(Key.KAFKA_PASSWORD_FILE.key() + " cannot be read: " + e);
    }
  }

  private static Path readable(Key key, Settings settings) throws ConfigException {
    Path file = Path.of(settings.text(key)).toAbsolutePath();
    if (!Files.isReadable(file)) {
      throw new ConfigException(key.key() + ": " + file + " cannot be read");
    }
    return file;
  }

  /** By the syntax of JAAS configurations. */
  private static String quoted(String text) {
    return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }

  private static void requireOneOf(Key key, String value, Set<String> known)
      throws ConfigException {
    if (!known.contains(value)) {
      throw new ConfigException(
          key.key()
              + ": '"
              + value
              + "' is none of "
              + String.join(", ", known.stream().sorted().toList()));
    }
  }
}
