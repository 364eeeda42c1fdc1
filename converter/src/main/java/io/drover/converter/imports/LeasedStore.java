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
import java.util.OptionalInt;
import java.util.function.Consumer;

/**
 * A store through which an import changes things only while it holds its {@link Lease}: looked at
 * before every request that changes something, and again whenever a body is sent once more.
 * Thread-safe.
 */
final class LeasedStore extends ForwardingStore {
  private final ImportRequest request;
  private final Optional<LeaseTerms> terms;
  private final Timing timing;

  /** Null where there are no leases, and as long as only what is committed may be touched. */
  private volatile Lease lease;

  LeasedStore(ObjectStore store, ImportRequest request, Optional<LeaseTerms> terms, Timing timing) {
    super(store);
    this.request = request;
    this.terms = terms;
    this.timing = timing;
  }

  /**
   * Takes the lease, where workers are kept apart at all.
   *
   * @return how many had it, this worker included; empty without leases
   * @throws ImportException {@code LEASE_HELD} if another worker has it
   */
  OptionalInt claim(Patience patience, Patience.Watcher watcher, Consumer<ImportException> whenLost)
      throws IOException {
    if (terms.isEmpty()) {
      return OptionalInt.empty();
    }
    Lease taken =
        patience.insistFirst(() -> LeaseWait.take(store(), request, terms.get(), timing, watcher));
    lease = taken;
    taken.keep(whenLost);
    return OptionalInt.of(taken.epoch());
  }

  /** Whether no other worker is at the destination. */
  boolean alone() {
    return lease != null;
  }

  /**
   * Gives the lease back, or removes what is left of one that was never given back.
   *
   * @return whether it was this worker's to the end
   */
  boolean end() throws IOException {
    Lease taken = lease;
    if (taken != null) {
      return taken.release();
    }
    if (terms.isPresent()) {
      Lease.removeLeftOver(store(), request);
    }
    return true;
  }

  /** Gives the lease back, if there is one. */
  void giveBack() {
    Lease taken = lease;
    if (taken != null) {
      taken.release();
    }
  }

  private void requireHeld() throws IOException {
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
