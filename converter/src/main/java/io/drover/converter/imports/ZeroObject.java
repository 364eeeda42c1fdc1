package io.drover.converter.imports;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.error.Printable;
import io.drover.converter.object.ByteArrayBody;
import io.drover.converter.object.Crc32c;
import io.drover.converter.object.MultipartUpload;
import io.drover.converter.object.ObjectLocation;
import io.drover.converter.object.ObjectStore;
import io.drover.converter.object.StoredObject;
import io.drover.converter.object.UploadedPart;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An object of nothing but zeros, from which parts of zeros are copied on the server. One for each
 * bucket, made on first use: a small upload, then copies of copies. Workers that make it at the
 * same time make the same bytes, and the last one stays. Thread-safe.
 *
 * <p>Making it is the probe of the server, too: some have no UploadPartCopy, some ignore the range,
 * some store nothing and say that they did. Such a server gets zeros sent, as does one that does
 * not let us write there.
 */
final class ZeroObject {
  /** Largest zero part; with 10,000 of them any object that S3 takes can be filled. */
  static final long SIZE = 512L << 20;

  /** Copies that each step is made of, of what the step before made. */
  private static final int FAN_OUT = 8;

  private static final int SAMPLE = 64 << 10;
  private static final Logger LOG = LoggerFactory.getLogger(ZeroObject.class);

  private final ObjectStore store;
  private final String prefix;
  private final long size;
  private final Map<String, Optional<StoredObject>> known = new ConcurrentHashMap<>();

  /**
   * @param prefix of the keys of zero objects; empty: never make any
   */
  ZeroObject(ObjectStore store, String prefix) {
    this(store, prefix, SIZE);
  }

  /**
   * @param size of the object, a multiple of 64 MiB
   */
  ZeroObject(ObjectStore store, String prefix, long size) {
    this.store = store;
    this.prefix = prefix;
    this.size = size;
  }

  /** Bytes of each. */
  long size() {
    return size;
  }

  /** Whether there may be any. */
  boolean wanted() {
    return !prefix.isEmpty();
  }

  /** The bucket's zero object; empty if the server cannot copy from one. */
  Optional<StoredObject> in(String bucket) {
    if (prefix.isEmpty()) {
      return Optional.empty();
    }
    return known.computeIfAbsent(bucket, this::obtain);
  }

  private Optional<StoredObject> obtain(String bucket) {
    try {
      ObjectLocation location = at(bucket, size);
      Optional<StoredObject> there = store.head(location).filter(found -> found.size() == size);
      StoredObject zeros = there.isPresent() ? there.get() : make(location);
      requireZeros(zeros);
      return Optional.of(zeros);
    } catch (IOException e) {
      LOG.warn(
          "bucket {}: zeros are sent, since the server does not fill them: {}",
          Printable.text(bucket),
          Printable.text(e.getMessage(), 500));
      return Optional.empty();
    }
  }

  private StoredObject make(ObjectLocation location) throws IOException {
    long middleSize = size / FAN_OUT;
    int copied = Math.toIntExact(middleSize / FAN_OUT);
    // more than is copied of it, so that a server that ignores the range shows
    int seedSize = copied + copied / FAN_OUT;
    StoredObject seed =
        store.put(
            at(location.bucket(), seedSize),
            new ByteArrayBody(new byte[seedSize]),
            Map.of(),
            false);
    StoredObject middle =
        copies(at(location.bucket(), middleSize), seed, seedSize - copied, copied, middleSize);
    return copies(location, middle, 0, middleSize, size);
  }

  private ObjectLocation at(String bucket, long bytes) {
    return new ObjectLocation(bucket, prefix + "zeros-" + bytes);
  }

  private StoredObject copies(
      ObjectLocation target, StoredObject source, long offset, long length, long total)
      throws IOException {
    try (MultipartUpload upload = store.begin(target, Map.of())) {
      List<UploadedPart> parts = new ArrayList<>();
      for (long done = 0; done < total; done += length) {
        parts.add(upload.copy(parts.size() + 1, source, offset, length, Crc32c.ofZeros(length)));
      }
      StoredObject made = upload.commit(parts);
      requireZeros(made);
      return made;
    }
  }

  /** Looks at the borders of copies, where servers go wrong; all of it would cost what it saves. */
  private void requireZeros(StoredObject object) throws IOException {
    byte[] sample = new byte[SAMPLE];
    for (long offset :
        new long[] {0, object.size() / FAN_OUT - SAMPLE / 2, object.size() - SAMPLE}) {
      store.read(object.location(), object.etag(), offset, ByteBuffer.wrap(sample));
      if (!Arrays.equals(sample, new byte[SAMPLE])) {
        throw ImportException.failed(
            ErrorCode.TARGET_CORRUPTED,
            object.location().uri() + " is not all zeros near " + offset + "; remove it",
            null);
      }
    }
  }
}
