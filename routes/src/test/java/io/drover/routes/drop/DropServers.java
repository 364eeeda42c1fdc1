package io.drover.routes.drop;

import io.drover.converter.object.ObjectStore;
import io.drover.converter.object.s3.S3Credentials;
import io.drover.converter.object.s3.S3ObjectStore;
import io.drover.converter.object.s3.S3Settings;
import io.drover.routes.config.Key;
import io.drover.routes.config.Settings;
import io.drover.sandbox.SandboxOptions;
import io.drover.sandbox.SandboxProcess;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Map;
import java.util.stream.Stream;

/** One S3 server and one Kafka broker, real ones, for all tests of this package. */
final class DropServers {
  private static SandboxProcess sandbox;

  private DropServers() {}

  static synchronized SandboxProcess sandbox() throws Exception {
    if (sandbox == null) {
      Path directory = Files.createTempDirectory("drover-drop-servers");
      sandbox = SandboxProcess.start(SandboxOptions.in(directory));
      Runtime.getRuntime()
          .addShutdownHook(
              new Thread(
                  () -> {
                    sandbox.close();
                    delete(directory);
                  }));
    }
    return sandbox;
  }

  static ObjectStore store() throws Exception {
    return store(sandbox().s3Endpoint());
  }

  static ObjectStore store(URI endpoint) throws IOException {
    return new S3ObjectStore(
        S3Settings.DEFAULT
            .withEndpoint(endpoint)
            .withCredentials(
                new S3Credentials(SandboxProcess.ACCESS_KEY, SandboxProcess.SECRET_KEY)));
  }

  /** Quick settings with both servers. */
  static Settings settings() throws Exception {
    return Settings.load(null, Map.of(), Map.of())
        .with(Key.INBOX_DELAY, "50ms")
        .with(Key.INBOX_SETTLE, "200ms")
        .with(Key.STATE_DIR, sandbox().directory().resolve("state").toString())
        .with(Key.KAFKA_BROKERS, sandbox().kafkaBootstrap());
  }

  static void delete(Path directory) {
    try (Stream<Path> below = Files.walk(directory)) {
      for (Path path : below.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
