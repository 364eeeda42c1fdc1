package io.drover.converter.object;

import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * A store in front of another. What changes nothing goes there as it is; what changes something,
 * each kind of it has to decide about for itself. As thread-safe as the store behind it.
 */
public abstract class ForwardingStore implements ObjectStore {
  private final ObjectStore store;

  protected ForwardingStore(ObjectStore store) {
    this.store = store;
  }

  /** The store behind this one. */
  protected final ObjectStore store() {
    return store;
  }

  @Override
  public Optional<StoredObject> head(ObjectLocation location) throws IOException {
    return store.head(location);
  }

  @Override
  public Optional<byte[]> get(ObjectLocation location, int limit) throws IOException {
    return store.get(location, limit);
  }

  @Override
  public void read(ObjectLocation location, String etag, long offset, ByteBuffer target)
      throws IOException {
    store.read(location, etag, offset, target);
  }

  @Override
  public Optional<Duration> age(ObjectLocation location) throws IOException {
    return store.age(location);
  }

  @Override
  public URI url(ObjectLocation location) {
    return store.url(location);
  }

  @Override
  public List<String> list(String bucket, String prefix) throws IOException {
    return store.list(bucket, prefix);
  }

  @Override
  public KeyPage listPage(String bucket, String prefix, String token) throws IOException {
    return store.listPage(bucket, prefix, token);
  }

  @Override
  public List<OpenUpload> openUploads(String bucket, String prefix) throws IOException {
    return store.openUploads(bucket, prefix);
  }
}
