package io.drover.converter.object.s3;

import io.drover.converter.doctor.Finding;
import io.drover.converter.object.ByteArrayBody;
import io.drover.converter.object.MultipartUpload;
import io.drover.converter.object.ObjectLocation;
import io.drover.converter.object.StoredObject;
import io.drover.converter.object.UploadedPart;
import io.drover.converter.plan.PartLimits;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.model.ChecksumAlgorithm;
import software.amazon.awssdk.services.s3.model.ChecksumType;
import software.amazon.awssdk.services.s3.model.CompleteMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.ListPartsResponse;
import software.amazon.awssdk.services.s3.model.Part;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.s3.model.UploadPartRequest;

/** What the server does with multipart uploads: parts, copies, checksums, conditions, abort. */
final class MultipartAbilities {
  private static final int PART = (int) PartLimits.MIN_PART;

  /** Of the source of copies: more than a part, so that a server that ignores the range shows. */
  private static final int EXTRA = 64 << 10;

  private static final int SMALL = 1000;

  private final S3Examination examination;
  private final byte[] content = new byte[PART + EXTRA];

  MultipartAbilities(S3Examination examination) {
    this.examination = examination;
    new Random(PART).nextBytes(content);
  }

  void look() throws IOException {
    StoredObject source =
        examination
            .store()
            .put(examination.at("copy-source"), new ByteArrayBody(content), Map.of(), false);
    ObjectLocation target = examination.at("multipart");
    parts(target);
    copies(source);
    examination.look("complete checksum", this::wrongWholeChecksum);
    examination.look("complete if-none-match", () -> condition(target));
    examination.look("abort", this::abort);
  }

  private void parts(ObjectLocation target) throws IOException {
    try (MultipartUpload upload = examination.store().begin(target, Map.of())) {
      List<UploadedPart> parts =
          List.of(
              upload.upload(1, new ByteArrayBody(content, 0, PART)),
              upload.upload(2, new ByteArrayBody(content, PART, SMALL)));
      listing(target, upload.uploadId());
      upload.commit(parts);
    }
    requireContent("multipart", target, 0, PART + SMALL, "an object of two parts is their sum");
  }

  private void listing(ObjectLocation target, String uploadId) {
    ListPartsResponse answer =
        examination
            .client()
            .listParts(r -> r.bucket(target.bucket()).key(target.key()).uploadId(uploadId));
    List<Part> parts = answer.parts();
    if (parts.size() != 2 || parts.get(0).size() != PART || parts.get(1).size() != SMALL) {
      examination.note(
          "list parts",
          "the server does not list the parts that it has: an interrupted import sends them again");
    } else if (parts.get(0).checksumCRC32C() != null) {
      examination.ok("list parts", "parts are listed with their checksums");
    } else {
      examination.ok(
          "list parts",
          "parts are listed, without checksums; an import that resumes compares their ETags");
    }
  }

  private void copies(StoredObject source) throws IOException {
    ObjectLocation target = examination.at("copied");
    try (MultipartUpload upload = examination.store().begin(target, Map.of())) {
      int crc32c = new ByteArrayBody(content, EXTRA, PART).crc32c();
      // part 1 twice, the last one counts: some servers complete no upload with a part left over
      wrongCopySource(upload, source);
      UploadedPart part = upload.copy(1, source, EXTRA, PART, crc32c);
      upload.commit(List.of(part));
    } catch (SdkException | IOException e) {
      examination.note(
          "part copy",
          "the server does not fill parts from other objects, so zeros are sent: "
              + e.getMessage());
      return;
    }
    requireContent(
        "part copy", target, EXTRA, PART, "parts are filled on the server: zeros are not sent");
  }

  private void wrongCopySource(MultipartUpload upload, StoredObject source) {
    examination.requireRefusal(
        "part copy if-match",
        () ->
            examination
                .client()
                .uploadPartCopy(
                    r ->
                        r.sourceBucket(source.location().bucket())
                            .sourceKey(source.location().key())
                            .copySourceRange("bytes=" + EXTRA + "-" + (EXTRA + PART - 1))
                            .copySourceIfMatch("\"0123456789abcdef0123456789abcdef\"")
                            .destinationBucket(upload.location().bucket())
                            .destinationKey(upload.location().key())
                            .uploadId(upload.uploadId())
                            .partNumber(1)),
        "a copy from an object in another state is refused",
        "x-amz-copy-source-if-match is ignored: do not let others write below the zero prefix");
  }

  private void wrongWholeChecksum() {
    ObjectLocation target = examination.at("wrong-whole-checksum");
    complete(
        target,
        true,
        request -> request.checksumCRC32C("AAAAAA==").checksumType(ChecksumType.FULL_OBJECT),
        "complete checksum",
        "a wrong checksum of the whole object is refused",
        "the checksum of the whole object is not looked at: its parts are proved one by one only");
  }

  private void condition(ObjectLocation existing) {
    complete(
        existing,
        false,
        request -> request.ifNoneMatch("*"),
        "complete if-none-match",
        "If-None-Match: * at completion protects an object that is there",
        "If-None-Match: * at completion is ignored: Drover does not rely on it, it looks before");
  }

  /** Completes an upload of one small part with something that must be refused. */
  private void complete(
      ObjectLocation target,
      boolean checksummed,
      Consumer<CompleteMultipartUploadRequest.Builder> wrong,
      String check,
      String kept,
      String ignored) {
    String id;
    try {
      id =
          examination
              .client()
              .createMultipartUpload(
                  r -> {
                    r.bucket(target.bucket()).key(target.key());
                    if (checksummed) {
                      r.checksumAlgorithm(ChecksumAlgorithm.CRC32_C)
                          .checksumType(ChecksumType.FULL_OBJECT);
                    }
                  })
              .uploadId();
    } catch (S3Exception e) {
      examination.note(check, "not known to the server (" + S3Errors.codeOf(e) + "): " + ignored);
      return;
    }
    ByteArrayBody body = new ByteArrayBody(content, 0, SMALL);
    String sum = new SentBody(body).checksum();
    String etag =
        examination
            .client()
            .uploadPart(
                UploadPartRequest.builder()
                    .bucket(target.bucket())
                    .key(target.key())
                    .uploadId(id)
                    .partNumber(1)
                    .checksumCRC32C(sum)
                    .build(),
                RequestBody.fromBytes(Arrays.copyOf(content, SMALL)))
            .eTag();
    CompletedPart.Builder part = CompletedPart.builder().partNumber(1).eTag(etag);
    if (checksummed) {
      part.checksumCRC32C(sum);
    }
    CompleteMultipartUploadRequest.Builder request =
        CompleteMultipartUploadRequest.builder()
            .bucket(target.bucket())
            .key(target.key())
            .uploadId(id)
            .multipartUpload(parts -> parts.parts(part.build()));
    wrong.accept(request);
    examination.requireRefusal(
        check, () -> examination.client().completeMultipartUpload(request.build()), kept, ignored);
  }

  private void abort() throws IOException {
    ObjectLocation target = examination.at("aborted");
    try (MultipartUpload upload = examination.store().begin(target, Map.of())) {
      upload.upload(1, new ByteArrayBody(content, 0, SMALL));
    }
    boolean gone =
        examination.store().openUploads(target.bucket(), target.key()).isEmpty()
            && examination.store().head(target).isEmpty();
    if (gone) {
      examination.ok("abort", "an aborted upload is gone");
    } else {
      examination.note("abort", "an aborted upload is still listed; its parts may be billed");
    }
  }

  private void requireContent(
      String check, ObjectLocation target, int from, int length, String good) throws IOException {
    byte[] back = examination.store().get(target, content.length).orElse(new byte[0]);
    if (Arrays.equals(back, Arrays.copyOfRange(content, from, from + length))) {
      examination.ok(check, good);
    } else if (check.equals("part copy")) {
      examination.note(
          check, "parts are filled with other bytes than asked for, so zeros are sent instead");
    } else {
      examination.add(
          Finding.fail(
              S3Examination.AREA,
              check,
              "the object is not the sum of its parts: do not use this server"));
    }
  }
}
