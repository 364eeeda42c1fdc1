package io.drover.converter.object.s3;

import io.drover.converter.doctor.Finding;
import io.drover.converter.error.ImportException;
import io.drover.converter.object.ObjectLocation;
import io.drover.converter.object.ObjectStore;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import software.amazon.awssdk.auth.credentials.AnonymousCredentialsProvider;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.identity.spi.AwsCredentialsIdentity;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.LifecycleRule;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.s3.model.S3Response;

/**
 * Finds out what an S3 server does, by content and not by what it says: a reply of success proves
 * neither that a condition was looked at nor that a checksum was. Writes a few objects below the
 * prefix, some 16 MiB in all, and removes them again. Used once, by one thread.
 */
public final class S3Examination {
  static final String AREA = "s3";

  /** Beyond it servers refuse signatures (Amazon S3, "RequestTimeTooSkewed"). */
  private static final Duration SKEW_LIMIT = Duration.ofMinutes(15);

  private static final Duration SKEW_NOTED = Duration.ofSeconds(30);
  private static final int FORBIDDEN = 403;

  private final S3ObjectStore store;
  private final String bucket;
  private final String prefix;
  private final List<Finding> findings = new ArrayList<>();

  private S3Examination(S3ObjectStore store, String bucket, String prefix) {
    this.store = store;
    this.bucket = bucket;
    this.prefix = prefix + ".drover-doctor-" + UUID.randomUUID() + "/";
  }

  /**
   * Examines the server with a bucket to write to.
   *
   * @param prefix of the keys that may be written, empty or ending in a slash
   */
  public static List<Finding> examine(S3Settings settings, String bucket, String prefix)
      throws IOException {
    try (S3ObjectStore store = new S3ObjectStore(settings)) {
      return new S3Examination(store, bucket, prefix).run();
    } catch (ImportException e) {
      return unusable(e);
    }
  }

  /** Looks at credentials and whether the server answers, without a bucket. */
  public static List<Finding> greet(S3Settings settings) throws IOException {
    try (S3ObjectStore store = new S3ObjectStore(settings)) {
      S3Examination examination = new S3Examination(store, "", "");
      if (examination.credentials()) {
        examination.look("server", examination::listBuckets);
      }
      return examination.findings;
    } catch (ImportException e) {
      return unusable(e);
    }
  }

  private static List<Finding> unusable(ImportException settings) {
    return List.of(Finding.fail(AREA, "settings", settings.getMessage()));
  }

  private List<Finding> run() throws IOException {
    if (!credentials() || !look("bucket", this::bucket)) {
      return findings;
    }
    try {
      if (look("objects", () -> new ObjectAbilities(this).look())) {
        look("multipart", () -> new MultipartAbilities(this).look());
      }
      look("lifecycle", this::lifecycle);
      look("anonymous", this::anonymous);
    } finally {
      look("cleanup", this::cleanUp);
    }
    return findings;
  }

  /** A step of the examination; may report several findings. */
  @FunctionalInterface
  interface Step {
    void run() throws IOException;
  }

  /** Runs a step; a failure that it did not foresee is its finding. */
  boolean look(String check, Step step) throws IOException {
    try {
      step.run();
      return true;
    } catch (SdkException e) {
      Operation operation =
          bucket.isEmpty()
              ? new Operation("list buckets", "", "")
              : new Operation("examine", bucket, prefix);
      add(Finding.fail(AREA, check, store.errors().explain(operation, e).getMessage()));
    } catch (IOException e) {
      add(Finding.fail(AREA, check, e.getMessage()));
    }
    return false;
  }

  void add(Finding finding) {
    findings.add(finding);
  }

  void ok(String check, String text) {
    add(Finding.ok(AREA, check, text));
  }

  void note(String check, String text) {
    add(Finding.note(AREA, check, text));
  }

  /** OK if the server refused what it had to refuse, else a note. */
  void requireRefusal(String check, Runnable request, String kept, String ignored) {
    try {
      request.run();
      note(check, ignored);
    } catch (S3Exception e) {
      ok(check, kept + " (" + e.statusCode() + ")");
    }
  }

  S3ObjectStore store() {
    return store;
  }

  S3Client client() {
    return store.client();
  }

  String bucketName() {
    return bucket;
  }

  ObjectLocation at(String name) {
    return new ObjectLocation(bucket, prefix + name);
  }

  private boolean credentials() throws IOException {
    return look(
        "credentials",
        () -> {
          AwsCredentialsIdentity identity = store.credentials();
          ok(
              "credentials",
              "access key "
                  + abbreviated(identity.accessKeyId())
                  + identity.expirationTime().map(time -> ", until " + time).orElse(""));
        });
  }

  /** Enough to tell two keys apart; short ones are chosen by people, and may be secrets reused. */
  private static String abbreviated(String accessKeyId) {
    return accessKeyId.length() < 16
        ? "is set"
        : "ending in " + accessKeyId.substring(accessKeyId.length() - 4);
  }

  private void listBuckets() {
    long start = System.nanoTime();
    try {
      clock(client().listBuckets());
      ok("server", store.server() + " answers in " + millisSince(start) + " ms");
    } catch (S3Exception e) {
      if (e.statusCode() != FORBIDDEN) {
        throw e;
      }
      note(
          "server",
          store.server()
              + " answers in "
              + millisSince(start)
              + " ms, and does not let these credentials list buckets; name a DESTINATION to"
              + " examine one");
    }
  }

  private void bucket() {
    client().headBucket(r -> r.bucket(bucket));
    long start = System.nanoTime();
    S3Response answer = client().headBucket(r -> r.bucket(bucket));
    ok(
        "bucket",
        bucket + " exists at " + store.server() + ", answered in " + millisSince(start) + " ms");
    clock(answer);
  }

  private void clock(S3Response answer) {
    Optional<String> date = answer.sdkHttpResponse().firstMatchingHeader("Date");
    if (date.isEmpty()) {
      note("clock", "the server's answers have no date; this machine's clock was not compared");
      return;
    }
    try {
      Instant theirs =
          ZonedDateTime.parse(date.get(), DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
      Duration skew = Duration.between(theirs, Instant.now()).abs();
      String text = "this machine's clock and the server's differ by " + skew.toSeconds() + " s";
      if (skew.compareTo(SKEW_LIMIT) > 0) {
        add(
            Finding.fail(
                AREA, "clock", text + "; above 900 s requests are refused: set the clock"));
      } else if (skew.compareTo(SKEW_NOTED) > 0) {
        note("clock", text + "; above 900 s requests are refused: set the clock");
      } else {
        ok("clock", text);
      }
    } catch (DateTimeParseException e) {
      note("clock", "the server's date is " + date.get() + "; this machine's was not compared");
    }
  }

  private void lifecycle() {
    String advice =
        "; a rule that aborts incomplete multipart uploads after some days is advised, since they"
            + " are billed";
    try {
      Optional<LifecycleRule> rule =
          client().getBucketLifecycleConfiguration(r -> r.bucket(bucket)).rules().stream()
              .filter(each -> each.abortIncompleteMultipartUpload() != null)
              .findFirst();
      if (rule.isPresent()) {
        ok(
            "lifecycle",
            "incomplete uploads are aborted after "
                + rule.get().abortIncompleteMultipartUpload().daysAfterInitiation()
                + " days");
      } else {
        note("lifecycle", "the bucket's rules do not abort incomplete multipart uploads" + advice);
      }
    } catch (S3Exception e) {
      note(
          "lifecycle",
          "no lifecycle rules can be read ("
              + e.statusCode()
              + " "
              + S3Errors.codeOf(e)
              + ")"
              + advice);
    }
  }

  private void anonymous() {
    ObjectLocation object = at("object");
    requireRefusal(
        "anonymous",
        () ->
            client()
                .headObject(
                    r ->
                        r.bucket(bucket)
                            .key(object.key())
                            .overrideConfiguration(
                                c -> c.credentialsProvider(AnonymousCredentialsProvider.create()))),
        "requests without a signature are refused",
        "objects can be read without a signature: whoever reaches the server can read the images");
  }

  private void cleanUp() throws IOException {
    for (ObjectStore.OpenUpload left : store.openUploads(bucket, prefix)) {
      store.abort(left);
    }
    for (String key : store.list(bucket, prefix)) {
      store.delete(new ObjectLocation(bucket, key));
    }
    if (store.list(bucket, prefix).isEmpty()) {
      ok("cleanup", "what was written for this examination is gone again");
    } else {
      note("cleanup", "objects remain below " + prefix + ": remove them");
    }
  }

  private static long millisSince(long start) {
    return (System.nanoTime() - start) / 1_000_000;
  }
}
