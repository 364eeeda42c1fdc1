package io.drover.converter.imports;

import io.drover.converter.error.ImportException;
import io.drover.converter.object.ForwardingBody;
import io.drover.converter.object.ForwardingStore;
import io.drover.converter.object.ForwardingUpload;
import io.drover.converter.object.MultipartUpload;
import io.drover.converter.object.ObjectLocation;
import io.drover.converter.object.ObjectStore;
import io.drover.converter.object.PartBody;
import io.drover.converter.object.StoredObject;
import io.drover.converter.object.UploadedPart;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A store through which an import changes things only while it holds its {@link Lease}: looked at
 * before every request that changes something, and again whenever a body is sent once more.
 * Thread-safe.
 */
final class LeasedStore extends ForwardingStore {
  /** Null where there are no leases, and as long as only what is committed may be touched. */
  private volatile Lease lease;

  LeasedStore(ObjectStore store) {
    super(store);
  }

  /** From here on what is changed is guarded by this. */
  void hold(Lease taken) {
    lease = taken;
  }

  /**
   * @throws ImportException {@code LEASE_LOST}
   */
  void requireHeld() throws IOException {
    Lease current = lease;
    if (current != null) {
      current.requireHeld();
    }
  }

  /** A body that is not sent again by a worker that was away. */
  private PartBody guarded(PartBody body) throws IOException {
    requireHeld();
    return new ForwardingBody(body) {
      @Override
      public InputStream open() throws IOException {
        requireHeld();
        return body().open();
      }
    };
  }

  @Override
  public StoredObject put(
      ObjectLocation location, PartBody body, Map<String, String> metadata, boolean onlyIfAbsent)
      throws IOException {
    return store().put(location, guarded(body), metadata, onlyIfAbsent);
  }

  @Override
  public StoredObject replace(
      ObjectLocation location, PartBody body, Map<String, String> metadata, String etag)
      throws IOException {
    return store().replace(location, guarded(body), metadata, etag);
  }

  @Override
  public MultipartUpload begin(ObjectLocation location, Map<String, String> metadata)
      throws IOException {
    requireHeld();
    return new Upload(store().begin(location, metadata));
  }

  @Override
  public Optional<MultipartUpload> resume(OpenUpload upload, Map<String, String> metadata)
      throws IOException {
    return store().resume(upload, metadata).map(Upload::new);
  }

  @Override
  public void delete(ObjectLocation location) throws IOException {
    requireHeld();
    store().delete(location);
  }

  @Override
  public void abort(OpenUpload upload) throws IOException {
    requireHeld();
    store().abort(upload);
  }

  /** The store is shared, and stays open. */
  @Override
  public void close() {
    // nothing of its own
  }

  private final class Upload extends ForwardingUpload {
    Upload(MultipartUpload upload) {
      super(upload);
    }

    @Override
    public UploadedPart upload(int number, PartBody body) throws IOException {
      return upload().upload(number, guarded(body));
    }

    @Override
    public UploadedPart copy(int number, StoredObject source, long offset, long length, int crc32c)
        throws IOException {
      requireHeld();
      return upload().copy(number, source, offset, length, crc32c);
    }

    @Override
    public StoredObject commit(List<UploadedPart> parts) throws IOException {
      requireHeld();
      return upload().commit(parts);
    }

    @Override
    public void close() throws IOException {
      requireHeld();
      upload().close();
    }
  }
}
