package io.drover.converter.imports;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.imports.SimulatedServer.Answer;
import io.drover.converter.imports.SimulatedServer.Refusal;
import io.drover.converter.imports.SimulatedServer.Stored;
import io.drover.converter.object.ByteArrayBody;
import io.drover.converter.object.ListedPart;
import io.drover.converter.object.MultipartUpload;
import io.drover.converter.object.ObjectLocation;
import io.drover.converter.object.ObjectStore.OpenUpload;
import io.drover.converter.object.PartBody;
import io.drover.converter.object.PartList;
import io.drover.converter.object.StoredObject;
import io.drover.converter.object.UploadLostException;
import io.drover.converter.object.UploadedPart;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** One process's handle on an upload, with the S3 client's way of telling what a completion did. */
final class SimulatedUpload implements MultipartUpload {
  private final SimulatedStore store;
  private final OpenUpload upload;
  private final Map<String, String> metadata;
  private boolean ended;

  SimulatedUpload(SimulatedStore store, OpenUpload upload, Map<String, String> metadata) {
    this.store = store;
    this.upload = upload;
    this.metadata = metadata;
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
  public UploadedPart upload(int number, PartBody body) throws IOException {
    requireOpen();
    if (body.length() == 0) {
      return new UploadedPart(number, 0, "", body.crc32c());
    }
    long length = body.length();
    int crc32c = body.crc32c();
    String md5 =
        store.server().quirks().md5Etags()
            ? SimulatedServer.md5(length, crc32c, () -> md5(body))
            : "";
    Stored part =
        store.attempts(
            "upload part " + number,
            attempt ->
                store.change(
                    "PART " + number + " of " + uploadId(),
                    () -> store.server().uploadPart(uploadId(), number, length, crc32c, md5)));
    return new UploadedPart(number, length, part.etag(), crc32c);
  }

  private static String md5(PartBody body) {
    try (InputStream in = body.open()) {
      return HexFormat.of().formatHex(MessageDigest.getInstance("MD5").digest(in.readAllBytes()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public UploadedPart copy(int number, StoredObject source, long offset, long length, int crc32c)
      throws IOException {
    requireOpen();
    Stored part =
        store.attempts(
            "copy part " + number,
            attempt ->
                store.change(
                    "COPY " + number + " of " + uploadId(),
                    () ->
                        store
                            .server()
                            .copyPart(
                                uploadId(), number, source.location(), source.etag(), length)));
    return new UploadedPart(number, length, part.etag(), crc32c);
  }

  @Override
  public List<ListedPart> parts() throws IOException {
    requireOpen();
    return listed().orElseThrow(() -> new UploadLostException("list parts of " + uploadId(), null));
  }

  /** Empty if the server does not know the upload. */
  Optional<List<ListedPart>> listed() throws IOException {
    Optional<List<ListedPart>> parts =
        store.attempts(
            "list parts of " + uploadId(),
            attempt -> {
              try {
                return Optional.of(store.ask("PARTS of " + uploadId(), this::listedNow));
              } catch (Refusal e) {
                if (e.answer() != Answer.NO_SUCH_UPLOAD) {
                  throw e;
                }
                return Optional.empty();
              }
            });
    if (parts.isPresent() && parts.get().isEmpty()) {
      return known() ? parts : Optional.empty();
    }
    return parts;
  }

  private boolean known() throws IOException {
    try {
      return store.openUploads(location().bucket(), location().key()).stream()
          .anyMatch(open -> open.uploadId().equals(uploadId()));
    } catch (ImportException e) {
      if (e.code() != ErrorCode.TARGET_DENIED) {
        throw e;
      }
      return false;
    }
  }

  private List<ListedPart> listedNow() {
    SimulatedServer server = store.server();
    if (server.quirks().emptyForGone() && !server.uploads().containsKey(uploadId())) {
      return List.of();
    }
    return server.open(uploadId()).parts().entrySet().stream()
        .map(
            part ->
                new ListedPart(
                    part.getKey(),
                    part.getValue().length(),
                    part.getValue().etag(),
                    server.quirks().listsChecksums()
                        ? OptionalInt.of(part.getValue().crc32c())
                        : OptionalInt.empty()))
        .toList();
  }

  @Override
  public StoredObject commit(List<UploadedPart> uploaded) throws IOException {
    requireOpen();
    PartList parts = new PartList(uploaded);
    if (parts.length() == 0) {
      StoredObject stored = store.put(location(), new ByteArrayBody(new byte[0]), metadata, false);
      store.abort(upload);
      ended = true;
      return stored;
    }
    List<UploadedPart> sent = uploaded.stream().filter(part -> part.length() > 0).toList();
    Optional<StoredObject> published =
        store.attempts("complete " + uploadId(), attempt -> complete(sent, parts));
    StoredObject stored =
        published.isPresent()
            ? published.get()
            : store
                .head(location())
                .orElseThrow(
                    () ->
                        ImportException.failed(
                            ErrorCode.TARGET_CORRUPTED, "completed, and not there", null));
    if (stored.size() != parts.length()) {
      throw ImportException.failed(ErrorCode.TARGET_CORRUPTED, "another size", null);
    }
    ended = true;
    return stored;
  }

  private Optional<StoredObject> complete(List<UploadedPart> sent, PartList parts)
      throws IOException {
    try {
      store.change("COMPLETE " + uploadId(), () -> store.server().complete(uploadId(), sent));
      return Optional.empty();
    } catch (Refusal e) {
      if (e.answer() != Answer.NO_SUCH_UPLOAD && !e.answer().retryable()) {
        throw e;
      }
      Optional<StoredObject> made =
          store
              .head(location())
              .filter(found -> found.size() == parts.length())
              .filter(
                  found ->
                      !metadata.isEmpty()
                          && found.metadata().entrySet().containsAll(metadata.entrySet()));
      return Optional.of(made.orElseThrow(() -> e));
    }
  }

  @Override
  public void close() throws IOException {
    if (!ended) {
      ended = true;
      store.abort(upload);
    }
  }

  private void requireOpen() {
    if (ended) {
      throw new IllegalStateException(uploadId() + " has ended");
    }
  }
}
