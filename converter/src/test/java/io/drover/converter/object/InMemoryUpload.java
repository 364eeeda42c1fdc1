package io.drover.converter.object;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.object.CallScript.Call;
import io.drover.converter.object.CallScript.Kind;
import io.drover.converter.object.ObjectStore.OpenUpload;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;

/** A multipart upload of the in-memory store; the store's lock guards it. */
final class InMemoryUpload implements MultipartUpload {
  /** A part as it came. */
  record Received(byte[] bytes, String etag) {}

  private final InMemoryObjectStore store;
  private final ObjectLocation location;
  private final String uploadId;
  private final long minPart;
  private final Map<String, String> metadata;
  private final Map<Integer, Received> received;
  private boolean finished;

  InMemoryUpload(
      InMemoryObjectStore store,
      ObjectLocation location,
      String uploadId,
      long minPart,
      Map<String, String> metadata) {
    this.store = store;
    this.location = location;
    this.uploadId = uploadId;
    this.minPart = minPart;
    this.metadata = metadata;
    this.received = new TreeMap<>();
  }

  /** Another worker's handle on the same upload. */
  InMemoryUpload(InMemoryUpload begun) {
    this.store = begun.store;
    this.location = begun.location;
    this.uploadId = begun.uploadId;
    this.minPart = begun.minPart;
    this.metadata = begun.metadata;
    this.received = begun.received;
  }

  @Override
  public ObjectLocation location() {
    return location;
  }

  @Override
  public String uploadId() {
    return uploadId;
  }

  Map<String, String> metadata() {
    return metadata;
  }

  @Override
  public UploadedPart upload(int number, PartBody body) throws IOException {
    UploadedPart.requireNumber(number);
    requireUnfinished();
    byte[] bytes = InMemoryObjectStore.receive(body);
    return store.run(
        new Call(Kind.UPLOAD_PART, location.bucket(), location.key(), number),
        () -> {
          requireOpen();
          String etag = '"' + InMemoryObjectStore.hex(InMemoryObjectStore.md5(bytes)) + '"';
          received.put(number, new Received(bytes, etag));
          return new UploadedPart(number, bytes.length, etag, body.crc32c());
        });
  }

  @Override
  public UploadedPart copy(int number, StoredObject source, long offset, long length, int crc32c)
      throws IOException {
    UploadedPart.requireNumber(number);
    requireUnfinished();
    return store.run(
        new Call(Kind.COPY_PART, location.bucket(), location.key(), number),
        () -> {
          requireOpen();
          byte[] bytes = new byte[Math.toIntExact(length)];
          store.readNow(source.location(), source.etag(), offset, ByteBuffer.wrap(bytes));
          String etag = '"' + InMemoryObjectStore.hex(InMemoryObjectStore.md5(bytes)) + '"';
          received.put(number, new Received(bytes, etag));
          return new UploadedPart(number, length, etag, crc32c);
        });
  }

  @Override
  public List<ListedPart> parts() throws IOException {
    requireUnfinished();
    return store.run(
        new Call(Kind.LIST_PARTS, location.bucket(), location.key(), 0),
        () -> {
          requireOpen();
          return received.entrySet().stream()
              .map(
                  part ->
                      new ListedPart(
                          part.getKey(),
                          part.getValue().bytes().length,
                          part.getValue().etag(),
                          crc32c(part.getValue())))
              .toList();
        });
  }

  private OptionalInt crc32c(Received part) {
    return store.listsChecksums()
        ? OptionalInt.of(Crc32c.of(part.bytes(), 0, part.bytes().length))
        : OptionalInt.empty();
  }

  /** The server loses a part that it has confirmed. */
  void lose(int number) {
    received.remove(number);
  }

  @Override
  public StoredObject commit(List<UploadedPart> uploaded) throws IOException {
    requireUnfinished();
    PartList parts = new PartList(uploaded);
    StoredObject stored =
        store.run(
            new Call(Kind.COMMIT, location.bucket(), location.key(), 0),
            () -> {
              requireOpen();
              return store.publish(this, matching(parts));
            });
    finished = true;
    return stored;
  }

  private List<byte[]> matching(PartList parts) throws IOException {
    List<byte[]> bodies = new ArrayList<>();
    for (UploadedPart part : parts.parts()) {
      Received body = received.get(part.number());
      if (body == null
          || !body.etag().equals(part.etag())
          || body.bytes().length != part.length()
          || Crc32c.of(body.bytes(), 0, body.bytes().length) != part.crc32c()) {
        throw ImportException.resumable(
            ErrorCode.TARGET_CORRUPTED, "no such part was received: " + part, null);
      }
      if (part.length() < minPart && part.number() < parts.parts().size()) {
        throw ImportException.failed(
            ErrorCode.INTERNAL, "too small, and not the last: " + part, null);
      }
      bodies.add(body.bytes());
    }
    return bodies;
  }

  @Override
  public void close() throws IOException {
    if (!finished) {
      finished = true;
      store.abort(new OpenUpload(location, uploadId));
    }
  }

  private void requireUnfinished() {
    if (finished) {
      throw new IllegalStateException(uploadId + " of " + location.uri() + " is finished");
    }
  }

  private void requireOpen() throws IOException {
    if (!store.isOpen(this)) {
      throw new UploadLostException(uploadId + " was aborted or completed", null);
    }
  }
}
