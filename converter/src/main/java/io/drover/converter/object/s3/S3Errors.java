package io.drover.converter.object.s3;

import static io.drover.converter.error.ErrorCode.CANCELLED;
import static io.drover.converter.error.ErrorCode.INTERNAL;
import static io.drover.converter.error.ErrorCode.TARGET_CORRUPTED;
import static io.drover.converter.error.ErrorCode.TARGET_DENIED;
import static io.drover.converter.error.ErrorCode.TARGET_EXISTS;
import static io.drover.converter.error.ErrorCode.TARGET_NAME_INVALID;
import static io.drover.converter.error.ErrorCode.TARGET_UNAVAILABLE;
import static io.drover.converter.error.Outcome.FAILED;
import static io.drover.converter.error.Outcome.REFUSED;
import static io.drover.converter.error.Outcome.RESUMABLE;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.error.Outcome;
import io.drover.converter.error.Printable;
import io.drover.converter.object.UploadLostException;
import java.io.IOException;
import java.net.UnknownHostException;
import java.util.Map;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLPeerUnverifiedException;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.AbortedException;
import software.amazon.awssdk.core.exception.ApiCallAttemptTimeoutException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.exception.SdkServiceException;

/** What each answer of a server, and each absence of one, means for an import. */
final class S3Errors {
  private static final String KEYS =
      "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or choose a profile with --profile";
  private static final String RENEW = "renew the credentials and run the same command again";
  private static final String RIGHTS =
      "let the credentials read, write and list there, or use others";
  private static final String REGION = "set the bucket's region with --region or AWS_REGION";
  private static final String AGAIN = "run the same command again later";
  private static final String DAMAGED = "the bytes were damaged on the way; look at the network";
  private static final String LOST =
      "somebody aborted or completed the upload; run the same command again";
  private static final String OURS = "this is a defect of Drover; report it";

  /** One meaning. {@code retry}: the same request may succeed a moment later. */
  private record Meaning(ErrorCode code, Outcome outcome, boolean retry, String advice) {}

  /** By the S3 error code (Amazon S3 API reference, "error responses", and what others send). */
  private static final Map<String, Meaning> BY_CODE =
      Map.ofEntries(
          Map.entry("NoSuchBucket", row(TARGET_UNAVAILABLE, REFUSED, "")),
          Map.entry("AccessDenied", row(TARGET_DENIED, REFUSED, RIGHTS)),
          Map.entry("AllAccessDisabled", row(TARGET_DENIED, REFUSED, RIGHTS)),
          Map.entry("QuotaExceeded", row(TARGET_DENIED, REFUSED, "raise the quota or make room")),
          Map.entry("InvalidAccessKeyId", row(TARGET_DENIED, REFUSED, KEYS)),
          Map.entry("SignatureDoesNotMatch", row(TARGET_DENIED, REFUSED, "wrong secret: " + KEYS)),
          Map.entry("ExpiredToken", row(TARGET_DENIED, RESUMABLE, RENEW)),
          Map.entry("TokenRefreshRequired", row(TARGET_DENIED, RESUMABLE, RENEW)),
          Map.entry("InvalidToken", row(TARGET_DENIED, REFUSED, KEYS)),
          Map.entry("RequestTimeTooSkewed", retry(TARGET_DENIED, "set this machine's clock")),
          Map.entry("AuthorizationHeaderMalformed", row(TARGET_DENIED, REFUSED, REGION)),
          Map.entry("PermanentRedirect", row(TARGET_DENIED, REFUSED, REGION)),
          Map.entry("TemporaryRedirect", retry(TARGET_UNAVAILABLE, AGAIN)),
          Map.entry("IllegalLocationConstraintException", row(TARGET_DENIED, REFUSED, REGION)),
          Map.entry("PreconditionFailed", row(TARGET_EXISTS, REFUSED, "another object is there")),
          Map.entry("ConditionalRequestConflict", retry(TARGET_EXISTS, "somebody else writes it")),
          Map.entry("OperationAborted", retry(TARGET_UNAVAILABLE, AGAIN)),
          Map.entry("NoSuchUpload", row(TARGET_UNAVAILABLE, RESUMABLE, LOST)),
          Map.entry("NoSuchKey", row(TARGET_UNAVAILABLE, FAILED, "there is no such object")),
          Map.entry(
              "InvalidPart",
              row(TARGET_CORRUPTED, RESUMABLE, "the server lost a part; run the command again")),
          Map.entry("InvalidPartOrder", row(INTERNAL, FAILED, OURS)),
          Map.entry("EntityTooSmall", row(INTERNAL, FAILED, OURS)),
          Map.entry("EntityTooLarge", row(INTERNAL, FAILED, OURS)),
          Map.entry("BadDigest", new Meaning(TARGET_CORRUPTED, FAILED, true, DAMAGED)),
          Map.entry(
              "XAmzContentSHA256Mismatch", new Meaning(TARGET_CORRUPTED, FAILED, true, DAMAGED)),
          Map.entry("KeyTooLongError", row(TARGET_NAME_INVALID, REFUSED, "shorten the key")),
          Map.entry("InvalidBucketName", row(TARGET_NAME_INVALID, REFUSED, "correct the bucket")),
          Map.entry("InvalidURI", row(TARGET_NAME_INVALID, REFUSED, "correct the destination")),
          Map.entry("NotImplemented", row(TARGET_UNAVAILABLE, REFUSED, "use another server")),
          Map.entry("RequestTimeout", retry(TARGET_UNAVAILABLE, AGAIN)),
          Map.entry("SlowDown", retry(TARGET_UNAVAILABLE, AGAIN)));

  private static final Pattern QUERY = Pattern.compile("\\?\\S*");

  private final String server;

  /**
   * @param server how messages name it: its address, or AWS and the region
   */
  S3Errors(String server) {
    this.server = server;
  }

  /** Whether the same request may succeed a moment later. */
  static boolean retryable(SdkException e) {
    return e instanceof AwsServiceException service
        ? ofService(service).retry()
        : ofClient(e).retry();
  }

  /** Whether newer credentials may do. */
  static boolean expired(SdkException e) {
    return e instanceof AwsServiceException service
        && (codeOf(service).equals("ExpiredToken")
            || codeOf(service).equals("TokenRefreshRequired"));
  }

  static String codeOf(SdkServiceException e) {
    if (e instanceof AwsServiceException service && service.awsErrorDetails() != null) {
      AwsErrorDetails details = service.awsErrorDetails();
      return details.errorCode() == null ? "" : details.errorCode();
    }
    return "";
  }

  /** The failure in the terms of an import. */
  ImportException explain(Operation operation, SdkException e) {
    if (e instanceof AwsServiceException service) {
      if (codeOf(service).equals("NoSuchBucket")) {
        return noSuchBucket(operation.bucket(), e);
      }
      if (codeOf(service).equals("NoSuchUpload")) {
        return new UploadLostException(message(operation, found(service), LOST), e);
      }
      Meaning meaning = ofService(service);
      String region =
          service.awsErrorDetails() == null || service.awsErrorDetails().sdkHttpResponse() == null
              ? ""
              : service
                  .awsErrorDetails()
                  .sdkHttpResponse()
                  .firstMatchingHeader("x-amz-bucket-region")
                  .map(name -> " (the server names " + Printable.text(name) + ")")
                  .orElse("");
      return exception(meaning, message(operation, found(service), meaning.advice() + region), e);
    }
    Meaning meaning = ofClient(e);
    String found =
        withoutCredentials(e)
            ? "no credentials in environment, profile or machine"
            : clean(root(e));
    return exception(meaning, message(operation, found, meaning.advice()), e);
  }

  ImportException noSuchBucket(String bucket, Throwable cause) {
    return ImportException.refused(
        TARGET_UNAVAILABLE,
        "bucket "
            + Printable.text(bucket)
            + " does not exist at "
            + server
            + ": create it or correct the destination",
        cause);
  }

  ImportException cancelled(Operation operation, Throwable cause) {
    return ImportException.resumable(
        CANCELLED, message(operation, "interrupted", "run the same command again"), cause);
  }

  ImportException corrupted(Operation operation, String found, String advice) {
    return ImportException.failed(TARGET_CORRUPTED, message(operation, found, advice), null);
  }

  /** The server has no such upload, whatever status it says so with. */
  UploadLostException lost(Operation operation) {
    return new UploadLostException(message(operation, "there is no such upload", LOST), null);
  }

  ImportException remains(Operation operation, String found, String advice) {
    return ImportException.resumable(TARGET_UNAVAILABLE, message(operation, found, advice), null);
  }

  String message(Operation operation, String found, String advice) {
    return "cannot " + operation + " at " + server + ": " + found + ": " + advice;
  }

  private static Meaning ofService(AwsServiceException e) {
    Meaning meaning = BY_CODE.get(codeOf(e));
    if (meaning != null) {
      return meaning;
    }
    // a HEAD's answer has no body, hence no code
    return e.statusCode() == 400 && codeOf(e).isEmpty()
        ? row(TARGET_DENIED, REFUSED, "wrong region or expired credentials, mostly")
        : byStatus(e.statusCode());
  }

  private static Meaning byStatus(int status) {
    return switch (status) {
      // an error in the body of an answer that began with success (Complete sends its status early)
      case 200 -> retry(TARGET_UNAVAILABLE, AGAIN);
      case 301, 302, 307, 308 -> row(TARGET_DENIED, REFUSED, REGION);
      case 401, 403 ->
          row(
              TARGET_DENIED,
              REFUSED,
              "wrong keys, or no right to read it, or it is absent and s3:ListBucket is missing;"
                  + " the answer does not say which");
      case 404 -> row(TARGET_UNAVAILABLE, FAILED, "not there");
      case 408, 429 -> retry(TARGET_UNAVAILABLE, AGAIN);
      case 409 -> retry(TARGET_EXISTS, "somebody else writes it");
      case 412 -> row(TARGET_EXISTS, REFUSED, "another object is there");
      case 501 -> row(TARGET_UNAVAILABLE, REFUSED, "use another server");
      default ->
          status >= 500
              ? retry(TARGET_UNAVAILABLE, AGAIN)
              : row(TARGET_UNAVAILABLE, FAILED, "look at the server's log");
    };
  }

  /** The library has no type for it. */
  private static boolean withoutCredentials(SdkException e) {
    return String.valueOf(e.getMessage()).contains("Unable to load credentials");
  }

  private static Meaning ofClient(SdkException e) {
    if (withoutCredentials(e)) {
      return row(TARGET_DENIED, REFUSED, KEYS);
    }
    if (e instanceof AbortedException) {
      return row(CANCELLED, RESUMABLE, "run the same command again");
    }
    if (e instanceof ApiCallAttemptTimeoutException) {
      return retry(TARGET_UNAVAILABLE, AGAIN);
    }
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof SSLHandshakeException || cause instanceof SSLPeerUnverifiedException) {
        return row(TARGET_UNAVAILABLE, REFUSED, "give the CA's certificate with --ca-bundle");
      }
      if (cause instanceof SSLException && String.valueOf(cause.getMessage()).contains("message")) {
        return row(TARGET_UNAVAILABLE, REFUSED, "does the endpoint speak http instead of https?");
      }
      if (cause instanceof UnknownHostException) {
        return retry(TARGET_UNAVAILABLE, "correct the endpoint's name, or look at the DNS");
      }
      if (cause instanceof IOException) {
        return retry(
            TARGET_UNAVAILABLE,
            String.valueOf(cause.getMessage()).contains("Broken pipe")
                ? "the server closed before it had read all, which can hide a refusal: look at its"
                    + " log"
                : "is the server running and reachable? " + AGAIN);
      }
    }
    return new Meaning(INTERNAL, FAILED, e.retryable(), "look at the settings of the connection");
  }

  private static String found(AwsServiceException e) {
    String code = codeOf(e);
    String text = e.awsErrorDetails() == null ? null : e.awsErrorDetails().errorMessage();
    StringBuilder found = new StringBuilder("the server answered ").append(e.statusCode());
    if (!code.isEmpty()) {
      found.append(' ').append(Printable.text(code, 64));
    }
    if (text != null && !text.isBlank() && !text.equals(code)) {
      found.append(" (").append(clean(text)).append(')');
    }
    return found.toString();
  }

  /** The innermost reason: the library's own sentences around it say little. */
  private static String root(Throwable e) {
    Throwable root = e;
    while (root.getCause() != null && root.getCause() != root) {
      root = root.getCause();
    }
    String kind = root.getClass().getSimpleName();
    return root.getMessage() == null ? kind : kind + ": " + root.getMessage();
  }

  /** On one line, and without the query of any address in it, where signatures stand. */
  private static String clean(String text) {
    return Printable.text(QUERY.matcher(text).replaceAll("?…"));
  }

  private static ImportException exception(Meaning meaning, String message, Throwable cause) {
    return switch (meaning.outcome()) {
      case REFUSED -> ImportException.refused(meaning.code(), message, cause);
      case FAILED -> ImportException.failed(meaning.code(), message, cause);
      case RESUMABLE -> ImportException.resumable(meaning.code(), message, cause);
    };
  }

  private static Meaning row(ErrorCode code, Outcome outcome, String advice) {
    return new Meaning(code, outcome, false, advice);
  }

  private static Meaning retry(ErrorCode code, String advice) {
    return new Meaning(code, RESUMABLE, true, advice);
  }
}
