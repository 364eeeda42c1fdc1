package io.drover.converter.object.s3;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.object.ListedPart;
import io.drover.converter.object.ObjectLocation;
import io.drover.converter.object.ObjectStore.OpenUpload;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.ListMultipartUploadsRequest;
import software.amazon.awssdk.services.s3.model.ListMultipartUploadsResponse;
import software.amazon.awssdk.services.s3.model.ListPartsResponse;
import software.amazon.awssdk.services.s3.model.Part;
import software.amazon.awssdk.services.s3.model.S3Exception;

/** Uploads that were begun and neither completed nor aborted. */
final class OpenUploads {
  private static final int NOT_FOUND = 404;
  private static final int FORBIDDEN = 403;

  private final S3Client client;
  private final Attempts attempts;
  private final S3Errors errors;
  private final int page;

  /**
   * @param page uploads asked for at a time
   */
  OpenUploads(S3Client client, Attempts attempts, S3Errors errors, int page) {
    this.client = client;
    this.attempts = attempts;
    this.errors = errors;
    this.page = page;
  }

  List<OpenUpload> list(String bucket, String prefix) throws IOException {
    List<OpenUpload> uploads = new ArrayList<>();
    ListMultipartUploadsRequest.Builder request =
        ListMultipartUploadsRequest.builder().bucket(bucket).prefix(prefix).maxUploads(page);
    ListMultipartUploadsResponse answer;
    do {
      answer =
          attempts.run(
              new Operation("list the uploads of", bucket, prefix),
              attempt -> client.listMultipartUploads(request.build()));
      Instant now = ServerClock.of(answer);
      answer.uploads().stream()
          .filter(upload -> upload.key().startsWith(prefix))
          .map(upload -> open(bucket, upload, now))
          .forEach(uploads::add);
      request.keyMarker(answer.nextKeyMarker()).uploadIdMarker(answer.nextUploadIdMarker());
    } while (Boolean.TRUE.equals(answer.isTruncated()));
    return uploads;
  }

  private static OpenUpload open(
      String bucket, software.amazon.awssdk.services.s3.model.MultipartUpload upload, Instant now) {
    return new OpenUpload(
        new ObjectLocation(bucket, upload.key()),
        upload.uploadId(),
        ServerClock.age(upload.initiated(), now));
  }

  /**
   * The parts of an upload; all pages.
   *
   * @return empty if the server does not know the upload
   */
  Optional<List<ListedPart>> parts(OpenUpload upload) throws IOException {
    Operation operation = Operation.on(upload.location(), "list the parts of the upload of");
    List<ListedPart> parts = new ArrayList<>();
    Integer marker = null;
    while (true) {
      Optional<ListPartsResponse> answer = partsAfter(operation, upload, marker);
      if (answer.isEmpty()) {
        return Optional.empty();
      }
      answer.get().parts().forEach(part -> parts.add(listed(part)));
      Integer next = answer.get().nextPartNumberMarker();
      if (!Boolean.TRUE.equals(answer.get().isTruncated()) || next == null || next.equals(marker)) {
        break;
      }
      marker = next;
    }
    // an aborted upload is, to some servers, one without parts
    return parts.isEmpty() && !isListed(upload) ? Optional.empty() : Optional.of(parts);
  }

  private Optional<ListPartsResponse> partsAfter(
      Operation operation, OpenUpload upload, Integer marker) throws IOException {
    return attempts.run(
        operation,
        attempt -> {
          try {
            return Optional.of(
                client.listParts(
                    r ->
                        r.bucket(upload.location().bucket())
                            .key(upload.location().key())
                            .uploadId(upload.uploadId())
                            .partNumberMarker(marker)
                            .maxParts(page)));
          } catch (S3Exception e) {
            requireGone(e);
            return Optional.empty();
          }
        });
  }

  private boolean isListed(OpenUpload upload) throws IOException {
    try {
      return list(upload.location().bucket(), upload.location().key()).stream()
          .anyMatch(
              open ->
                  open.uploadId().equals(upload.uploadId())
                      && open.location().equals(upload.location()));
    } catch (ImportException e) {
      if (e.code() != ErrorCode.TARGET_DENIED) {
        throw e;
      }
      // without the right to list them it is taken for gone: without parts nothing is lost by that
      return false;
    }
  }

  private static ListedPart listed(Part part) {
    return new ListedPart(
        part.partNumber(),
        part.size() == null ? -1 : part.size(),
        String.valueOf(part.eTag()),
        SentBody.crc32c(part.checksumCRC32C()));
  }

  /** Aborts and looks that nothing of the upload remains. */
  void abort(OpenUpload upload) throws IOException {
    Operation operation = Operation.on(upload.location(), "abort the upload of");
    for (int failures = 1; ; failures++) {
      attempts.run(operation, attempt -> abortOnce(upload));
      int parts = attempts.run(operation, attempt -> remainingParts(upload));
      if (parts == 0) {
        return;
      }
      if (failures == attempts.limit()) {
        throw errors.remains(
            operation,
            "parts of upload " + upload.uploadId() + " remain after " + failures + " aborts",
            "stop what still sends parts, then abort again");
      }
      // a part that was on its way may have landed after the abort
      attempts.pause(operation, failures);
    }
  }

  private Void abortOnce(OpenUpload upload) {
    try {
      client.abortMultipartUpload(
          r ->
              r.bucket(upload.location().bucket())
                  .key(upload.location().key())
                  .uploadId(upload.uploadId()));
    } catch (S3Exception e) {
      requireGone(e);
    }
    return null;
  }

  private int remainingParts(OpenUpload upload) {
    try {
      ListPartsResponse answer =
          client.listParts(
              r ->
                  r.bucket(upload.location().bucket())
                      .key(upload.location().key())
                      .uploadId(upload.uploadId())
                      .maxParts(1));
      return answer.parts().size();
    } catch (S3Exception e) {
      if (e.statusCode() != FORBIDDEN) {
        requireGone(e);
      }
      // without the right to look, the abort's own success has to do
      return 0;
    }
  }

  /** RGW says NoSuchKey where AWS says NoSuchUpload. */
  private static void requireGone(S3Exception e) {
    if (e.statusCode() != NOT_FOUND || S3Errors.codeOf(e).equals("NoSuchBucket")) {
      throw e;
    }
  }
}
