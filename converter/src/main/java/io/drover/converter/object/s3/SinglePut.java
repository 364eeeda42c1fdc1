package io.drover.converter.object.s3;

import io.drover.converter.object.ObjectLocation;
import io.drover.converter.object.PartBody;
import io.drover.converter.object.StoredObject;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.S3Exception;

/** An object stored in one request. */
final class SinglePut {
  private static final int PRECONDITION_FAILED = 412;

  /**
   * What must be there for the object to be stored.
   *
   * @param etag of the object that is replaced
   */
  record Condition(String etag) {
    static final Condition NONE = new Condition("");
    static final Condition ABSENT = new Condition("*");
  }

  private final S3ObjectStore store;
  private final ObjectLocation location;
  private final PartBody body;
  private final Map<String, String> metadata;
  private final Condition condition;

  SinglePut(
      S3ObjectStore store,
      ObjectLocation location,
      PartBody body,
      Map<String, String> metadata,
      Condition condition) {
    this.store = store;
    this.location = location;
    this.body = body;
    this.metadata = metadata;
    this.condition = condition;
  }

  StoredObject send() throws IOException {
    SentBody sent = new SentBody(body);
    PutObjectRequest request = request(sent.checksum());
    String etag =
        store
            .attempts()
            .run(
                Operation.on(location, "put"),
                attempt -> sent.send(number -> put(request, sent, number), attempt));
    return new StoredObject(location, body.length(), etag, metadata);
  }

  private PutObjectRequest request(String checksum) {
    PutObjectRequest.Builder request =
        PutObjectRequest.builder()
            .bucket(location.bucket())
            .key(location.key())
            .metadata(metadata)
            .checksumCRC32C(checksum)
            .overrideConfiguration(
                c -> c.apiCallAttemptTimeout(store.settings().timeouts().forBody(body.length())));
    if (condition == Condition.ABSENT) {
      request.ifNoneMatch("*");
    } else if (condition != Condition.NONE) {
      request.ifMatch(condition.etag());
    }
    return request.build();
  }

  private String put(PutObjectRequest request, SentBody sent, int attempt) throws IOException {
    try {
      return String.valueOf(store.client().putObject(request, sent.requestBody()).eTag());
    } catch (S3Exception e) {
      if (e.statusCode() == PRECONDITION_FAILED && attempt > 1) {
        return echo().orElseThrow(() -> e).etag();
      }
      throw e;
    }
  }

  /** The object, if it is this one: an earlier attempt may have worked and its answer been lost. */
  private Optional<StoredObject> echo() throws IOException {
    Optional<StoredObject> stored =
        store.head(location).filter(object -> object.size() == body.length());
    if (stored.isEmpty()) {
      return stored;
    }
    Optional<byte[]> bytes = store.get(location, Math.toIntExact(body.length()));
    try (InputStream in = body.open()) {
      return bytes.isPresent() && Arrays.equals(bytes.get(), in.readAllBytes())
          ? stored
          : Optional.empty();
    }
  }
}
