package io.drover.routes.boot;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.object.MultipartUpload;
import io.drover.converter.object.ObjectLocation;
import io.drover.converter.object.ObjectStore;
import io.drover.converter.object.PartBody;
import io.drover.converter.object.StoredObject;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** A store with single-request objects in memory, that counts reads and can be told to fail. */
final class MemoryObjects implements ObjectStore {
  private record Content(byte[] bytes, StoredObject object) {}

  private final Map<ObjectLocation, Content> contents = new ConcurrentHashMap<>();
  private final AtomicInteger states = new AtomicInteger();
  final AtomicInteger reads = new AtomicInteger();

  /** Thrown, while it is set, by every read at or behind {@link #failsFrom}. */
  volatile IOException failure;

  volatile long failsFrom;

  StoredObject add(String key, byte[] bytes) {
    ObjectLocation location = new ObjectLocation("images", key);
    StoredObject object =
        new StoredObject(
            location, bytes.length, "\"state-" + states.incrementAndGet() + "\"", Map.of());
    contents.put(location, new Content(bytes.clone(), object));
    return object;
  }

  @Override
  public URI url(ObjectLocation location) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void abort(OpenUpload upload) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Optional<StoredObject> head(ObjectLocation location) {
    return Optional.ofNullable(contents.get(location)).map(Content::object);
  }

  @Override
  public Optional<byte[]> get(ObjectLocation location, int limit) throws IOException {
    Content content = contents.get(location);
    if (content == null) {
      return Optional.empty();
    }
    if (content.bytes.length > limit) {
      throw ImportException.refused(
          ErrorCode.TARGET_CORRUPTED, location.uri() + " is longer than " + limit);
    }
    return Optional.of(content.bytes.clone());
  }

  @Override
  public void read(ObjectLocation location, String etag, long offset, ByteBuffer target)
      throws IOException {
    reads.incrementAndGet();
    if (failure != null && offset >= failsFrom) {
      throw failure;
    }
    Content content = contents.get(location);
    if (content == null || !content.object.etag().equals(etag)) {
      throw ImportException.refused(
          ErrorCode.SOURCE_CHANGED, location.uri() + " is no longer " + etag);
    }
    target.put(content.bytes, Math.toIntExact(offset), target.remaining());
  }

  @Override
  public StoredObject put(
      ObjectLocation location, PartBody body, Map<String, String> metadata, boolean onlyIfAbsent)
      throws IOException {
    if (onlyIfAbsent && contents.containsKey(location)) {
      throw ImportException.refused(ErrorCode.TARGET_EXISTS, location.uri() + " exists");
    }
    try (InputStream in = body.open()) {
      return add(location.key(), in.readAllBytes());
    }
  }

  @Override
  public MultipartUpload begin(ObjectLocation location, Map<String, String> metadata) {
    throw new UnsupportedOperationException("multipart upload");
  }

  @Override
  public void delete(ObjectLocation location) {
    contents.remove(location);
  }

  @Override
  public List<String> list(String bucket, String prefix) {
    return contents.keySet().stream()
        .filter(l -> l.bucket().equals(bucket) && l.key().startsWith(prefix))
        .map(ObjectLocation::key)
        .sorted()
        .toList();
  }

  @Override
  public List<OpenUpload> openUploads(String bucket, String prefix) {
    return List.of();
  }

  @Override
  public void close() {}
}
