package io.drover.converter.object.s3;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import software.amazon.awssdk.http.auth.aws.scheme.AwsV4AuthScheme;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4FamilyHttpSigner;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4HttpSigner;
import software.amazon.awssdk.http.auth.spi.scheme.AuthSchemeOption;
import software.amazon.awssdk.http.auth.spi.signer.AsyncSignRequest;
import software.amazon.awssdk.http.auth.spi.signer.AsyncSignedRequest;
import software.amazon.awssdk.http.auth.spi.signer.SignRequest;
import software.amazon.awssdk.http.auth.spi.signer.SignedRequest;
import software.amazon.awssdk.identity.spi.AwsCredentialsIdentity;
import software.amazon.awssdk.identity.spi.IdentityProvider;
import software.amazon.awssdk.identity.spi.IdentityProviders;
import software.amazon.awssdk.services.s3.auth.scheme.S3AuthSchemeParams;
import software.amazon.awssdk.services.s3.auth.scheme.S3AuthSchemeProvider;

/**
 * Signs a request, its checksum's header among the rest, but not the bytes of its body ({@code
 * UNSIGNED-PAYLOAD}), as the library does of its own accord over TLS.
 *
 * <p>For bodies that are read from their source as they are sent, and for all parts where {@link
 * S3Settings#unsignedPayload} says so. Over plain http the library reads a body for its SHA-256
 * before it sends it, whatever is configured, and a server has to hold what it checks against one:
 * S3Proxy refuses such bodies above 128 MiB. It signs no body where it sees none, so it is shown
 * none. (Rejected: signed pieces, which several servers refuse or store with their framing; a URL
 * that is signed beforehand, which takes a second client; the library's asynchronous client, which
 * sends unsigned, but brings another HTTP stack.)
 */
final class UnsignedBody implements AwsV4AuthScheme {
  /** For the client, whose requests it leaves alone unless they ask for it. */
  static final UnsignedBody SCHEME = new UnsignedBody();

  /**
   * For a request that asks for it. (A plugin that puts the scheme in the other's place, which the
   * library offers for single requests, too, changes the client.)
   */
  static final S3AuthSchemeProvider WANTED = UnsignedBody::options;

  private static final S3AuthSchemeProvider USUAL = S3AuthSchemeProvider.defaultProvider();

  private static final String ID = "drover#unsigned-body";

  private final AwsV4AuthScheme signed = AwsV4AuthScheme.create();

  private UnsignedBody() {}

  private static List<AuthSchemeOption> options(S3AuthSchemeParams request) {
    return USUAL.resolveAuthScheme(request).stream().map(UnsignedBody::option).toList();
  }

  private static AuthSchemeOption option(AuthSchemeOption usual) {
    return usual.schemeId().equals(AwsV4AuthScheme.SCHEME_ID)
        ? usual.toBuilder().schemeId(ID).build()
        : usual;
  }

  @Override
  public String schemeId() {
    return ID;
  }

  @Override
  public IdentityProvider<AwsCredentialsIdentity> identityProvider(IdentityProviders providers) {
    return signed.identityProvider(providers);
  }

  @Override
  public AwsV4HttpSigner signer() {
    return new HeadSigner(signed.signer());
  }

  private record HeadSigner(AwsV4HttpSigner signer) implements AwsV4HttpSigner {
    @Override
    public SignedRequest sign(SignRequest<? extends AwsCredentialsIdentity> request) {
      SignRequest<? extends AwsCredentialsIdentity> head =
          request.toBuilder()
              .payload(null)
              .putProperty(AwsV4FamilyHttpSigner.PAYLOAD_SIGNING_ENABLED, false)
              .build();
      return SignedRequest.builder()
          .request(signer.sign(head).request())
          .payload(request.payload().orElse(null))
          .build();
    }

    @Override
    public CompletableFuture<AsyncSignedRequest> signAsync(
        AsyncSignRequest<? extends AwsCredentialsIdentity> request) {
      throw new UnsupportedOperationException("only the synchronous client sends parts");
    }
  }
}
