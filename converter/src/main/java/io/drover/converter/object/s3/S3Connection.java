package io.drover.converter.object.s3;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.error.Printable;
import java.io.Closeable;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManager;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.AwsSessionCredentials;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.core.client.config.ClientOverrideConfiguration;
import software.amazon.awssdk.core.client.config.SdkAdvancedClientOption;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.http.SdkHttpConfigurationOption;
import software.amazon.awssdk.http.apache5.Apache5HttpClient;
import software.amazon.awssdk.identity.spi.AwsCredentialsIdentity;
import software.amazon.awssdk.profiles.ProfileFile;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.regions.providers.AwsProfileRegionProvider;
import software.amazon.awssdk.regions.providers.AwsRegionProviderChain;
import software.amazon.awssdk.regions.providers.DefaultAwsRegionProviderChain;
import software.amazon.awssdk.regions.providers.SystemSettingsRegionProvider;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3ClientBuilder;
import software.amazon.awssdk.services.s3.S3Configuration;
import software.amazon.awssdk.utils.AttributeMap;

/**
 * The library's clients, made from the settings: one for everything, and one more, on first use,
 * for requests where the server works before it answers. A socket's timeout belongs to a client,
 * and a stalled transfer must not wait as long as a completion may.
 */
final class S3Connection implements Closeable {
  private final S3Settings settings;
  private final Optional<URI> endpoint;
  private final Region region;
  private final Optional<Path> caBundle;
  private final AwsCredentialsProvider credentials;
  private final S3Client client;
  private S3Client patientClient;

  /**
   * @param environment the process's environment variables
   */
  S3Connection(S3Settings settings, Map<String, String> environment) throws IOException {
    this.settings = settings;
    this.endpoint = endpoint(settings, environment);
    this.caBundle =
        settings
            .caBundle()
            .or(() -> Optional.ofNullable(environment.get("AWS_CA_BUNDLE")).map(Path::of));
    this.region = region();
    this.credentials = credentials();
    this.client = build(settings.timeouts().silence());
  }

  S3Client client() {
    return client;
  }

  /** Waits for an answer as long as {@link S3Timeouts#completion()}. */
  synchronized S3Client patientClient() throws IOException {
    if (patientClient == null) {
      patientClient = build(settings.timeouts().completion());
    }
    return patientClient;
  }

  /** Asks the chain of providers. */
  AwsCredentialsIdentity credentialsInUse() {
    return credentials.resolveCredentials();
  }

  /** How messages name the server. */
  String server() {
    return endpoint.map(URI::toString).orElse("AWS S3 in " + region.id());
  }

  @Override
  public synchronized void close() {
    client.close();
    if (patientClient != null) {
      patientClient.close();
    }
    if (credentials instanceof RenewableCredentials renewable) {
      renewable.close();
    }
  }

  private static Optional<URI> endpoint(S3Settings settings, Map<String, String> environment)
      throws ImportException {
    if (settings.endpoint().isPresent()) {
      return settings.endpoint();
    }
    Optional<String> empty = Optional.empty();
    for (String name : List.of("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")) {
      String value = environment.get(name);
      if (value != null && value.isBlank()) {
        empty = Optional.of(name);
      }
      if (value != null && !value.isBlank()) {
        try {
          return Optional.of(S3Settings.requireEndpoint(URI.create(value)));
        } catch (IllegalArgumentException e) {
          // the value itself may hold a password
          throw ImportException.refused(
              ErrorCode.TARGET_UNAVAILABLE,
              name + " is not http://HOST[:PORT] or https://HOST[:PORT]: correct it");
        }
      }
    }
    if (empty.isPresent()) {
      // the SDK reads the variable, too, and stumbles
      throw ImportException.refused(
          ErrorCode.TARGET_UNAVAILABLE, empty.get() + " is set, and empty: unset it");
    }
    return Optional.empty();
  }

  /**
   * Asking the machine's metadata service takes seconds where there is none, so it is asked only
   * for AWS itself, and only when nothing else names the region.
   */
  private Region region() throws ImportException {
    if (settings.region().isPresent()) {
      return Region.of(settings.region().get());
    }
    try {
      if (endpoint.isEmpty()) {
        DefaultAwsRegionProviderChain.Builder chain = DefaultAwsRegionProviderChain.builder();
        settings.profile().ifPresent(chain::profileName);
        return chain.build().getRegion();
      }
      AwsProfileRegionProvider profile =
          settings
              .profile()
              .map(name -> new AwsProfileRegionProvider(ProfileFile::defaultProfileFile, name))
              .orElseGet(AwsProfileRegionProvider::new);
      return new AwsRegionProviderChain(new SystemSettingsRegionProvider(), profile).getRegion();
    } catch (SdkClientException e) {
      if (endpoint.isPresent()) {
        return Region.US_EAST_1;
      }
      throw ImportException.refused(
          ErrorCode.TARGET_UNAVAILABLE,
          "no region is configured for AWS S3: set --region or AWS_REGION,"
              + " or --endpoint-url for another server",
          e);
    }
  }

  /** Looks for newer credentials than those in use; given ones stay what they are. */
  void renewCredentials() {
    if (credentials instanceof RenewableCredentials renewable) {
      renewable.renew();
    }
  }

  private AwsCredentialsProvider credentials() {
    if (settings.credentials().isEmpty()) {
      return new RenewableCredentials(
          () -> {
            DefaultCredentialsProvider.Builder chain = DefaultCredentialsProvider.builder();
            settings.profile().ifPresent(chain::profileName);
            return chain.build();
          });
    }
    S3Credentials given = settings.credentials().get();
    return StaticCredentialsProvider.create(
        given.sessionToken().isPresent()
            ? AwsSessionCredentials.create(
                given.accessKeyId(), given.secretAccessKey(), given.sessionToken().get())
            : AwsBasicCredentials.create(given.accessKeyId(), given.secretAccessKey()));
  }

  private S3Client build(Duration silence) throws IOException {
    ClientOverrideConfiguration.Builder override =
        ClientOverrideConfiguration.builder()
            .retryStrategy(AwsRetryStrategy.doNotRetry())
            .putAdvancedOption(
                SdkAdvancedClientOption.USER_AGENT_SUFFIX, settings.userAgentSuffix());
    settings.profile().ifPresent(override::defaultProfileName);
    S3ClientBuilder builder =
        S3Client.builder()
            .region(region)
            .credentialsProvider(credentials)
            .httpClient(httpClient(silence))
            .putAuthScheme(UnsignedBody.SCHEME)
            .overrideConfiguration(override.build())
            // chunked bodies with checksums in the trailer are refused, or stored with their
            // framing, by servers that are not AWS: checksums go ahead as headers
            .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
            .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
            .serviceConfiguration(
                S3Configuration.builder()
                    .chunkedEncodingEnabled(false)
                    .pathStyleAccessEnabled(settings.pathStyle().orElse(endpoint.isPresent()))
                    .build());
    endpoint.ifPresent(builder::endpointOverride);
    return builder.build();
  }

  private SdkHttpClient httpClient(Duration silence) throws IOException {
    Apache5HttpClient.Builder builder =
        Apache5HttpClient.builder()
            .maxConnections(settings.maxConnections())
            .connectionTimeout(settings.timeouts().connect())
            // lanes queue for a connection as long as another lane's part may take
            .connectionAcquisitionTimeout(settings.timeouts().completion())
            .socketTimeout(silence)
            .tcpKeepAlive(true);
    if (endpoint.map(URI::getScheme).filter("http"::equalsIgnoreCase).isPresent()) {
      // reading Java's trusted certificates costs half a second of a cold start
      builder.tlsSocketStrategy(
          (socket, target, port, attachment, context) -> {
            throw new SSLException("TLS to an endpoint that is plain http");
          });
    } else if (caBundle.isPresent()) {
      TrustManager[] trusted = trusted(caBundle.get());
      builder.tlsTrustManagersProvider(() -> trusted);
    }
    return builder.buildWithDefaults(
        AttributeMap.builder()
            .put(SdkHttpConfigurationOption.TRUST_ALL_CERTIFICATES, !settings.verifySsl())
            .build());
  }

  private static TrustManager[] trusted(Path pem) throws ImportException {
    try {
      return CaBundle.load(pem);
    } catch (IOException e) {
      throw ImportException.refused(
          ErrorCode.TARGET_UNAVAILABLE,
          "cannot read the CA bundle "
              + Printable.text(pem.toString())
              + ": "
              + Printable.text(e.toString())
              + ": name a file with PEM certificates",
          e);
    }
  }
}
