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

/** Reads every body to its end and forgets it, so that all time measured is Drover's own. */
final class DiscardingStore implements ObjectStore {
  private static final String ETAG = "\"discarded\"";

  @Override
  public Optional<StoredObject> head(ObjectLocation location) {
    return Optional.empty();
  }

  @Override
  public Optional<byte[]> get(ObjectLocation location, int limit) {
    return Optional.empty();
  }

  @Override
  public void read(ObjectLocation location, String etag, long offset, ByteBuffer target) {
    throw new UnsupportedOperationException();
  }

  @Override
  public StoredObject put(
      ObjectLocation location, PartBody body, Map<String, String> metadata, boolean onlyIfAbsent)
      throws IOException {
    body.open().transferTo(OutputStream.nullOutputStream());
    return new StoredObject(location, body.length(), ETAG, metadata);
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
    return Optional.empty();
  }

  @Override
  public URI url(ObjectLocation location) {
    return URI.create("http://discarded.invalid/" + location.key());
  }

  @Override
  public void delete(ObjectLocation location) {
    // there is nothing
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

  private record Discarded(ObjectLocation location, Map<String, String> metadata)
      implements MultipartUpload {
    @Override
    public String uploadId() {
      return "discarded";
    }

    @Override
    public UploadedPart upload(int number, PartBody body) throws IOException {
      body.open().transferTo(OutputStream.nullOutputStream());
      return new UploadedPart(number, body.length(), ETAG, body.crc32c());
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
      return new StoredObject(location, new PartList(parts).length(), ETAG, metadata);
    }

    @Override
    public void close() {
      // there is nothing
    }
  }
}
