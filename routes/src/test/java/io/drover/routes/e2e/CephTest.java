package io.drover.routes.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.drover.converter.doctor.Finding;
import io.drover.converter.image.DiskImage;
import io.drover.converter.image.ImageFormat;
import io.drover.converter.image.ReadPolicy;
import io.drover.converter.imports.Destination;
import io.drover.converter.imports.ImportOptions;
import io.drover.converter.manifest.Manifest;
import io.drover.converter.object.ObjectStore;
import io.drover.converter.object.s3.S3Credentials;
import io.drover.converter.object.s3.S3Examination;
import io.drover.converter.object.s3.S3ObjectStore;
import io.drover.converter.object.s3.S3Settings;
import io.drover.converter.reader.ImageOpener;
import io.drover.converter.storage.FileSource;
import io.drover.converter.storage.SymbolicLinks;
import io.drover.converter.verify.Verifier;
import io.drover.routes.app.DroverApp;
import io.drover.routes.config.Key;
import io.drover.routes.config.Settings;
import io.drover.sandbox.SandboxProcess;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.RandomAccessFile;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The same imports into a second server, old and strict in its own way: Ceph's object gateway from
 * Debian's packages. Runs by {@code ./check --ceph} only, since the packages are large.
 */
@Tag("ceph")
class CephTest {
  private static final AtomicInteger DESTINATIONS = new AtomicInteger();
  private static final long SPARSE = 700L << 20;
  private static final int ISLAND = 3 << 20;

  @TempDir private static Path home;
  @TempDir private Path directory;

  private static Process gateway;
  private static S3Settings server;
  private static ObjectStore store;
  private static DroverApp app;

  @BeforeAll
  static void start() throws Exception {
    int port;
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    gateway =
        new ProcessBuilder("src/test/ceph/radosgw", home.toString(), Integer.toString(port))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    BufferedReader output = new BufferedReader(new InputStreamReader(gateway.getInputStream()));
    assertEquals("ready", output.readLine());
    server =
        S3Settings.DEFAULT
            .withEndpoint(URI.create("http://127.0.0.1:" + port))
            .withCredentials(
                new S3Credentials(SandboxProcess.ACCESS_KEY, SandboxProcess.SECRET_KEY));
    store = new S3ObjectStore(server);
    Settings settings =
        Settings.load(null, Map.of(), Map.of()).with(Key.PARALLEL, "3").with(Key.MEMORY, "64m");
    app = DroverApp.start(settings, new S3ObjectStore(server));
  }

  @AfterAll
  static void stop() throws Exception {
    if (app != null) {
      app.close();
    }
    if (store != null) {
      store.close();
    }
    gateway.destroy();
    assertTrue(gateway.waitFor(Tool.LIMIT.toSeconds(), TimeUnit.SECONDS));
  }

  static Stream<ImportCase> cases() {
    return ImportMatrixTest.cases();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("cases")
  void readsBackAsTheSource(ImportCase each) throws Exception {
    SourceImage source = each.recipe().make(directory);
    Destination destination = destination();
    Manifest manifest = app.run(source.request(destination, each.options()));
    try (DiskImage image =
        ImageOpener.open(
            FileSource.open(source.file(), SymbolicLinks.REFUSE),
            source.format(),
            source.policy())) {
      assertEquals(
          manifest.disk().digest(), Verifier.verify(store, destination, 3, image).digest());
    }
    assertEquals(List.of(), store.openUploads(destination.bucket(), destination.prefix()));
  }

  @Test
  void zerosAreFilledOnTheServer() throws Exception {
    Path raw = directory.resolve("sparse.raw");
    byte[] island = new byte[ISLAND];
    new Random(1).nextBytes(island);
    try (RandomAccessFile file = new RandomAccessFile(raw.toFile(), "rw")) {
      file.setLength(SPARSE);
      for (long offset : new long[] {0, 100L << 20, SPARSE - ISLAND}) {
        file.seek(offset);
        file.write(island);
      }
    }
    Destination destination = destination();
    Manifest manifest = app.run(SourceImage.raw(raw).request(destination, ImportOptions.DEFAULT));
    assertTrue(manifest.parts().zero() > 0, manifest.parts().toString());
    assertTrue(manifest.bytes().sent() < 20L << 20, manifest.bytes().toString());
    try (DiskImage image =
        ImageOpener.open(
            FileSource.open(raw, SymbolicLinks.REFUSE), ImageFormat.RAW, ReadPolicy.DEFAULT)) {
      Verifier.verify(store, destination, 3, image);
    }
  }

  @Test
  void itIsToldWhatThisServerIgnores() throws IOException {
    Map<Finding.Verdict, List<String>> checks =
        S3Examination.examine(server, SandboxProcess.BUCKET, "doctor/").stream()
            .collect(
                Collectors.groupingBy(
                    Finding::verdict, Collectors.mapping(Finding::check, Collectors.toList())));
    assertEquals(null, checks.get(Finding.Verdict.FAIL), checks.toString());
    assertEquals(
        List.of(
            "put checksum",
            "part copy if-match",
            "complete checksum",
            "complete if-none-match",
            "lifecycle"),
        checks.get(Finding.Verdict.NOTE));
  }

  private static Destination destination() {
    return new Destination(SandboxProcess.BUCKET, "ceph/" + DESTINATIONS.incrementAndGet() + "/");
  }
}
