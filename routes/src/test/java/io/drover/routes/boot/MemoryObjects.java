package io.drover.routes.boot;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.object.ObjectLocation;
import io.drover.converter.object.StoredObject;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** Objects in memory, whose reads are counted and can be made to fail. */
final class MemoryObjects implements BlockCache.Source {
  private record Content(byte[] bytes, StoredObject object) {}

  private final Map<ObjectLocation, Content> contents = new ConcurrentHashMap<>();
  private final AtomicInteger states = new AtomicInteger();
  final AtomicInteger reads = new AtomicInteger();

  /** Thrown, while it is set, by every read at or behind {@link #failsFrom}. */
  volatile IOException failure;

  volatile long failsFrom;

  /** Adds the object or replaces it by a new state, with an ETag of its own. */
  StoredObject add(String key, byte[] bytes) {
    StoredObject object =
        new StoredObject(
            new ObjectLocation("images", key),
            bytes.length,
            "\"state-" + states.incrementAndGet() + "\"",
            Map.of());
    contents.put(object.location(), new Content(bytes.clone(), object));
    return object;
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
}
