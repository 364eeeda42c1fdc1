package io.drover.converter.object.s3;

import io.drover.converter.object.ObjectStore.OpenUpload;
import io.drover.converter.object.PartList;
import io.drover.converter.object.StoredObject;
import io.drover.converter.object.UploadedPart;
import java.util.List;
import java.util.Map;
import software.amazon.awssdk.services.s3.model.ChecksumType;
import software.amazon.awssdk.services.s3.model.CompleteMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.CompletedPart;

/** What Complete says, and how its work is recognised. */
record Completion(OpenUpload upload, Map<String, String> metadata, PartList parts) {
  CompleteMultipartUploadRequest request(boolean withChecksum) {
    List<CompletedPart> completed =
        parts.parts().stream()
            .filter(part -> part.length() > 0)
            .map(part -> completedPart(part, withChecksum))
            .toList();
    CompleteMultipartUploadRequest.Builder request =
        CompleteMultipartUploadRequest.builder()
            .bucket(upload.location().bucket())
            .key(upload.location().key())
            .uploadId(upload.uploadId())
            .multipartUpload(m -> m.parts(completed));
    if (withChecksum) {
      request
          .checksumCRC32C(SentBody.base64(parts.crc32c()))
          .checksumType(ChecksumType.FULL_OBJECT);
    }
    return request.build();
  }

  private static CompletedPart completedPart(UploadedPart part, boolean withChecksum) {
    CompletedPart.Builder completed =
        CompletedPart.builder().partNumber(part.number()).eTag(part.etag());
    if (withChecksum) {
      completed.checksumCRC32C(SentBody.base64(part.crc32c()));
    }
    return completed.build();
  }

  /** Whether an object can only have come from this upload, as far as its head shows. */
  boolean made(StoredObject stored) {
    return stored.size() == parts.length()
        && (stored.etag().equals(MultipartEtag.of(parts))
            || !metadata.isEmpty()
                && stored.metadata().entrySet().containsAll(metadata.entrySet()));
  }
}
