package io.drover.routes.bench;

import io.drover.converter.object.ListedPart;
import io.drover.converter.object.MultipartUpload;
import io.drover.converter.object.ObjectLocation;
import io.drover.converter.object.ObjectStore;
import io.drover.converter.object.PartBody;
import io.drover.converter.object.PartList;
import io.drover.converter.object.StoredObject;
import io.drover.converter.object.UploadedPart;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Reads every body to its end; parts it forgets, so that all time measured is Drover's own. Small
 * objects are kept.
 */
final class DiscardingStore implements ObjectStore {
  private final Map<ObjectLocation, Kept> objects = new ConcurrentHashMap<>();
  private final AtomicLong versions = new AtomicLong();

  /**
   * @param bytes null for those that were uploaded in parts
   */
  private record Kept(StoredObject object, byte[] bytes) {}

  @Override
  public Optional<StoredObject> head(ObjectLocation location) {
    return Optional.ofNullable(objects.get(location)).map(Kept::object);
  }

  @Override
  public Optional<byte[]> get(ObjectLocation location, int limit) {
    return Optional.ofNullable(objects.get(location)).map(Kept::bytes);
  }

  @Override
  public void read(ObjectLocation location, String etag, long offset, ByteBuffer target) {
    throw new UnsupportedOperationException();
  }

  private StoredObject keep(
      ObjectLocation location, long length, Map<String, String> metadata, byte[] bytes) {
    String etag = "\"" + versions.incrementAndGet() + "\"";
    StoredObject object = new StoredObject(location, length, etag, metadata);
    objects.put(location, new Kept(object, bytes));
    return object;
  }

  @Override
  public StoredObject put(
      ObjectLocation location, PartBody body, Map<String, String> metadata, boolean onlyIfAbsent)
      throws IOException {
    return keep(location, body.length(), metadata, body.open().readAllBytes());
  }

  @Override
  public StoredObject replace(
      ObjectLocation location, PartBody body, Map<String, String> metadata, String etag)
      throws IOException {
    return put(location, body, metadata, false);
  }

  @Override
  public MultipartUpload begin(ObjectLocation location, Map<String, String> metadata) {
    return new Discarded(location, metadata);
  }

  @Override
  public Optional<MultipartUpload> resume(OpenUpload upload, Map<String, String> metadata) {
    return Optional.empty();
  }

  @Override
  public Optional<Duration> age(ObjectLocation location) {
    return head(location).map(object -> Duration.ZERO);
  }

  @Override
  public URI url(ObjectLocation location) {
    return URI.create("http://discarded.invalid/" + location.key());
  }

  @Override
  public void delete(ObjectLocation location) {
    objects.remove(location);
  }

  @Override
  public List<String> list(String bucket, String prefix) {
    return List.of();
  }

  @Override
  public KeyPage listPage(String bucket, String prefix, String token) {
    return new KeyPage(List.of(), null);
  }

  @Override
  public List<OpenUpload> openUploads(String bucket, String prefix) {
    return List.of();
  }

  @Override
  public void abort(OpenUpload upload) {
    // there is nothing
  }

  @Override
  public void close() {
    // there is nothing
  }

  private final class Discarded implements MultipartUpload {
    private final ObjectLocation location;
    private final Map<String, String> metadata;

    Discarded(ObjectLocation location, Map<String, String> metadata) {
      this.location = location;
      this.metadata = metadata;
    }

    @Override
    public ObjectLocation location() {
      return location;
    }

    @Override
    public String uploadId() {
      return "discarded";
    }

    @Override
    public UploadedPart upload(int number, PartBody body) throws IOException {
      body.open().transferTo(OutputStream.nullOutputStream());
      return new UploadedPart(number, body.length(), "\"part\"", body.crc32c());
    }

    @Override
    public UploadedPart copy(
        int number, StoredObject source, long offset, long length, int crc32c) {
      throw new UnsupportedOperationException();
    }

    @Override
    public List<ListedPart> parts() {
      return List.of();
    }

    @Override
    public StoredObject commit(List<UploadedPart> parts) {
      return keep(location, new PartList(parts).length(), metadata, null);
    }

    @Override
    public void close() {
      // there is nothing
    }
  }
}
