package io.drover.sandbox;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AnonymousCredentialsProvider;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.Bucket;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.S3Exception;

class S3ServerTest {
  private static final int PART_SIZE = 16 << 20;

  @TempDir static Path directory;
  private static SandboxProcess sandbox;
  private static S3Client client;

  @BeforeAll
  static void start() throws Exception {
    sandbox = SandboxProcess.start(SandboxOptions.in(directory).withoutKafka());
    client = client(sandbox.s3Endpoint(), credentials(SandboxProcess.SECRET_KEY));
  }

  @AfterAll
  static void stop() {
    client.close();
    sandbox.close();
  }

  @Test
  void theBucketImagesExists() {
    assertEquals(
        List.of("images"), client.listBuckets().buckets().stream().map(Bucket::name).toList());
  }

  @Test
  void anObjectIsAPlainFile() throws Exception {
    byte[] content = "a disk".getBytes(StandardCharsets.UTF_8);

    client.putObject(
        request -> request.bucket("images").key("vm/disk.raw"), RequestBody.fromBytes(content));

    assertArrayEquals(content, Files.readAllBytes(directory.resolve("s3/images/vm/disk.raw")));
    assertArrayEquals(
        content,
        client
            .getObjectAsBytes(request -> request.bucket("images").key("vm/disk.raw"))
            .asByteArray());
  }

  @Test
  void listensOnLoopbackOnly() {
    assertEquals("127.0.0.1", sandbox.s3Endpoint().getHost());
  }

  @Test
  void aWrongSecretIsRefused() {
    assertRefused(credentials("not-the-secret"));
  }

  @Test
  void anUnsignedRequestIsRefused() {
    assertRefused(AnonymousCredentialsProvider.create());
  }

  /** The server holds the whole body of a signed request while it checks the signature. */
  @Test
  void eightLargePartsAtATimeFitIntoItsMemory() throws Exception {
    byte[] part = new byte[PART_SIZE];
    new Random(1).nextBytes(part);
    String upload =
        client.createMultipartUpload(request -> request.bucket("images").key("large")).uploadId();
    ExecutorService lanes = Executors.newFixedThreadPool(8);
    try {
      List<Callable<CompletedPart>> uploads =
          IntStream.rangeClosed(1, 8).mapToObj(number -> uploadPart(upload, number, part)).toList();
      List<CompletedPart> parts =
          lanes.invokeAll(uploads).stream().map(S3ServerTest::result).toList();
      client.completeMultipartUpload(
          request ->
              request
                  .bucket("images")
                  .key("large")
                  .uploadId(upload)
                  .multipartUpload(completed -> completed.parts(parts)));
    } finally {
      lanes.shutdownNow();
    }

    assertEquals(8L * PART_SIZE, Files.size(directory.resolve("s3/images/large")));
  }

  private static Callable<CompletedPart> uploadPart(String upload, int number, byte[] content) {
    return () ->
        CompletedPart.builder()
            .partNumber(number)
            .eTag(
                client
                    .uploadPart(
                        request ->
                            request
                                .bucket("images")
                                .key("large")
                                .uploadId(upload)
                                .partNumber(number),
                        RequestBody.fromBytes(content))
                    .eTag())
            .build();
  }

  private static CompletedPart result(Future<CompletedPart> part) {
    try {
      return part.get();
    } catch (Exception failure) {
      throw new AssertionError(failure);
    }
  }

  private static void assertRefused(AwsCredentialsProvider credentials) {
    try (S3Client other = client(sandbox.s3Endpoint(), credentials)) {
      S3Exception refused =
          assertThrows(
              S3Exception.class, () -> other.listObjectsV2(request -> request.bucket("images")));
      assertEquals(403, refused.statusCode());
    }
  }

  static AwsCredentialsProvider credentials(String secret) {
    return StaticCredentialsProvider.create(
        AwsBasicCredentials.create(SandboxProcess.ACCESS_KEY, secret));
  }

  static S3Client client(URI endpoint, AwsCredentialsProvider credentials) {
    return S3Client.builder()
        .endpointOverride(endpoint)
        .region(Region.of(SandboxProcess.REGION))
        .forcePathStyle(true)
        .credentialsProvider(credentials)
        // a slow server is waited for: a part that is sent again takes its memory twice
        .httpClient(UrlConnectionHttpClient.builder().socketTimeout(Duration.ofMinutes(5)).build())
        .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
        .serviceConfiguration(configuration -> configuration.chunkedEncodingEnabled(false))
        .build();
  }
}
