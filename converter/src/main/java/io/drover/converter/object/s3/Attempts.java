package io.drover.converter.object.s3;

import io.drover.converter.error.ImportException;
import java.io.IOException;
import java.io.InterruptedIOException;
import software.amazon.awssdk.core.exception.AbortedException;
import software.amazon.awssdk.core.exception.SdkException;

/**
 * Tries a request until it succeeds, fails for good, or has failed often enough. The library's own
 * retries are off: they know nothing of bodies whose checksum failed, they give up early when many
 * lanes fail at once (one token bucket for all), and their count is not told to the caller, who
 * must know whether "already there" can be the echo of his own first attempt.
 */
final class Attempts {
  private final RetryPolicy policy;
  private final S3Errors errors;
  private final Runnable renewal;

  /**
   * @param renewal looks for newer credentials, when the server finds those in use expired
   */
  Attempts(RetryPolicy policy, S3Errors errors, Runnable renewal) {
    this.policy = policy;
    this.errors = errors;
    this.renewal = renewal;
  }

  /** One request. */
  @FunctionalInterface
  interface Request<T> {
    /**
     * @param attempt from 1
     */
    T send(int attempt) throws IOException;
  }

  /** Which failures are worth another attempt. */
  @FunctionalInterface
  interface Judge {
    boolean retryable(SdkException e);
  }

  <T> T run(Operation operation, Request<T> request) throws IOException {
    return run(operation, S3Errors::retryable, request);
  }

  <T> T run(Operation operation, Judge judge, Request<T> request) throws IOException {
    boolean renewed = false;
    for (int attempt = 1; ; attempt++) {
      try {
        return request.send(attempt);
      } catch (AbortedException e) {
        Thread.currentThread().interrupt();
        throw errors.cancelled(operation, e);
      } catch (SdkException e) {
        if (!renewed && S3Errors.expired(e)) {
          renewed = true;
          renewal.run();
          continue;
        }
        if (attempt == policy.attempts() || !judge.retryable(e)) {
          throw errors.explain(operation, e);
        }
        pause(operation, attempt);
      }
    }
  }

  int limit() {
    return policy.attempts();
  }

  /** Waits before the next attempt. */
  void pause(Operation operation, int failures) throws ImportException {
    try {
      Thread.sleep(policy.pauseAfter(failures).toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw errors.cancelled(operation, new InterruptedIOException("while waiting to retry"));
    }
  }
}
