package io.drover.converter.object;

import java.io.Closeable;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Objects in buckets, as much of S3 as an import needs. Thread-safe.
 *
 * <p>Every failure is an {@link io.drover.converter.error.ImportException}: {@code TARGET_DENIED}
 * (credentials missing or not enough), {@code TARGET_UNAVAILABLE} (no such bucket: refused; no
 * answer: resumable), {@code TARGET_EXISTS} (a condition was not met), {@code TARGET_CORRUPTED}
 * (the server stored or returned other bytes), {@code TARGET_NAME_INVALID}.
 *
 * <p>A reply of success proves neither that a condition was looked at nor that a checksum was: some
 * servers ignore both. Look before and after.
 */
public interface ObjectStore extends Closeable {
  /** The object's size, ETag and user metadata, if there is one. */
  Optional<StoredObject> head(ObjectLocation location) throws IOException;

  /**
   * The whole of a small object.
   *
   * @param limit the most bytes to accept; a larger object is {@code TARGET_CORRUPTED}
   */
  Optional<byte[]> get(ObjectLocation location, int limit) throws IOException;

  /**
   * Fills {@code target} from {@code offset} of the object, all of it or an error.
   *
   * @param etag the state that is meant; another one is {@code SOURCE_CHANGED}
   */
  void read(ObjectLocation location, String etag, long offset, ByteBuffer target)
      throws IOException;

  /**
   * Stores a small object in one request.
   *
   * @param metadata user metadata: names of lower-case letters, digits and hyphens, values of
   *     printable ASCII
   * @param onlyIfAbsent adds {@code If-None-Match: *}; an existing object is {@code TARGET_EXISTS}
   */
  StoredObject put(
      ObjectLocation location, PartBody body, Map<String, String> metadata, boolean onlyIfAbsent)
      throws IOException;

  /** Starts a multipart upload; nothing is visible before {@link MultipartUpload#commit}. */
  MultipartUpload begin(ObjectLocation location, Map<String, String> metadata) throws IOException;

  /**
   * Takes up an upload that somebody began, perhaps on another machine.
   *
   * @param metadata that it was begun with
   * @return empty if the server does not know it any more
   */
  Optional<MultipartUpload> resume(OpenUpload upload, Map<String, String> metadata)
      throws IOException;

  /**
   * How long ago the object was written, if there is one; by the server's clock alone, which every
   * worker sees alike.
   */
  Optional<Duration> age(ObjectLocation location) throws IOException;

  /** Where the object would be fetched without a signature: scheme, host and path, no query. */
  URI url(ObjectLocation location);

  /** Removes the object; that there was none is no error. */
  void delete(ObjectLocation location) throws IOException;

  /** The keys below a prefix, in the order of {@link String#compareTo}; all pages. */
  List<String> list(String bucket, String prefix) throws IOException;

  /**
   * Some of the keys below a prefix, in the server's order; for listings too long to be held.
   *
   * @param token of the page before; null for the first
   */
  KeyPage listPage(String bucket, String prefix, String token) throws IOException;

  /**
   * A page of a listing.
   *
   * @param next token of the next page; null if this is the last
   */
  record KeyPage(List<String> keys, String next) {
    public KeyPage {
      keys = List.copyOf(keys);
    }
  }

  /** The multipart uploads that are open below a key prefix; all pages. */
  List<OpenUpload> openUploads(String bucket, String prefix) throws IOException;

  /**
   * Aborts an upload, whoever began it, and looks that it is gone; that it was gone is no error.
   */
  void abort(OpenUpload upload) throws IOException;

  /**
   * An upload that was begun and neither committed nor aborted.
   *
   * @param age how long ago it was begun, by the server's clock
   */
  record OpenUpload(ObjectLocation location, String uploadId, Duration age) {
    /** One that was begun just now, or at a time that does not matter. */
    public OpenUpload(ObjectLocation location, String uploadId) {
      this(location, uploadId, Duration.ZERO);
    }
  }
}
