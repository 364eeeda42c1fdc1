package io.drover.converter.object.s3;

import io.drover.converter.doctor.Finding;
import io.drover.converter.object.ByteArrayBody;
import io.drover.converter.object.ObjectLocation;
import io.drover.converter.object.StoredObject;
import java.io.IOException;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;

/** What the server does with small objects: content, metadata, ranges, conditions, checksums. */
final class ObjectAbilities {
  private static final int SIZE = 4096;
  private static final int FROM = 1000;
  private static final int TO = 2999;

  private final S3Examination examination;
  private final byte[] content = new byte[SIZE];

  ObjectAbilities(S3Examination examination) {
    this.examination = examination;
    new Random(SIZE).nextBytes(content);
  }

  void look() throws IOException {
    ObjectLocation location = examination.at("object");
    examination
        .store()
        .put(location, new ByteArrayBody(content), Map.of("drover-doctor", "yes"), false);
    roundTrip(location);
    range(location);
    conditions(location);
    checksum(examination.at("wrong-checksum"));
    delete(examination.at("removed"));
  }

  private void roundTrip(ObjectLocation location) throws IOException {
    Optional<byte[]> back = examination.store().get(location, SIZE);
    if (back.isEmpty() || !Arrays.equals(back.get(), content)) {
      examination.add(
          Finding.fail(
              S3Examination.AREA,
              "put and get",
              "an object came back with other bytes than it was stored with: do not use this"
                  + " server"));
      return;
    }
    Optional<StoredObject> head = examination.store().head(location);
    if (head.isPresent() && "yes".equals(head.get().metadata().get("drover-doctor"))) {
      examination.ok("put and get", "content and user metadata come back as they were stored");
    } else {
      examination.note(
          "put and get",
          "user metadata is lost: an import that was killed before its commit is taken for"
              + " somebody else's object, and needs --overwrite");
    }
  }

  private void range(ObjectLocation location) {
    byte[] part =
        examination
            .client()
            .getObjectAsBytes(get(location).range("bytes=" + FROM + "-" + TO).build())
            .asByteArray();
    if (Arrays.equals(part, Arrays.copyOfRange(content, FROM, TO + 1))) {
      examination.ok("ranges", "a range of an object is what it should be");
    } else {
      examination.add(
          Finding.fail(
              S3Examination.AREA,
              "ranges",
              "a range of "
                  + (TO + 1 - FROM)
                  + " bytes came back as "
                  + part.length
                  + " other ones: QEMU cannot boot from this server, nor Drover verify"));
    }
  }

  private void conditions(ObjectLocation location) {
    examination.requireRefusal(
        "get if-match",
        () ->
            examination
                .client()
                .getObjectAsBytes(
                    get(location).ifMatch("\"0123456789abcdef0123456789abcdef\"").build()),
        "If-Match with another ETag is refused",
        "If-Match on GET is ignored: a source that is replaced while it is read is noticed only at"
            + " the end, by looking at it again");
    examination.requireRefusal(
        "put if-none-match",
        () ->
            examination
                .client()
                .putObject(put(location).ifNoneMatch("*").build(), RequestBody.fromBytes(content)),
        "If-None-Match: * protects an object that is there",
        "If-None-Match: * is ignored: Drover looks before it writes, but of two imports that end at"
            + " the same place in the same instant the second replaces the first");
  }

  private void checksum(ObjectLocation location) {
    boolean unsigned = examination.store().settings().unsignedPayload();
    examination.requireRefusal(
        "put checksum",
        () ->
            examination
                .client()
                .putObject(
                    put(location).checksumCRC32C("AAAAAA==").build(),
                    RequestBody.fromBytes(content)),
        "a wrong CRC32C is refused",
        "a wrong CRC32C is stored without a word: bytes that flip on the way are noticed by "
            + (unsigned
                ? "TLS (https) or drover verify alone: turn drover.s3.unsigned-payload off"
                : "the signature (http), by TLS (https), or by drover verify"));
  }

  private void delete(ObjectLocation location) throws IOException {
    examination.store().put(location, new ByteArrayBody(content), Map.of(), false);
    examination.store().delete(location);
    if (examination.store().head(location).isEmpty()) {
      examination.ok("delete", "a removed object is gone");
    } else {
      examination.note(
          "delete", "a removed object is still shown: failed imports may leave traces");
    }
  }

  private static GetObjectRequest.Builder get(ObjectLocation location) {
    return GetObjectRequest.builder().bucket(location.bucket()).key(location.key());
  }

  private static PutObjectRequest.Builder put(ObjectLocation location) {
    return PutObjectRequest.builder().bucket(location.bucket()).key(location.key());
  }
}
