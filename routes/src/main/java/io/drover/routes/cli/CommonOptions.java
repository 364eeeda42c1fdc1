package io.drover.routes.cli;

import io.drover.converter.manifest.SoftwareVersion;
import io.drover.converter.object.LimitedObjectStore;
import io.drover.converter.object.ObjectStore;
import io.drover.converter.object.RateLimit;
import io.drover.converter.object.s3.S3Credentials;
import io.drover.converter.object.s3.S3ObjectStore;
import io.drover.converter.object.s3.S3Settings;
import io.drover.converter.object.s3.S3Timeouts;
import io.drover.routes.config.ConfigException;
import io.drover.routes.config.Key;
import io.drover.routes.config.Settings;
import io.drover.routes.request.SourceName;
import io.drover.sandbox.SandboxProcess;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Options that every command has, under the names of the AWS command line. */
final class CommonOptions {
  /** Below, a part of 5 MiB takes longer than a person waits. */
  private static final long LEAST_RATE = 64 << 10;

  @Option(
      names = "--endpoint-url",
      paramLabel = "URL",
      description = "S3 server that is not AWS (or AWS_ENDPOINT_URL)")
  private String endpointUrl;

  @Option(names = "--region", paramLabel = "REGION", description = "Region (or AWS_REGION)")
  private String region;

  @Option(
      names = "--profile",
      paramLabel = "NAME",
      description = "Profile of the AWS configuration files (or AWS_PROFILE)")
  private String profile;

  @Option(
      names = "--path-style",
      negatable = true,
      description =
          "Bucket in the path, not in the host name; the default where an endpoint is set")
  private Boolean pathStyle;

  @Option(
      names = "--no-verify-ssl",
      description = "Do not check the server's certificate: for experiments only")
  private boolean noVerifySsl;

  @Option(
      names = "--ca-bundle",
      paramLabel = "FILE",
      description = "PEM file of the authorities to trust (or AWS_CA_BUNDLE)")
  private String caBundle;

  @Option(
      names = "--kafka",
      paramLabel = "HOST:PORT",
      description = "Kafka brokers, comma separated; without them no events are sent")
  private String kafka;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "Configuration file; config/application.properties lists the keys")
  private Path config;

  @Option(
      names = "-D",
      paramLabel = "KEY=VALUE",
      mapFallbackValue = "",
      description = "Set one configuration key, as -Ddrover.parallel=8")
  private Map<String, String> properties = new LinkedHashMap<>();

  @Option(
      names = {"-v", "--verbose"},
      description = "Say more on stderr")
  private boolean verbose;

  /** The configuration with these flags on top. */
  Settings settings() throws ConfigException {
    Map<String, String> definitions = new LinkedHashMap<>();
    System.getProperties().stringPropertyNames().stream()
        .filter(name -> name.startsWith("drover."))
        .forEach(name -> definitions.put(name, System.getProperty(name)));
    definitions.putAll(properties);
    for (String name : properties.keySet()) {
      if (!name.startsWith("drover.")) {
        throw new ConfigException("-D" + name + ": configuration keys begin with drover.");
      }
    }
    Settings settings =
        Settings.load(configFile(config), System.getenv(), definitions)
            .with(Key.S3_ENDPOINT_URL, endpointUrl)
            .with(Key.S3_REGION, region)
            .with(Key.S3_PROFILE, profile)
            .with(Key.S3_PATH_STYLE, pathStyle == null ? null : pathStyle.toString())
            .with(Key.S3_VERIFY_SSL, noVerifySsl ? "false" : null)
            .with(Key.S3_CA_BUNDLE, caBundle)
            .with(Key.KAFKA_BROKERS, kafka);
    Logging.requireFormat(settings);
    return settings;
  }

  boolean verbose() {
    return verbose;
  }

  /** The file given, or the one of the installation. */
  static Path configFile(Path given) {
    if (given != null) {
      return given;
    }
    String home = System.getenv("DROVER_HOME");
    if (home == null) {
      return null;
    }
    Path installed = Path.of(home, "config", "application.properties");
    return Files.isRegularFile(installed) ? installed : null;
  }

  /** A store by these settings; nothing is contacted yet. */
  static ObjectStore store(Settings settings) throws ConfigException, IOException {
    ObjectStore store = new S3ObjectStore(s3Settings(settings));
    return settings.isSet(Key.LIMIT_RATE)
        ? new LimitedObjectStore(store, new RateLimit(limitRate(settings)))
        : store;
  }

  private static long limitRate(Settings settings) throws ConfigException {
    long rate = settings.bytes(Key.LIMIT_RATE);
    if (rate < LEAST_RATE) {
      throw new ConfigException(
          Key.LIMIT_RATE.key() + ": " + rate + " bytes a second; say 64k or more");
    }
    return rate;
  }

  /** A part that all others keep waiting must not look as if its server had stopped. */
  private static S3Timeouts timeouts(Settings settings) throws ConfigException {
    S3Timeouts timeouts = S3Settings.DEFAULT.timeouts();
    if (!settings.isSet(Key.LIMIT_RATE)) {
      return timeouts;
    }
    long share = limitRate(settings) / (2L * settings.number(Key.PARALLEL, 1, 1_000));
    return new S3Timeouts(
        timeouts.connect(),
        timeouts.silence(),
        timeouts.completion(),
        Math.max(1, Math.min(timeouts.slowestBytesPerSecond(), share)));
  }

  static S3Settings s3Settings(Settings settings) throws ConfigException {
    S3Settings defaults = S3Settings.DEFAULT;
    try {
      return new S3Settings(
          text(settings, Key.S3_ENDPOINT_URL).map(URI::create),
          text(settings, Key.S3_REGION),
          text(settings, Key.S3_PROFILE),
          Optional.empty(),
          settings.text(Key.S3_PATH_STYLE).equals("auto")
              ? Optional.empty()
              : Optional.of(settings.flag(Key.S3_PATH_STYLE)),
          settings.flag(Key.S3_VERIFY_SSL),
          text(settings, Key.S3_CA_BUNDLE).map(Path::of),
          settings.flag(Key.S3_UNSIGNED_PAYLOAD),
          settings.number(Key.PARALLEL, 1, 1_000) + settings.number(Key.JOBS, 1, 1_000) + 8,
          timeouts(settings),
          defaults.retryPolicy(),
          "drover/" + SoftwareVersion.text());
    } catch (IllegalArgumentException e) {
      throw new ConfigException("S3 settings: " + e.getMessage());
    }
  }

  /** The store of a source that is an object, else null: a local file needs none. */
  static ObjectStore storeFor(SourceName source, Settings settings)
      throws ConfigException, IOException {
    return source.isObject() ? store(settings) : null;
  }

  /** The sandbox's store; its credentials are no secret. */
  static ObjectStore sandboxStore(SandboxProcess sandbox) throws IOException {
    return new S3ObjectStore(
        S3Settings.DEFAULT
            .withEndpoint(sandbox.s3Endpoint())
            .withCredentials(
                new S3Credentials(SandboxProcess.ACCESS_KEY, SandboxProcess.SECRET_KEY)));
  }

  private static Optional<String> text(Settings settings, Key key) {
    return settings.isSet(key) ? Optional.of(settings.text(key)) : Optional.empty();
  }
}
