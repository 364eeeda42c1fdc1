package io.drover.converter.imports;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.imports.SimulatedServer.Answer;
import io.drover.converter.imports.SimulatedServer.Refusal;
import io.drover.converter.imports.SimulatedServer.Stored;
import io.drover.converter.object.Crc32c;
import io.drover.converter.object.MultipartUpload;
import io.drover.converter.object.ObjectLocation;
import io.drover.converter.object.ObjectStore;
import io.drover.converter.object.PartBody;
import io.drover.converter.object.StoredObject;
import io.drover.converter.object.UploadLostException;
import io.drover.converter.object.UserMetadata;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * One process's client of a {@link SimulatedServer}: what the S3 client makes of answers and of
 * their absence, request by request, up to its own retries. Every request passes through {@link
 * SimulatedWeather}.
 */
final class SimulatedStore implements ObjectStore {
  private static final int ATTEMPTS = 3;

  private final SimulatedServer server;
  private final SimulatedWeather weather;
  private final SimulatedTime time;

  SimulatedStore(SimulatedServer server, SimulatedWeather weather, SimulatedTime time) {
    this.server = server;
    this.weather = weather;
    this.time = time;
  }

  /** One request, with the number of its attempt. */
  @FunctionalInterface
  interface Request<T> {
    T send(int attempt) throws IOException;
  }

  SimulatedServer server() {
    return server;
  }

  <T> T attempts(String operation, Request<T> request) throws IOException {
    for (int attempt = 1; ; attempt++) {
      try {
        return request.send(attempt);
      } catch (Refusal e) {
        if (attempt == ATTEMPTS || !e.answer().retryable()) {
          throw explain(operation, e.answer());
        }
        time.sleep(time.some(400 * SimulatedTime.MILLI << attempt));
      }
    }
  }

  /** What each answer means to an import. */
  static ImportException explain(String operation, Answer answer) {
    String message = operation + ": " + answer;
    return switch (answer) {
      case SERVICE_UNAVAILABLE, CONNECTION_RESET ->
          ImportException.resumable(ErrorCode.TARGET_UNAVAILABLE, message, null);
      case NO_SUCH_UPLOAD -> new UploadLostException(message, null);
      case NO_SUCH_KEY -> ImportException.failed(ErrorCode.TARGET_UNAVAILABLE, message, null);
      case INVALID_PART -> ImportException.resumable(ErrorCode.TARGET_CORRUPTED, message, null);
      case ENTITY_TOO_SMALL -> ImportException.failed(ErrorCode.INTERNAL, message, null);
      case PRECONDITION_FAILED -> ImportException.refused(ErrorCode.TARGET_EXISTS, message);
      case NOT_IMPLEMENTED -> ImportException.refused(ErrorCode.TARGET_UNAVAILABLE, message);
      case ACCESS_DENIED -> ImportException.refused(ErrorCode.TARGET_DENIED, message);
    };
  }

  /** A request that changes nothing. */
  <T> T ask(String label, Supplier<T> work) {
    return weather.request(label, false, work);
  }

  /** A request that changes something, perhaps after the client has given up. */
  <T> T change(String label, Supplier<T> work) {
    return weather.request(label, true, work);
  }

  @Override
  public Optional<StoredObject> head(ObjectLocation location) throws IOException {
    return attempts(
        "head " + location.key(),
        attempt ->
            ask("HEAD " + location.key(), () -> Optional.ofNullable(server.find(location)))
                .map(stored -> shown(location, stored)));
  }

  static StoredObject shown(ObjectLocation location, Stored stored) {
    return new StoredObject(location, stored.length(), stored.etag(), stored.metadata());
  }

  @Override
  public Optional<byte[]> get(ObjectLocation location, int limit) throws IOException {
    return attempts(
        "get " + location.key(),
        attempt ->
            ask("GET " + location.key(), () -> Optional.ofNullable(server.find(location)))
                .map(stored -> stored.bytes().clone()));
  }

  /** Only of zeros: nothing else that is large is read while importing. */
  @Override
  public void read(ObjectLocation location, String etag, long offset, ByteBuffer target)
      throws IOException {
    Stored stored =
        attempts(
            "read " + location.key(),
            attempt -> ask("READ " + location.key(), () -> server.find(location)));
    if (stored == null || !stored.etag().equals(etag)) {
      throw ImportException.refused(ErrorCode.SOURCE_CHANGED, location.uri() + " changed");
    }
    if (stored.crc32c() != SimulatedServer.zeros(stored.length())) {
      throw new AssertionError(location + " is not all zeros");
    }
    target.put(new byte[target.remaining()]);
  }

  @Override
  public StoredObject put(
      ObjectLocation location, PartBody body, Map<String, String> metadata, boolean onlyIfAbsent)
      throws IOException {
    Map<String, String> checked = UserMetadata.checked(metadata);
    byte[] bytes;
    try (InputStream in = body.open()) {
      bytes = body.length() > 4 << 20 ? null : in.readAllBytes();
    }
    String etag = String.format("\"%08x-%x\"", body.crc32c(), body.length());
    Supplier<Stored> work =
        () ->
            server.put(
                location,
                new Stored(body.length(), body.crc32c(), etag, checked, bytes, time.now()),
                onlyIfAbsent);
    Stored stored =
        attempts(
            "put " + location.key(),
            attempt -> {
              try {
                return change("PUT " + location.key(), work);
              } catch (Refusal e) {
                if (e.answer() != Answer.PRECONDITION_FAILED || attempt == 1) {
                  throw e;
                }
                // the echo of an earlier attempt, perhaps
                Optional<Stored> there =
                    ask("GET " + location.key(), () -> Optional.ofNullable(server.find(location)));
                if (there.isEmpty() || !Arrays.equals(there.get().bytes(), bytes)) {
                  throw e;
                }
                return there.get();
              }
            });
    return new StoredObject(location, body.length(), stored.etag(), checked);
  }

  /** In two steps, between which nothing else happens on the server. */
  @Override
  public StoredObject replace(
      ObjectLocation location, PartBody body, Map<String, String> metadata, String etag)
      throws IOException {
    Map<String, String> checked = UserMetadata.checked(metadata);
    byte[] bytes;
    try (InputStream in = body.open()) {
      bytes = in.readAllBytes();
    }
    String next = String.format("\"%08x-%x\"", body.crc32c(), body.length());
    Supplier<Stored> work =
        () -> {
          Stored there = server.find(location);
          if (!server.quirks().ignoresConditions()
              && (there == null || !there.etag().equals(etag) && !there.etag().equals(next))) {
            throw new Refusal(Answer.PRECONDITION_FAILED);
          }
          return server.put(
              location,
              new Stored(body.length(), body.crc32c(), next, checked, bytes, time.now()),
              false);
        };
    Stored stored =
        attempts("replace " + location.key(), attempt -> change("PUT " + location.key(), work));
    return new StoredObject(location, body.length(), stored.etag(), checked);
  }

  @Override
  public MultipartUpload begin(ObjectLocation location, Map<String, String> metadata)
      throws IOException {
    Map<String, String> checked = UserMetadata.checked(metadata);
    String id =
        attempts(
            "create " + location.key(),
            attempt ->
                change("CREATE " + location.key(), () -> server.create(location, checked).id()));
    return new SimulatedUpload(this, new OpenUpload(location, id), checked);
  }

  @Override
  public Optional<MultipartUpload> resume(OpenUpload upload, Map<String, String> metadata)
      throws IOException {
    SimulatedUpload resumed = new SimulatedUpload(this, upload, UserMetadata.checked(metadata));
    return resumed.listed().isPresent() ? Optional.of(resumed) : Optional.empty();
  }

  @Override
  public Optional<Duration> age(ObjectLocation location) throws IOException {
    return attempts(
        "age of " + location.key(),
        attempt ->
            ask(
                "HEAD " + location.key(),
                () -> Optional.ofNullable(server.find(location)).map(it -> since(it.at()))));
  }

  private Duration since(long at) {
    return Duration.ofNanos(time.now() - at);
  }

  @Override
  public URI url(ObjectLocation location) {
    return URI.create("http://simulated.invalid/" + location.bucket() + "/" + location.key());
  }

  @Override
  public void delete(ObjectLocation location) throws IOException {
    attempts(
        "delete " + location.key(),
        attempt ->
            weather.request(
                "DELETE " + location.key(),
                false,
                () -> {
                  server.delete(location);
                  return null;
                }));
  }

  @Override
  public List<String> list(String bucket, String prefix) throws IOException {
    return attempts(
        "list",
        attempt ->
            ask(
                "LIST " + prefix,
                () ->
                    server.objects().keySet().stream()
                        .filter(key -> key.startsWith(prefix))
                        .toList()));
  }

  @Override
  public KeyPage listPage(String bucket, String prefix, String token) throws IOException {
    return new KeyPage(list(bucket, prefix), null);
  }

  @Override
  public List<OpenUpload> openUploads(String bucket, String prefix) throws IOException {
    return attempts(
        "list uploads",
        attempt ->
            ask(
                "UPLOADS " + prefix,
                () -> {
                  if (!server.quirks().listsUploads()) {
                    throw new Refusal(Answer.ACCESS_DENIED);
                  }
                  return server.uploads().values().stream()
                      .filter(upload -> upload.location().key().startsWith(prefix))
                      .map(it -> new OpenUpload(it.location(), it.id(), since(it.at())))
                      .toList();
                }));
  }

  @Override
  public void abort(OpenUpload upload) throws IOException {
    attempts(
        "abort " + upload.uploadId(),
        attempt -> {
          try {
            return weather.request(
                "ABORT " + upload.uploadId(),
                false,
                () -> {
                  server.abort(upload.uploadId());
                  return null;
                });
          } catch (Refusal e) {
            if (e.answer() != Answer.NO_SUCH_UPLOAD) {
              throw e;
            }
            return null;
          }
        });
  }

  @Override
  public void close() {
    // nothing is held
  }

  /** CRC-32C of a body as the server computes it. */
  static int crc32c(PartBody body) {
    return body.length() == 0 ? Crc32c.ofZeros(0) : body.crc32c();
  }
}
