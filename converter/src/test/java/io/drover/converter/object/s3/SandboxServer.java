package io.drover.converter.object.s3;

import io.drover.sandbox.SandboxOptions;
import io.drover.sandbox.SandboxProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.stream.Stream;

/** One real S3 server for all tests of a JVM; it ends with the JVM. */
final class SandboxServer {
  static final String BUCKET = SandboxProcess.BUCKET;

  private SandboxServer() {}

  private static final class Holder {
    private static final SandboxProcess PROCESS = start();

    private static SandboxProcess start() {
      try {
        Path directory = Files.createTempDirectory(Path.of("target"), "sandbox-");
        SandboxProcess process = SandboxProcess.start(SandboxOptions.in(directory).withoutKafka());
        Runtime.getRuntime().addShutdownHook(new Thread(() -> remove(process)));
        return process;
      } catch (IOException | InterruptedException e) {
        throw new AssertionError("these tests need the sandbox's S3 server", e);
      }
    }
  }

  private static void remove(SandboxProcess process) {
    process.kill();
    try (Stream<Path> files = Files.walk(process.directory())) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static URI endpoint() {
    return Holder.PROCESS.s3Endpoint();
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
