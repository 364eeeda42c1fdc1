package io.drover.converter.object;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.object.CallScript.Call;
import io.drover.converter.object.CallScript.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Objects in memory, with the rules of S3 kept more strictly than most servers keep them: every
 * checksum is verified, every condition honoured, parts too small refused. For tests: it can be
 * told to fail, see {@link #script()}, and says what was left open.
 */
public final class InMemoryObjectStore implements ObjectStore {
  /** The least length of every part but the last (Amazon S3 user guide). */
  public static final long MIN_PART = 5L << 20;

  private record Stored(byte[] bytes, StoredObject object) {}

  private final long minPart;
  private final Set<String> buckets;
  private final CallScript script = new CallScript();
  private final Map<ObjectLocation, Stored> objects = new TreeMap<>(InMemoryObjectStore::order);
  private final Map<String, InMemoryUpload> uploads = new TreeMap<>();
  private final Map<ObjectLocation, Instant> written = new HashMap<>();
  private final Map<String, Instant> begun = new HashMap<>();
  private int uploadsBegun;
  private volatile Instant now = Instant.parse("2026-01-01T00:00:00Z");
  private static final int PAGE = 3;

  private volatile boolean listsChecksums;

  /** With these buckets, and S3's least part length. */
  public InMemoryObjectStore(String... buckets) {
    this(MIN_PART, buckets);
  }

  /** With a least part length that suits small tests. */
  public InMemoryObjectStore(long minPart, String... buckets) {
    this.minPart = minPart;
    this.buckets = Set.of(buckets);
  }

  /** What was asked, and what is to fail. */
  public CallScript script() {
    return script;
  }

  /** The object's bytes, for a test to look at; not a recorded call. */
  public synchronized Optional<byte[]> bytes(ObjectLocation location) {
    return Optional.ofNullable(objects.get(location)).map(stored -> stored.bytes().clone());
  }

  /** All objects, for a test to look at; not a recorded call. */
  public synchronized List<ObjectLocation> locations() {
    return List.copyOf(objects.keySet());
  }

  /** The server's clock goes on. */
  public void pass(Duration time) {
    now = now.plus(time);
  }

  /** Lists the CRC-32C of parts from now on, as Amazon S3 does and few others. */
  public void listChecksums() {
    listsChecksums = true;
  }

  boolean listsChecksums() {
    return listsChecksums;
  }

  /** The server loses a part of an upload that it has confirmed. */
  public synchronized void losePart(String uploadId, int number) {
    uploads.get(uploadId).lose(number);
  }

  /** Fails if an upload was begun and neither committed nor aborted. */
  public synchronized void assertNoOpenUploads() {
    if (!uploads.isEmpty()) {
      throw new AssertionError("open uploads: " + uploads.keySet());
    }
  }

  @Override
  public Optional<StoredObject> head(ObjectLocation location) throws IOException {
    return run(Kind.HEAD, location, () -> find(location).map(Stored::object));
  }

  @Override
  public Optional<byte[]> get(ObjectLocation location, int limit) throws IOException {
    return run(
        Kind.GET,
        location,
        () -> {
          Optional<byte[]> bytes = find(location).map(stored -> stored.bytes().clone());
          if (bytes.isPresent() && bytes.get().length > limit) {
            throw corrupted("more than " + limit + " bytes in " + location.uri());
          }
          return bytes;
        });
  }

  @Override
  public void read(ObjectLocation location, String etag, long offset, ByteBuffer target)
      throws IOException {
    run(Kind.READ, location, () -> readNow(location, etag, offset, target));
  }

  ByteBuffer readNow(ObjectLocation location, String etag, long offset, ByteBuffer target)
      throws IOException {
    Optional<Stored> stored = find(location);
    if (stored.isEmpty() || !stored.get().object().etag().equals(etag)) {
      throw ImportException.refused(ErrorCode.SOURCE_CHANGED, location.uri() + " is not " + etag);
    }
    byte[] bytes = stored.get().bytes();
    if (offset > bytes.length - target.remaining()) {
      throw ImportException.refused(
          ErrorCode.SOURCE_TRUNCATED, location.uri() + " ends at " + bytes.length);
    }
    return target.put(bytes, Math.toIntExact(offset), target.remaining());
  }

  @Override
  public StoredObject put(
      ObjectLocation location, PartBody body, Map<String, String> metadata, boolean onlyIfAbsent)
      throws IOException {
    Map<String, String> checked = UserMetadata.checked(metadata);
    byte[] bytes = receive(body);
    return run(
        Kind.PUT,
        location,
        () -> {
          if (find(location).isPresent() && onlyIfAbsent) {
            throw ImportException.refused(ErrorCode.TARGET_EXISTS, location.uri() + " is there");
          }
          return store(location, bytes, '"' + hex(md5(bytes)) + '"', checked);
        });
  }

  @Override
  public MultipartUpload begin(ObjectLocation location, Map<String, String> metadata)
      throws IOException {
    Map<String, String> checked = UserMetadata.checked(metadata);
    return run(
        Kind.BEGIN,
        location,
        () -> {
          String id = String.format("upload-%06d", ++uploadsBegun);
          InMemoryUpload upload = new InMemoryUpload(this, location, id, minPart, checked);
          uploads.put(id, upload);
          begun.put(id, now);
          return upload;
        });
  }

  @Override
  public Optional<MultipartUpload> resume(OpenUpload upload, Map<String, String> metadata)
      throws IOException {
    return run(
        Kind.RESUME,
        upload.location(),
        () ->
            Optional.ofNullable(uploads.get(upload.uploadId()))
                .filter(begun -> begun.location().equals(upload.location()))
                .map(InMemoryUpload::new));
  }

  @Override
  public Optional<Duration> age(ObjectLocation location) throws IOException {
    return run(
        Kind.AGE,
        location,
        () -> find(location).map(found -> Duration.between(written.get(location), now)));
  }

  @Override
  public URI url(ObjectLocation location) {
    return URI.create("http://memory.invalid/" + location.bucket() + "/" + location.key());
  }

  @Override
  public void delete(ObjectLocation location) throws IOException {
    run(Kind.DELETE, location, () -> objects.remove(location));
  }

  @Override
  public List<String> list(String bucket, String prefix) throws IOException {
    return run(
        new Call(Kind.LIST, bucket, prefix, 0),
        () ->
            objects.keySet().stream()
                .filter(location -> location.bucket().equals(bucket))
                .map(ObjectLocation::key)
                .filter(key -> key.startsWith(prefix))
                .sorted()
                .toList());
  }

  @Override
  public KeyPage listPage(String bucket, String prefix, String token) throws IOException {
    List<String> rest =
        list(bucket, prefix).stream()
            .filter(key -> token == null || key.compareTo(token) > 0)
            .toList();
    return rest.size() <= PAGE
        ? new KeyPage(rest, null)
        : new KeyPage(rest.subList(0, PAGE), rest.get(PAGE - 1));
  }

  @Override
  public List<OpenUpload> openUploads(String bucket, String prefix) throws IOException {
    return run(
        new Call(Kind.OPEN_UPLOADS, bucket, prefix, 0),
        () ->
            uploads.values().stream()
                .filter(upload -> upload.location().bucket().equals(bucket))
                .filter(upload -> upload.location().key().startsWith(prefix))
                .map(
                    upload ->
                        new OpenUpload(
                            upload.location(),
                            upload.uploadId(),
                            Duration.between(begun.get(upload.uploadId()), now)))
                .toList());
  }

  @Override
  public void abort(OpenUpload upload) throws IOException {
    run(Kind.ABORT, upload.location(), () -> uploads.remove(upload.uploadId()));
  }

  @Override
  public void close() {
    // nothing is held outside the heap
  }

  /** Publishes an upload's parts in one step. */
  StoredObject publish(InMemoryUpload upload, List<byte[]> parts) {
    int length = parts.stream().mapToInt(part -> part.length).reduce(0, Math::addExact);
    ByteBuffer all = ByteBuffer.allocate(length);
    ByteBuffer digests = ByteBuffer.allocate(16 * parts.size());
    parts.forEach(part -> digests.put(md5(part)));
    parts.forEach(all::put);
    uploads.remove(upload.uploadId());
    return store(
        upload.location(),
        all.array(),
        '"' + hex(md5(digests.array())) + '-' + parts.size() + '"',
        upload.metadata());
  }

  boolean isOpen(InMemoryUpload upload) {
    return uploads.containsKey(upload.uploadId());
  }

  <T> T run(Call call, CallScript.Work<T> work) throws IOException {
    return script.run(
        call,
        () -> {
          synchronized (this) {
            if (!buckets.contains(call.bucket())) {
              throw ImportException.refused(
                  ErrorCode.TARGET_UNAVAILABLE, "bucket " + call.bucket() + " does not exist");
            }
            return work.run();
          }
        });
  }

  private <T> T run(Kind kind, ObjectLocation location, CallScript.Work<T> work)
      throws IOException {
    return run(new Call(kind, location.bucket(), location.key(), 0), work);
  }

  /** Reads a body as a server does that believes neither the length nor the checksum. */
  static byte[] receive(PartBody body) throws IOException {
    byte[] bytes;
    try (InputStream in = body.open()) {
      bytes = in.readNBytes(Math.toIntExact(body.length() + 1));
    }
    if (bytes.length != body.length()) {
      throw new IOException("a body of " + bytes.length + " bytes, not " + body.length());
    }
    if (Crc32c.of(bytes, 0, bytes.length) != body.crc32c()) {
      throw corrupted("the body's CRC-32C is another than stated");
    }
    return bytes;
  }

  static ImportException corrupted(String message) {
    return ImportException.failed(ErrorCode.TARGET_CORRUPTED, message, null);
  }

  static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }

  static byte[] md5(byte[] bytes) {
    try {
      return MessageDigest.getInstance("MD5").digest(bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  private Optional<Stored> find(ObjectLocation location) {
    return Optional.ofNullable(objects.get(location));
  }

  private StoredObject store(
      ObjectLocation location, byte[] bytes, String etag, Map<String, String> metadata) {
    StoredObject object = new StoredObject(location, bytes.length, etag, metadata);
    written.put(location, now);
    objects.put(location, new Stored(Arrays.copyOf(bytes, bytes.length), object));
    return object;
  }

  private static int order(ObjectLocation a, ObjectLocation b) {
    int buckets = a.bucket().compareTo(b.bucket());
    return buckets != 0 ? buckets : a.key().compareTo(b.key());
  }
}
