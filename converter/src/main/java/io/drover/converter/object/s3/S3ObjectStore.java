package io.drover.converter.object.s3;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.error.Outcome;
import io.drover.converter.object.MultipartUpload;
import io.drover.converter.object.ObjectLocation;
import io.drover.converter.object.ObjectStore;
import io.drover.converter.object.PartBody;
import io.drover.converter.object.StoredObject;
import io.drover.converter.object.UserMetadata;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import software.amazon.awssdk.identity.spi.AwsCredentialsIdentity;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Request;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.s3.model.S3Object;

/** Objects on S3, and on servers that speak like it. */
public final class S3ObjectStore implements ObjectStore {
  private static final int PAGE = 1000;

  private final S3Connection connection;
  private final S3Settings settings;
  private final S3Errors errors;
  private final Attempts attempts;
  private final OpenUploads uploads;
  private final Lookup lookup;
  private final int page;

  /** Cleared when the server refuses them: then parts are proved one by one only. */
  private volatile boolean wholeObjectChecksums = true;

  /**
   * Opens no connection yet.
   *
   * @throws io.drover.converter.error.ImportException if the region or the CA bundle cannot be
   *     found
   */
  public S3ObjectStore(S3Settings settings) throws IOException {
    this(settings, System.getenv(), PAGE);
  }

  /**
   * @param page keys asked for at a time
   */
  S3ObjectStore(S3Settings settings, Map<String, String> environment, int page) throws IOException {
    this.settings = settings;
    this.connection = new S3Connection(settings, environment);
    this.errors = new S3Errors(connection.server());
    this.attempts = new Attempts(settings.retryPolicy(), errors, connection::renewCredentials);
    this.uploads = new OpenUploads(connection.client(), attempts, errors, page);
    this.lookup = new Lookup(connection.client(), attempts, errors);
    this.page = page;
  }

  @Override
  public Optional<StoredObject> head(ObjectLocation location) throws IOException {
    return lookup
        .head(location)
        .map(
            head ->
                new StoredObject(
                    location,
                    head.contentLength(),
                    String.valueOf(head.eTag()),
                    lowerCase(head.metadata())));
  }

  @Override
  public Optional<byte[]> get(ObjectLocation location, int limit) throws IOException {
    return lookup.get(location, limit);
  }

  @Override
  public void read(ObjectLocation location, String etag, long offset, ByteBuffer target)
      throws IOException {
    new RangeReader(client(), attempts, errors, location, etag).fill(offset, target);
  }

  @Override
  public StoredObject put(
      ObjectLocation location, PartBody body, Map<String, String> metadata, boolean onlyIfAbsent)
      throws IOException {
    return new SinglePut(
            this,
            location,
            body,
            UserMetadata.checked(metadata),
            onlyIfAbsent ? SinglePut.Condition.ABSENT : SinglePut.Condition.NONE)
        .send();
  }

  @Override
  public StoredObject replace(
      ObjectLocation location, PartBody body, Map<String, String> metadata, String etag)
      throws IOException {
    Map<String, String> checked = UserMetadata.checked(metadata);
    try {
      return new SinglePut(this, location, body, checked, new SinglePut.Condition(etag)).send();
    } catch (ImportException e) {
      String bare = etag.replace("\"", "");
      boolean notFound = e.code() == ErrorCode.TARGET_UNAVAILABLE && e.outcome() == Outcome.FAILED;
      if (e.code() != ErrorCode.TARGET_EXISTS && !notFound) {
        throw e;
      }
      if (bare.equals(etag)
          || head(location).filter(there -> there.etag().equals(etag)).isEmpty()) {
        throw notFound ? ImportException.refused(ErrorCode.TARGET_EXISTS, e.getMessage(), e) : e;
      }
      // it is in that state: some Ceph gateways compare without the quotes
      return new SinglePut(this, location, body, checked, new SinglePut.Condition(bare)).send();
    }
  }

  @Override
  public MultipartUpload begin(ObjectLocation location, Map<String, String> metadata)
      throws IOException {
    return S3MultipartUpload.begin(this, location, UserMetadata.checked(metadata));
  }

  @Override
  public Optional<MultipartUpload> resume(OpenUpload upload, Map<String, String> metadata)
      throws IOException {
    return uploads.parts(upload).isEmpty()
        ? Optional.empty()
        : Optional.of(S3MultipartUpload.resumed(this, upload, UserMetadata.checked(metadata)));
  }

  @Override
  public Optional<Duration> age(ObjectLocation location) throws IOException {
    return lookup
        .head(location)
        .map(head -> ServerClock.age(head.lastModified(), ServerClock.of(head)));
  }

  @Override
  public URI url(ObjectLocation location) {
    return URI.create(
        connection
            .client()
            .utilities()
            .getUrl(url -> url.bucket(location.bucket()).key(location.key()))
            .toString());
  }

  @Override
  public void delete(ObjectLocation location) throws IOException {
    attempts.run(
        Operation.on(location, "delete"),
        attempt -> {
          try {
            return client().deleteObject(r -> r.bucket(location.bucket()).key(location.key()));
          } catch (S3Exception e) {
            if (S3Errors.codeOf(e).equals("NoSuchKey")) {
              return null;
            }
            throw e;
          }
        });
  }

  @Override
  public List<String> list(String bucket, String prefix) throws IOException {
    List<String> keys = new ArrayList<>();
    String token = null;
    do {
      KeyPage answer = listPage(bucket, prefix, token);
      keys.addAll(answer.keys());
      token = answer.next();
    } while (token != null);
    // servers order by UTF-8 bytes, if at all
    Collections.sort(keys);
    return keys;
  }

  @Override
  public KeyPage listPage(String bucket, String prefix, String token) throws IOException {
    ListObjectsV2Request request =
        ListObjectsV2Request.builder()
            .bucket(bucket)
            .prefix(prefix)
            .maxKeys(page)
            .continuationToken(token)
            .build();
    ListObjectsV2Response answer =
        attempts.run(
            new Operation("list", bucket, prefix), attempt -> client().listObjectsV2(request));
    return new KeyPage(
        answer.contents().stream().map(S3Object::key).toList(),
        Boolean.TRUE.equals(answer.isTruncated()) ? answer.nextContinuationToken() : null);
  }

  @Override
  public List<OpenUpload> openUploads(String bucket, String prefix) throws IOException {
    return uploads.list(bucket, prefix);
  }

  @Override
  public void abort(OpenUpload upload) throws IOException {
    uploads.abort(upload);
  }

  @Override
  public void close() {
    connection.close();
  }

  S3Client client() {
    return connection.client();
  }

  /** Asks the chain of providers. */
  AwsCredentialsIdentity credentials() {
    return connection.credentialsInUse();
  }

  /** How messages name the server. */
  String server() {
    return connection.server();
  }

  S3Client patientClient() throws IOException {
    return connection.patientClient();
  }

  S3Settings settings() {
    return settings;
  }

  S3Errors errors() {
    return errors;
  }

  Attempts attempts() {
    return attempts;
  }

  OpenUploads uploads() {
    return uploads;
  }

  boolean wholeObjectChecksums() {
    return wholeObjectChecksums;
  }

  /** The server has refused a request for their sake. */
  void forgoWholeObjectChecksums() {
    wholeObjectChecksums = false;
  }

  private static Map<String, String> lowerCase(Map<String, String> metadata) {
    Map<String, String> lower = new TreeMap<>();
    metadata.forEach((name, value) -> lower.put(name.toLowerCase(Locale.ROOT), value));
    return lower;
  }
}
