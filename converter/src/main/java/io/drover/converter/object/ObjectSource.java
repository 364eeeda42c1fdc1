package io.drover.converter.object;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.error.Printable;
import io.drover.converter.storage.RandomAccessSource;
import io.drover.converter.storage.SourceIdentity;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Optional;

/**
 * An object as a source. Every read names the state that was there when it was opened, so that an
 * object replaced in between is found at the next read. Thread-safe.
 */
public final class ObjectSource implements RandomAccessSource {
  private final ObjectStore store;
  private final StoredObject object;

  private ObjectSource(ObjectStore store, StoredObject object) {
    this.store = store;
    this.object = object;
  }

  /**
   * Looks at the object.
   *
   * @param store stays open when the source is closed
   * @throws ImportException {@code SOURCE_READ_ERROR} if there is none, {@code SOURCE_EMPTY} if it
   *     holds nothing
   */
  public static ObjectSource open(ObjectStore store, ObjectLocation location) throws IOException {
    Optional<StoredObject> found = store.head(location);
    if (found.isEmpty()) {
      throw ImportException.refused(
          ErrorCode.SOURCE_READ_ERROR,
          "open " + Printable.text(location.uri()) + ": there is no such object; check the key");
    }
    if (found.get().size() == 0) {
      throw ImportException.refused(
          ErrorCode.SOURCE_EMPTY,
          "open " + Printable.text(location.uri()) + ": the object is empty; upload it again");
    }
    return new ObjectSource(store, found.get());
  }

  @Override
  public String uri() {
    return object.location().uri();
  }

  @Override
  public long size() {
    return object.size();
  }

  @Override
  public SourceIdentity identity() {
    return new SourceIdentity(
        Map.of(
            "bucket", object.location().bucket(),
            "key", Printable.text(object.location().key(), 1024),
            "etag", object.etag(),
            "size", Long.toString(object.size())));
  }

  /** What the AWS guidelines advise: 8 to 16 MiB. */
  @Override
  public int readSize() {
    return 8 << 20;
  }

  @Override
  public void readFully(long offset, ByteBuffer target) throws IOException {
    if (offset < 0 || target.remaining() > object.size() - offset) {
      throw ImportException.refused(
          ErrorCode.SOURCE_TRUNCATED,
          offset,
          "read "
              + target.remaining()
              + " bytes at offset "
              + offset
              + ": the object ends at "
              + object.size());
    }
    store.read(object.location(), object.etag(), offset, target);
  }

  @Override
  public void requireUnchanged() throws IOException {
    Optional<StoredObject> now = store.head(object.location());
    if (now.isEmpty() || !now.get().etag().equals(object.etag())) {
      throw ImportException.refused(
          ErrorCode.SOURCE_CHANGED,
          Printable.text(uri())
              + " was replaced or removed while it was read; import it again when nobody writes to"
              + " it");
    }
  }

  @Override
  public void close() {
    // the store is its owner's
  }
}
