package io.drover.converter.object;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A store that nobody sends to faster than a limit; what it sends itself is not limited. */
public final class LimitedObjectStore extends ForwardingStore {
  private final RateLimit limit;

  /**
   * @param store is closed with this
   * @param limit of all bodies of requests together, those that are sent again included
   */
  public LimitedObjectStore(ObjectStore store, RateLimit limit) {
    super(store);
    this.limit = limit;
  }

  private final class LimitedBody extends ForwardingBody {
    LimitedBody(PartBody body) {
      super(body);
    }

    @Override
    public InputStream open() throws IOException {
      return new FilterInputStream(body().open()) {
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

  private final class LimitedUpload extends ForwardingUpload {
    LimitedUpload(MultipartUpload upload) {
      super(upload);
    }

    @Override
    public UploadedPart upload(int number, PartBody body) throws IOException {
      return upload().upload(number, new LimitedBody(body));
    }

    @Override
    public UploadedPart copy(int number, StoredObject source, long offset, long length, int crc32c)
        throws IOException {
      return upload().copy(number, source, offset, length, crc32c);
    }

    @Override
    public StoredObject commit(List<UploadedPart> parts) throws IOException {
      return upload().commit(parts);
    }

    @Override
    public void close() throws IOException {
      upload().close();
    }
  }

  @Override
  public StoredObject put(
      ObjectLocation location, PartBody body, Map<String, String> metadata, boolean onlyIfAbsent)
      throws IOException {
    return store().put(location, new LimitedBody(body), metadata, onlyIfAbsent);
  }

  @Override
  public StoredObject replace(
      ObjectLocation location, PartBody body, Map<String, String> metadata, String etag)
      throws IOException {
    return store().replace(location, new LimitedBody(body), metadata, etag);
  }

  @Override
  public MultipartUpload begin(ObjectLocation location, Map<String, String> metadata)
      throws IOException {
    return new LimitedUpload(store().begin(location, metadata));
  }

  @Override
  public Optional<MultipartUpload> resume(OpenUpload upload, Map<String, String> metadata)
      throws IOException {
    return store().resume(upload, metadata).map(LimitedUpload::new);
  }

  @Override
  public void delete(ObjectLocation location) throws IOException {
    store().delete(location);
  }

  @Override
  public void abort(OpenUpload upload) throws IOException {
    store().abort(upload);
  }

  @Override
  public void close() throws IOException {
    store().close();
  }
}
