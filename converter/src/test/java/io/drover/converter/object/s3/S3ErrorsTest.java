package io.drover.converter.object.s3;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.drover.converter.error.ImportException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.model.S3Exception;

class S3ErrorsTest {
  private static final Operation PUT = new Operation("put", "bucket", "some\nkey");

  private final S3Errors errors = new S3Errors("http://server:9000");

  @ParameterizedTest
  @CsvSource({
    "404, NoSuchBucket, TARGET_UNAVAILABLE, REFUSED, false",
    "403, AccessDenied, TARGET_DENIED, REFUSED, false",
    "403, SomethingNew, TARGET_DENIED, REFUSED, false",
    "403, InvalidAccessKeyId, TARGET_DENIED, REFUSED, false",
    "403, SignatureDoesNotMatch, TARGET_DENIED, REFUSED, false",
    "400, ExpiredToken, TARGET_DENIED, RESUMABLE, false",
    "403, RequestTimeTooSkewed, TARGET_DENIED, RESUMABLE, true",
    "400, AuthorizationHeaderMalformed, TARGET_DENIED, REFUSED, false",
    "301, PermanentRedirect, TARGET_DENIED, REFUSED, false",
    "400, '', TARGET_DENIED, REFUSED, false",
    "412, PreconditionFailed, TARGET_EXISTS, REFUSED, false",
    "412, '', TARGET_EXISTS, REFUSED, false",
    "409, ConditionalRequestConflict, TARGET_EXISTS, RESUMABLE, true",
    "404, NoSuchUpload, TARGET_UNAVAILABLE, RESUMABLE, false",
    "400, InvalidPart, TARGET_CORRUPTED, RESUMABLE, false",
    "400, EntityTooSmall, INTERNAL, FAILED, false",
    "400, BadDigest, TARGET_CORRUPTED, FAILED, true",
    "400, KeyTooLongError, TARGET_NAME_INVALID, REFUSED, false",
    "400, SomethingNew, TARGET_UNAVAILABLE, FAILED, false",
    "501, NotImplemented, TARGET_UNAVAILABLE, REFUSED, false",
    "503, SlowDown, TARGET_UNAVAILABLE, RESUMABLE, true",
    "500, '', TARGET_UNAVAILABLE, RESUMABLE, true",
    "429, SomethingNew, TARGET_UNAVAILABLE, RESUMABLE, true",
    "200, InternalError, TARGET_UNAVAILABLE, RESUMABLE, true",
  })
  void everyAnswerHasOneMeaning(
      int status, String code, String expectedCode, String expectedOutcome, boolean retryable) {
    SdkException e =
        S3Exception.builder()
            .statusCode(status)
            .awsErrorDetails(AwsErrorDetails.builder().errorCode(code).build())
            .build();
    ImportException explained = errors.explain(PUT, e);
    assertEquals(expectedCode, explained.code().name());
    assertEquals(expectedOutcome, explained.outcome().name());
    assertEquals(retryable, S3Errors.retryable(e));
    assertTrue(explained.getMessage().contains("http://server:9000"), explained.getMessage());
    assertFalse(explained.getMessage().contains("\n"), explained.getMessage());
  }

  @Test
  void silenceAndRefusedConnectionsPass() {
    for (IOException cause :
        new IOException[] {
          new ConnectException("Connection refused"), new SocketTimeoutException("Read timed out")
        }) {
      SdkException e = SdkClientException.create("Unable to execute HTTP request", cause);
      assertTrue(S3Errors.retryable(e));
      assertTrue(
          errors.explain(PUT, e).getMessage().contains(cause.getMessage()),
          errors.explain(PUT, e).getMessage());
    }
  }

  @Test
  void anUntrustedCertificateDoesNotPass() {
    SdkException e = SdkClientException.create("x", new SSLHandshakeException("PKIX path"));
    assertFalse(S3Errors.retryable(e));
    assertTrue(errors.explain(PUT, e).getMessage().contains("--ca-bundle"));
  }

  @Test
  void theMessageSaysWhatWhereAndWhatToDo() {
    SdkException e =
        S3Exception.builder()
            .statusCode(403)
            .awsErrorDetails(
                AwsErrorDetails.builder()
                    .errorCode("InvalidAccessKeyId")
                    .errorMessage("The key does not exist.")
                    .build())
            .build();
    assertEquals(
        "cannot put s3://bucket/some\\nkey at http://server:9000: the server answered 403"
            + " InvalidAccessKeyId (The key does not exist.): set AWS_ACCESS_KEY_ID and"
            + " AWS_SECRET_ACCESS_KEY, or choose a profile with --profile",
        errors.explain(PUT, e).getMessage());
  }
}
