package io.drover.converter.object.s3;

import io.drover.converter.object.ObjectLocation;
import java.io.EOFException;
import java.io.IOException;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.S3Exception;

/** Looks whether an object is there, and what a small one holds. Thread-safe. */
final class Lookup {
  private static final int NOT_FOUND = 404;

  private final S3Client client;
  private final Attempts attempts;
  private final S3Errors errors;
  private final Set<String> bucketsSeen = ConcurrentHashMap.newKeySet();

  Lookup(S3Client client, Attempts attempts, S3Errors errors) {
    this.client = client;
    this.attempts = attempts;
    this.errors = errors;
  }

  /** What the server tells of an object; empty if there is none, in a bucket that there is. */
  Optional<HeadObjectResponse> head(ObjectLocation location) throws IOException {
    Operation operation = Operation.on(location, "look at");
    return attempts.run(
        operation,
        attempt -> {
          try {
            HeadObjectResponse head =
                client.headObject(r -> r.bucket(location.bucket()).key(location.key()));
            if (head.contentLength() == null) {
              throw errors.corrupted(
                  operation, "the answer has no Content-Length", "is it an S3 server at all?");
            }
            return Optional.of(head);
          } catch (S3Exception e) {
            if (e.statusCode() != NOT_FOUND) {
              throw e;
            }
            requireBucket(location.bucket());
            return Optional.empty();
          }
        });
  }

  /** A HEAD's 404 says as little about a missing bucket as about a missing key. */
  private void requireBucket(String bucket) throws IOException {
    if (bucketsSeen.contains(bucket)) {
      return;
    }
    try {
      client.headBucket(r -> r.bucket(bucket));
      bucketsSeen.add(bucket);
    } catch (S3Exception e) {
      if (e.statusCode() == NOT_FOUND) {
        throw errors.noSuchBucket(bucket, e);
      }
      if (S3Errors.retryable(e)) {
        throw e;
      }
      // no right to look at buckets: the key is missing, that much is known
    }
  }

  /** All of an object that has no more bytes than the limit; empty if there is none. */
  Optional<byte[]> get(ObjectLocation location, int limit) throws IOException {
    Operation operation = Operation.on(location, "get");
    return attempts.run(
        operation,
        attempt -> {
          try (ResponseInputStream<GetObjectResponse> in =
              client.getObject(r -> r.bucket(location.bucket()).key(location.key()))) {
            byte[] bytes = whole(in, limit);
            if (bytes.length > limit) {
              in.abort();
              throw errors.corrupted(
                  operation,
                  "more than the " + limit + " bytes it may have",
                  "it was not written by Drover; remove it or choose another destination");
            }
            return Optional.of(bytes);
          } catch (S3Exception e) {
            if (e.statusCode() == NOT_FOUND && !S3Errors.codeOf(e).equals("NoSuchBucket")) {
              return Optional.empty();
            }
            throw e;
          }
        });
  }

  /** All bytes, or one more than the limit. */
  private static byte[] whole(ResponseInputStream<GetObjectResponse> in, int limit) {
    try {
      byte[] bytes = in.readNBytes(Math.addExact(limit, 1));
      Long stated = in.response().contentLength();
      if (stated != null && bytes.length < Math.min(stated, limit)) {
        throw new EOFException((stated - bytes.length) + " bytes before the end");
      }
      return bytes;
    } catch (IOException e) {
      in.abort();
      throw SdkException.create("connection broken", e);
    }
  }
}
