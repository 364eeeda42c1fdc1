package io.drover.converter.object.s3;

import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Where the S3 server is and how to talk to it.
 *
 * @param endpoint of a server that is not AWS; empty: {@code AWS_ENDPOINT_URL_S3}, {@code
 *     AWS_ENDPOINT_URL}, else AWS itself
 * @param region empty: {@code AWS_REGION}, the profile's, then {@code us-east-1} where an endpoint
 *     is given, else what the machine's metadata service says
 * @param profile of the AWS configuration files; empty: {@code AWS_PROFILE}, else {@code default}
 * @param credentials empty: the AWS default chain (environment, profile, web identity, container,
 *     machine)
 * @param pathStyle bucket in the path instead of the host name; empty: where an endpoint is given
 * @param verifySsl whether the server's certificate must be trusted
 * @param caBundle certificates to trust instead of Java's, PEM; empty: {@code AWS_CA_BUNDLE}, which
 *     the AWS library for Java does not read
 * @param unsignedPayload whether parts go over plain http as they do over TLS: with a signature
 *     over their checksum, not over all bytes. That takes a fifth off an import's time, and leaves
 *     nothing that keeps somebody on the way from changing them
 * @param maxConnections at least the parts in flight, with a few more for small requests
 * @param userAgentSuffix told to the server, for its logs
 */
public record S3Settings(
    Optional<URI> endpoint,
    Optional<String> region,
    Optional<String> profile,
    Optional<S3Credentials> credentials,
    Optional<Boolean> pathStyle,
    boolean verifySsl,
    Optional<Path> caBundle,
    boolean unsignedPayload,
    int maxConnections,
    S3Timeouts timeouts,
    RetryPolicy retryPolicy,
    String userAgentSuffix) {

  /** AWS, or what the environment says; everything else at its default. */
  public static final S3Settings DEFAULT =
      new S3Settings(
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          true,
          Optional.empty(),
          false,
          32,
          S3Timeouts.DEFAULT,
          RetryPolicy.DEFAULT,
          "drover");

  public S3Settings {
    endpoint.ifPresent(S3Settings::requireEndpoint);
    if (maxConnections < 1) {
      throw new IllegalArgumentException("max connections " + maxConnections);
    }
  }

  public S3Settings withEndpoint(URI value) {
    return with(Optional.of(value), credentials, unsignedPayload, retryPolicy);
  }

  public S3Settings withCredentials(S3Credentials value) {
    return with(endpoint, Optional.of(value), unsignedPayload, retryPolicy);
  }

  S3Settings withUnsignedPayload() {
    return with(endpoint, credentials, true, retryPolicy);
  }

  S3Settings withRetryPolicy(RetryPolicy value) {
    return with(endpoint, credentials, unsignedPayload, value);
  }

  /** The same but for what is set by itself. */
  private S3Settings with(
      Optional<URI> otherEndpoint,
      Optional<S3Credentials> otherCredentials,
      boolean otherUnsignedPayload,
      RetryPolicy otherRetryPolicy) {
    return new S3Settings(
        otherEndpoint,
        region,
        profile,
        otherCredentials,
        pathStyle,
        verifySsl,
        caBundle,
        otherUnsignedPayload,
        maxConnections,
        timeouts,
        otherRetryPolicy,
        userAgentSuffix);
  }

  /**
   * A server's address: http or https, a host, and nothing that could hold a secret.
   *
   * @throws IllegalArgumentException that does not repeat the address where it has user information
   */
  static URI requireEndpoint(URI endpoint) {
    if (endpoint.getRawUserInfo() != null
        || endpoint.getRawQuery() != null
        || endpoint.getRawFragment() != null) {
      throw new IllegalArgumentException(
          "the endpoint's address has a user, a query or a fragment: give scheme, host and port");
    }
    boolean http = "http".equalsIgnoreCase(endpoint.getScheme());
    boolean https = "https".equalsIgnoreCase(endpoint.getScheme());
    if (!http && !https || endpoint.getHost() == null) {
      throw new IllegalArgumentException(
          "endpoint '" + endpoint + "' is not http://HOST[:PORT] or https://HOST[:PORT]");
    }
    return endpoint;
  }
}
