package io.drover.converter.object.s3;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.error.Outcome;
import io.drover.converter.object.ObjectLocation;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An https server whose certificate no public authority has signed. */
class S3TlsTest {
  private static final ObjectLocation LOCATION = new ObjectLocation("bucket", "key");

  @TempDir private static Path directory;

  private static HttpsServer server;
  private static Path pem;

  @BeforeAll
  static void start() throws Exception {
    PrivateCa ca = PrivateCa.in(directory);
    pem = ca.authority();
    server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setHttpsConfigurator(new HttpsConfigurator(ca.serverContext()));
    server.createContext(
        "/bucket/key",
        exchange -> {
          exchange.getResponseHeaders().add("ETag", "\"e\"");
          exchange.getResponseHeaders().add("Content-Length", "7");
          exchange.sendResponseHeaders(200, -1);
          exchange.close();
        });
    server.start();
  }

  @AfterAll
  static void stop() {
    server.stop(0);
  }

  @Test
  void anUnknownAuthorityIsRefused() throws IOException {
    try (S3ObjectStore store = store(true, Optional.empty(), Map.of())) {
      ImportException e = assertThrows(ImportException.class, () -> store.head(LOCATION));
      assertEquals(ErrorCode.TARGET_UNAVAILABLE, e.code());
      assertEquals(Outcome.REFUSED, e.outcome());
      assertTrue(e.getMessage().contains("--ca-bundle"), e.getMessage());
    }
  }

  @Test
  void anAuthorityOfTheBundleIsTrusted() throws IOException {
    try (S3ObjectStore store = store(true, Optional.of(pem), Map.of())) {
      assertEquals("\"e\"", store.head(LOCATION).orElseThrow().etag());
    }
  }

  @Test
  void theBundleOfTheEnvironmentIsTrusted() throws IOException {
    try (S3ObjectStore store =
        store(true, Optional.empty(), Map.of("AWS_CA_BUNDLE", pem.toString()))) {
      assertEquals("\"e\"", store.head(LOCATION).orElseThrow().etag());
    }
  }

  @Test
  void anybodyIsTrustedWhenToldSo() throws IOException {
    try (S3ObjectStore store = store(false, Optional.empty(), Map.of())) {
      assertEquals("\"e\"", store.head(LOCATION).orElseThrow().etag());
    }
  }

  @Test
  void aBundleWithoutCertificatesIsRefused() throws IOException {
    Path empty = Files.writeString(directory.resolve("empty.pem"), "nothing\n");
    for (Path bundle : new Path[] {empty, directory.resolve("missing.pem")}) {
      ImportException e =
          assertThrows(
              ImportException.class, () -> store(true, Optional.of(bundle), Map.of()).close());
      assertEquals(Outcome.REFUSED, e.outcome());
      assertTrue(e.getMessage().contains(bundle.toString()), e.getMessage());
    }
  }

  private static S3ObjectStore store(
      boolean verifySsl, Optional<Path> caBundle, Map<String, String> environment)
      throws IOException {
    S3Settings settings =
        new S3Settings(
            Optional.of(URI.create("https://127.0.0.1:" + server.getAddress().getPort())),
            Optional.empty(),
            Optional.empty(),
            Optional.of(new S3Credentials("key", "secret")),
            Optional.empty(),
            verifySsl,
            caBundle,
            false,
            4,
            S3Timeouts.DEFAULT,
            new RetryPolicy(2, Duration.ZERO, Duration.ZERO),
            "drover");
    return new S3ObjectStore(settings, environment, 1000);
  }
}
