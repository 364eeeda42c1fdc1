package io.drover.converter.object;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A store that nobody sends to faster than a limit; what it sends itself is not limited. */
public final class LimitedObjectStore implements ObjectStore {
  private final ObjectStore store;
  private final RateLimit limit;

  /**
   * @param store is closed with this
   * @param limit of all bodies of requests together, those that are sent again included
   */
  public LimitedObjectStore(ObjectStore store, RateLimit limit) {
    this.store = store;
    this.limit = limit;
  }

  private record LimitedBody(PartBody body, RateLimit limit) implements PartBody {
    @Override
    public long length() {
      return body.length();
    }

    @Override
    public int crc32c() {
      return body.crc32c();
    }

    @Override
    public boolean held() {
      return body.held();
    }

    @Override
    public InputStream open() throws IOException {
      return new FilterInputStream(body.open()) {
        @Override
        public int read() throws IOException {
          limit.take(1);
          return in.read();
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
          int count = in.read(target, offset, Math.min(length, limit.step()));
          if (count > 0) {
            limit.take(count);
          }
          return count;
        }
      };
    }
  }

  private record LimitedUpload(MultipartUpload upload, RateLimit limit) implements MultipartUpload {
    @Override
    public UploadedPart upload(int number, PartBody body) throws IOException {
      return upload.upload(number, new LimitedBody(body, limit));
    }

    @Override
    public UploadedPart copy(int number, StoredObject source, long offset, long length, int crc32c)
        throws IOException {
      return upload.copy(number, source, offset, length, crc32c);
    }

    @Override
    public ObjectLocation location() {
      return upload.location();
    }

    @Override
    public String uploadId() {
      return upload.uploadId();
    }

    @Override
    public List<ListedPart> parts() throws IOException {
      return upload.parts();
    }

    @Override
    public StoredObject commit(List<UploadedPart> parts) throws IOException {
      return upload.commit(parts);
    }

    @Override
    public void close() throws IOException {
      upload.close();
    }
  }

  @Override
  public StoredObject put(
      ObjectLocation location, PartBody body, Map<String, String> metadata, boolean onlyIfAbsent)
      throws IOException {
    return store.put(location, new LimitedBody(body, limit), metadata, onlyIfAbsent);
  }

  @Override
  public MultipartUpload begin(ObjectLocation location, Map<String, String> metadata)
      throws IOException {
    return new LimitedUpload(store.begin(location, metadata), limit);
  }

  @Override
  public Optional<MultipartUpload> resume(OpenUpload upload, Map<String, String> metadata)
      throws IOException {
    return store.resume(upload, metadata).map(resumed -> new LimitedUpload(resumed, limit));
  }

  @Override
  public Optional<StoredObject> head(ObjectLocation location) throws IOException {
    return store.head(location);
  }

  @Override
  public Optional<byte[]> get(ObjectLocation location, int most) throws IOException {
    return store.get(location, most);
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
  public void delete(ObjectLocation location) throws IOException {
    store.delete(location);
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

  @Override
  public void abort(OpenUpload upload) throws IOException {
    store.abort(upload);
  }

  @Override
  public void close() throws IOException {
    store.close();
  }
}
