package io.drover.converter.object.s3;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.error.Printable;
import io.drover.converter.object.ObjectLocation;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.core.exception.AbortedException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.S3Exception;

/**
 * One range of one state of an object. A connection that breaks is taken up again at the byte
 * reached; only attempts that brought nothing count against the limit.
 */
final class RangeReader {
  private static final int PIECE = 64 << 10;

  private final S3Client client;
  private final Attempts attempts;
  private final S3Errors errors;
  private final ObjectLocation location;
  private final String etag;
  private final Operation operation;

  RangeReader(
      S3Client client, Attempts attempts, S3Errors errors, ObjectLocation location, String etag) {
    this.client = client;
    this.attempts = attempts;
    this.errors = errors;
    this.location = location;
    this.etag = etag;
    this.operation = Operation.on(location, "read");
  }

  void fill(long offset, ByteBuffer target) throws IOException {
    int start = target.position();
    int fruitless = 0;
    while (target.hasRemaining()) {
      int before = target.position();
      SdkException failure;
      try (ResponseInputStream<GetObjectResponse> in =
          open(Math.addExact(offset, before - start), target.remaining())) {
        failure = transfer(in, target);
        if (failure != null) {
          in.abort();
        }
      } catch (AbortedException e) {
        Thread.currentThread().interrupt();
        throw errors.cancelled(operation, e);
      } catch (SdkException e) {
        failure = e;
      }
      if (failure != null) {
        fruitless = target.position() > before ? 0 : fruitless + 1;
        if (fruitless == attempts.limit() || !S3Errors.retryable(failure)) {
          throw explain(failure);
        }
        attempts.pause(operation, Math.max(fruitless, 1));
      }
    }
  }

  private ResponseInputStream<GetObjectResponse> open(long first, int length)
      throws ImportException {
    String range = first + "-" + Math.addExact(first, length - 1);
    ResponseInputStream<GetObjectResponse> in =
        client.getObject(
            request ->
                request
                    .bucket(location.bucket())
                    .key(location.key())
                    .range("bytes=" + range)
                    .ifMatch(etag));
    String answered = String.valueOf(in.response().contentRange());
    if (answered.startsWith("bytes " + range + "/")) {
      return in;
    }
    in.abort();
    if (answered.startsWith("bytes " + first + "-")) {
      throw truncated("the server ends the range " + range + " as " + answered, null);
    }
    throw errors.corrupted(
        operation,
        "the range " + range + " was asked and '" + Printable.text(answered) + "' came",
        "the server does not honour ranges, use another");
  }

  /** Copies until the target is full. The failure of the connection is the result, not thrown. */
  private static SdkException transfer(InputStream in, ByteBuffer target) {
    byte[] piece = new byte[Math.min(PIECE, target.remaining())];
    try {
      while (target.hasRemaining()) {
        int count = in.read(piece, 0, Math.min(piece.length, target.remaining()));
        if (count < 0) {
          throw new EOFException(target.remaining() + " bytes before the end of the range");
        }
        target.put(piece, 0, count);
      }
      return null;
    } catch (IOException e) {
      return SdkException.create("connection broken", e);
    }
  }

  private ImportException explain(SdkException e) {
    if (e instanceof S3Exception answer) {
      String code = S3Errors.codeOf(answer);
      if (answer.statusCode() == 412 || code.equals("NoSuchKey")) {
        return ImportException.refused(
            ErrorCode.SOURCE_CHANGED,
            errors.message(
                operation,
                answer.statusCode() == 412
                    ? "it is no longer the object with ETag " + Printable.text(etag)
                    : "it has been removed",
                "start again when nobody writes to it"),
            e);
      }
      if (answer.statusCode() == 416) {
        return truncated("the range lies beyond its end", e);
      }
    }
    return errors.explain(operation, e);
  }

  private ImportException truncated(String found, Throwable cause) {
    return ImportException.refused(
        ErrorCode.SOURCE_TRUNCATED,
        errors.message(operation, found, "look whether the object is complete"),
        cause);
  }
}
