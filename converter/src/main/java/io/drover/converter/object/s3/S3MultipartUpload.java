package io.drover.converter.object.s3;

import io.drover.converter.error.ImportException;
import io.drover.converter.object.ByteArrayBody;
import io.drover.converter.object.ListedPart;
import io.drover.converter.object.MultipartUpload;
import io.drover.converter.object.ObjectLocation;
import io.drover.converter.object.ObjectStore.OpenUpload;
import io.drover.converter.object.PartBody;
import io.drover.converter.object.PartList;
import io.drover.converter.object.StoredObject;
import io.drover.converter.object.UploadedPart;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.ChecksumAlgorithm;
import software.amazon.awssdk.services.s3.model.ChecksumType;
import software.amazon.awssdk.services.s3.model.CreateMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.s3.model.UploadPartCopyRequest;
import software.amazon.awssdk.services.s3.model.UploadPartRequest;

/** One multipart upload. */
final class S3MultipartUpload implements MultipartUpload {
  /** How servers say that they do not know a header or an element. */
  private static final Set<String> UNKNOWN_FEATURE =
      Set.of("NotImplemented", "InvalidRequest", "InvalidArgument", "MalformedXML");

  private enum State {
    OPEN,
    COMMITTED,
    ABORTED
  }

  private final S3ObjectStore store;
  private final OpenUpload upload;
  private final Map<String, String> metadata;
  private final boolean checksummed;
  private volatile State state = State.OPEN;

  private S3MultipartUpload(
      S3ObjectStore store, OpenUpload upload, Map<String, String> metadata, boolean checksummed) {
    this.store = store;
    this.upload = upload;
    this.metadata = metadata;
    this.checksummed = checksummed;
  }

  /**
   * Starts an upload whose checksum is that of the whole object (Amazon S3 user guide, "Checking
   * object integrity", full object checksums), or, on a server that refuses that, without.
   */
  static S3MultipartUpload begin(
      S3ObjectStore store, ObjectLocation location, Map<String, String> metadata)
      throws IOException {
    return store
        .attempts()
        .run(
            Operation.on(location, "begin the upload of"),
            attempt -> {
              if (store.wholeObjectChecksums()) {
                try {
                  return create(store, location, metadata, true);
                } catch (S3Exception e) {
                  if (!unknownFeature(e)) {
                    throw e;
                  }
                }
              }
              S3MultipartUpload plain = create(store, location, metadata, false);
              store.forgoWholeObjectChecksums();
              return plain;
            });
  }

  private static S3MultipartUpload create(
      S3ObjectStore store,
      ObjectLocation location,
      Map<String, String> metadata,
      boolean checksummed) {
    CreateMultipartUploadRequest.Builder request =
        CreateMultipartUploadRequest.builder()
            .bucket(location.bucket())
            .key(location.key())
            .metadata(metadata);
    if (checksummed) {
      request.checksumAlgorithm(ChecksumAlgorithm.CRC32_C).checksumType(ChecksumType.FULL_OBJECT);
    }
    String id = store.client().createMultipartUpload(request.build()).uploadId();
    return new S3MultipartUpload(store, new OpenUpload(location, id), metadata, checksummed);
  }

  /** An upload that was begun before; whether with checksums shows when it is completed. */
  static S3MultipartUpload resumed(
      S3ObjectStore store, OpenUpload upload, Map<String, String> metadata) {
    return new S3MultipartUpload(store, upload, metadata, true);
  }

  private static boolean unknownFeature(S3Exception e) {
    return UNKNOWN_FEATURE.contains(S3Errors.codeOf(e)) || e.statusCode() == 501;
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
    UploadedPart.requireNumber(number);
    requireOpen();
    if (body.length() == 0) {
      return new UploadedPart(number, 0, "", body.crc32c());
    }
    SentBody sent = new SentBody(body);
    UploadPartRequest request =
        UploadPartRequest.builder()
            .bucket(location().bucket())
            .key(location().key())
            .uploadId(uploadId())
            .partNumber(number)
            .checksumCRC32C(sent.checksum())
            .overrideConfiguration(
                c -> {
                  c.apiCallAttemptTimeout(store.settings().timeouts().forBody(body.length()));
                  if (!body.held() || store.settings().unsignedPayload()) {
                    c.authSchemeProvider(UnsignedBody.WANTED);
                  }
                })
            .build();
    String etag =
        store
            .attempts()
            .run(
                Operation.on(location(), "upload part " + number + " of"),
                S3MultipartUpload::retryablePart,
                attempt -> sent.send(ignored -> send(request, sent), attempt));
    return new UploadedPart(number, body.length(), String.valueOf(etag), body.crc32c());
  }

  /** To some servers an upload that is gone is a key that is not there (Ceph's RGW). */
  private String send(UploadPartRequest request, SentBody sent) throws IOException {
    try {
      return store.client().uploadPart(request, sent.requestBody()).eTag();
    } catch (S3Exception e) {
      if (S3Errors.codeOf(e).equals("NoSuchKey")) {
        throw store
            .errors()
            .lost(Operation.on(location(), "upload part " + request.partNumber() + " of"));
      }
      throw e;
    }
  }

  @Override
  public UploadedPart copy(int number, StoredObject source, long offset, long length, int crc32c)
      throws IOException {
    UploadedPart.requireNumber(number);
    requireOpen();
    UploadPartCopyRequest request =
        UploadPartCopyRequest.builder()
            .sourceBucket(source.location().bucket())
            .sourceKey(source.location().key())
            .copySourceRange("bytes=" + offset + "-" + (offset + length - 1))
            .copySourceIfMatch(source.etag())
            .destinationBucket(location().bucket())
            .destinationKey(location().key())
            .uploadId(uploadId())
            .partNumber(number)
            .build();
    // some servers move every byte, and answer when they have: as long as it takes to complete
    S3Client patient = store.patientClient();
    String etag =
        store
            .attempts()
            .run(
                Operation.on(location(), "fill part " + number + " of"),
                attempt -> patient.uploadPartCopy(request).copyPartResult().eTag());
    return new UploadedPart(number, length, String.valueOf(etag), crc32c);
  }

  @Override
  public List<ListedPart> parts() throws IOException {
    requireOpen();
    return store
        .uploads()
        .parts(upload)
        .orElseThrow(
            () -> store.errors().lost(Operation.on(location(), "list the parts of the upload of")));
  }

  /**
   * The upload was begun with the same credentials, so a signature that does not match is a bit
   * that flipped on the way (over http the signature covers a body that is held).
   */
  private static boolean retryablePart(SdkException e) {
    return S3Errors.retryable(e)
        || e instanceof S3Exception answer
            && S3Errors.codeOf(answer).equals("SignatureDoesNotMatch");
  }

  @Override
  public StoredObject commit(List<UploadedPart> uploaded) throws IOException {
    requireOpen();
    PartList parts = new PartList(uploaded);
    if (parts.length() == 0) {
      return commitEmpty();
    }
    Operation operation = Operation.on(location(), "complete the upload of");
    Completion completion = new Completion(upload, metadata, parts);
    Optional<StoredObject> published =
        store.attempts().run(operation, attempt -> complete(completion));
    StoredObject stored =
        published.isPresent() ? published.get() : head().orElseThrow(() -> gone(operation));
    if (stored.size() != parts.length()) {
      throw store
          .errors()
          .corrupted(
              operation,
              "the object has " + stored.size() + " bytes, its parts have " + parts.length(),
              "the server has lost data or somebody else has written; look at its log");
    }
    state = State.COMMITTED;
    return stored;
  }

  /**
   * Empty, or the object where it is there although the answer says something else: an answer that
   * was lost, or "no such upload" to a completion that had worked already.
   */
  private Optional<StoredObject> complete(Completion completion) throws IOException {
    try {
      store.patientClient().completeMultipartUpload(completion.request(checksums()));
      return Optional.empty();
    } catch (S3Exception e) {
      if (checksums() && unknownFeature(e)) {
        store.patientClient().completeMultipartUpload(completion.request(false));
        store.forgoWholeObjectChecksums();
        return Optional.empty();
      }
      if (e.statusCode() != 404 && !S3Errors.retryable(e)) {
        throw e;
      }
      Optional<StoredObject> made = head().filter(completion::made);
      if (made.isEmpty() && S3Errors.codeOf(e).equals("NoSuchKey")) {
        throw store.errors().lost(Operation.on(location(), "complete the upload of"));
      }
      return Optional.of(made.orElseThrow(() -> e));
    } catch (SdkException e) {
      if (!S3Errors.retryable(e)) {
        throw e;
      }
      return Optional.of(head().filter(completion::made).orElseThrow(() -> e));
    }
  }

  private boolean checksums() {
    return checksummed && store.wholeObjectChecksums();
  }

  private Optional<StoredObject> head() throws IOException {
    return store.head(location());
  }

  /** An upload needs a part, and not every server takes an empty one. */
  private StoredObject commitEmpty() throws IOException {
    StoredObject stored = store.put(location(), new ByteArrayBody(new byte[0]), metadata, false);
    store.abort(upload);
    state = State.COMMITTED;
    return stored;
  }

  private ImportException gone(Operation operation) {
    return store
        .errors()
        .corrupted(
            operation,
            "the server completed it and does not show it",
            "look at the server's log, or whether somebody removed it");
  }

  @Override
  public void close() throws IOException {
    if (state == State.OPEN) {
      state = State.ABORTED;
      store.abort(upload);
    }
  }

  private void requireOpen() {
    if (state != State.OPEN) {
      throw new IllegalStateException("upload of " + location().uri() + " is " + state);
    }
  }
}
