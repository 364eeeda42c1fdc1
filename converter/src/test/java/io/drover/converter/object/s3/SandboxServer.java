package io.drover.converter.object.s3;

import io.drover.sandbox.SandboxOptions;
import io.drover.sandbox.SandboxProcess;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** One real S3 server for all tests of a JVM; it ends with the JVM. */
final class SandboxServer {
  static final String BUCKET = SandboxProcess.BUCKET;

  private SandboxServer() {}

  private static final class Holder {
    private static final SandboxProcess PROCESS = start();

    private static SandboxProcess start() {
      try {
        Path directory = Files.createTempDirectory(Path.of("target"), "sandbox-");
        return SandboxProcess.start(SandboxOptions.in(directory).withoutKafka());
      } catch (IOException | InterruptedException e) {
        throw new AssertionError("these tests need the sandbox's S3 server", e);
      }
    }
  }

  static URI endpoint() {
    return Holder.PROCESS.s3Endpoint();
  }

  /** Where the server keeps its files. */
  static Path directory() {
    return Holder.PROCESS.directory();
  }

  /** Settings that work, with pauses short enough for tests. */
  static S3Settings settings() {
    return settings(endpoint());
  }

  /** The same through another address. */
  static S3Settings settings(URI endpoint) {
    return S3Settings.DEFAULT
        .withEndpoint(endpoint)
        .withCredentials(new S3Credentials(SandboxProcess.ACCESS_KEY, SandboxProcess.SECRET_KEY))
        .withRetryPolicy(new RetryPolicy(4, Duration.ofMillis(5), Duration.ofMillis(20)));
  }
}
