package io.drover.routes.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.drover.converter.imports.Destination;
import io.drover.converter.object.ObjectStore;
import io.drover.converter.object.s3.S3Credentials;
import io.drover.converter.object.s3.S3ObjectStore;
import io.drover.converter.object.s3.S3Settings;
import io.drover.routes.app.DroverApp;
import io.drover.routes.config.ConfigException;
import io.drover.routes.config.Key;
import io.drover.routes.config.Settings;
import io.drover.sandbox.SandboxOptions;
import io.drover.sandbox.SandboxProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/** One real S3 server and one real Kafka broker for all tests of a JVM; they end with the JVM. */
public final class Servers {
  private static final AtomicInteger DESTINATIONS = new AtomicInteger();

  private Servers() {}

  private static final class Holder {
    private static final SandboxProcess SANDBOX = start();
    private static final ObjectStore STORE = openStore();

    private static SandboxProcess start() {
      try {
        Path directory =
            Files.createTempDirectory(Files.createDirectories(Path.of("target")), "e2e-");
        return SandboxProcess.start(SandboxOptions.in(directory.toAbsolutePath()));
      } catch (IOException | InterruptedException e) {
        throw new AssertionError("these tests need the sandbox's servers", e);
      }
    }
  }

  public static SandboxProcess sandbox() {
    return Holder.SANDBOX;
  }

  /** For looking at what lies on S3; not to be closed. */
  public static ObjectStore store() {
    return Holder.STORE;
  }

  /** Settings for these servers. */
  public static Settings settings() throws ConfigException {
    return Settings.load(null, Map.of(), Map.of())
        .with(Key.S3_ENDPOINT_URL, sandbox().s3Endpoint().toString())
        .with(Key.S3_REGION, SandboxProcess.REGION)
        .with(Key.STATE_DIR, sandbox().directory().resolve("state").toString())
        .with(Key.KAFKA_BROKERS, sandbox().kafkaBootstrap());
  }

  /** Drover in this process, with that many lanes. */
  static DroverApp app(int parallel) throws Exception {
    Settings settings =
        settings().with(Key.PARALLEL, Integer.toString(parallel)).with(Key.MEMORY, "64m");
    return DroverApp.start(settings, openStore());
  }

  /** A store of one's own. */
  public static ObjectStore openStore() {
    try {
      return new S3ObjectStore(
          S3Settings.DEFAULT
              .withEndpoint(sandbox().s3Endpoint())
              .withCredentials(
                  new S3Credentials(SandboxProcess.ACCESS_KEY, SandboxProcess.SECRET_KEY)));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** A place on S3 that nobody has used yet. */
  public static Destination destination() {
    return new Destination(SandboxProcess.BUCKET, "e2e/" + DESTINATIONS.incrementAndGet() + "/");
  }

  /** The directory in which the server keeps the objects of a destination, as plain files. */
  static Path directory(Destination destination) {
    return sandbox()
        .directory()
        .resolve("s3")
        .resolve(destination.bucket())
        .resolve(destination.prefix());
  }

  /** No object, and no upload that is still open. */
  static void assertNothingAt(Destination destination) throws IOException {
    assertEquals(List.of(), store().list(destination.bucket(), destination.prefix()));
    assertEquals(List.of(), store().openUploads(destination.bucket(), destination.prefix()));
  }

  /** One whole import of a raw disk, and no trace of how it came there. */
  static void assertOnly(Destination destination, Path disk) throws IOException {
    assertEquals(-1, Files.mismatch(disk, directory(destination).resolve("disk.raw")));
    assertEquals(
        List.of("disk.qcow2", "disk.raw", "manifest.json"),
        store().list(destination.bucket(), destination.prefix()).stream()
            .map(key -> key.substring(destination.prefix().length()))
            .toList());
    assertEquals(List.of(), store().openUploads(destination.bucket(), destination.prefix()));
  }
}
