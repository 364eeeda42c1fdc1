package io.drover.converter.object.s3;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.error.Outcome;
import io.drover.converter.object.MultipartUpload;
import io.drover.converter.object.ObjectLocation;
import io.drover.converter.object.ObjectStore;
import io.drover.converter.object.ObjectStoreContract;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** The contract on a real server, in pages of 3 so that listing has pages. */
class S3ObjectStoreTest extends ObjectStoreContract {
  private static S3ObjectStore store;

  @BeforeAll
  static void open() throws IOException {
    store = new S3ObjectStore(SandboxServer.settings(), Map.of(), 3);
  }

  @AfterAll
  static void close() {
    store.close();
  }

  @Override
  protected ObjectStore store() {
    return store;
  }

  @Override
  protected String bucket() {
    return SandboxServer.BUCKET;
  }

  @Test
  void theServerTakesChecksumsOfWholeObjects() throws IOException {
    try (MultipartUpload upload = store.begin(at("checksummed"), Map.of())) {
      upload.commit(List.of(upload.upload(1, body("content"))));
    }
    assertTrue(store.wholeObjectChecksums());
  }

  @Test
  void aWrongSecretIsDenied() throws IOException {
    S3Settings wrong =
        SandboxServer.settings().withCredentials(new S3Credentials("drover", "not-the-secret"));
    try (S3ObjectStore denied = new S3ObjectStore(wrong)) {
      for (Executable call : everyCall(denied)) {
        ImportException e = assertFails(ErrorCode.TARGET_DENIED, Outcome.REFUSED, call);
        assertTrue(e.getMessage().contains("s3://"), e.getMessage());
        assertFalse(e.getMessage().contains("not-the-secret"), e.getMessage());
      }
      ImportException e =
          assertFails(
              ErrorCode.TARGET_DENIED, Outcome.REFUSED, () -> denied.begin(at("a"), Map.of()));
      assertTrue(e.getMessage().contains("AWS_SECRET_ACCESS_KEY"), e.getMessage());
    }
  }

  @Test
  void anUnknownAccessKeyIsDenied() throws IOException {
    S3Settings unknown =
        SandboxServer.settings().withCredentials(new S3Credentials("nobody", "drover-sandbox"));
    try (S3ObjectStore denied = new S3ObjectStore(unknown)) {
      for (Executable call : everyCall(denied)) {
        assertFails(ErrorCode.TARGET_DENIED, Outcome.REFUSED, call);
      }
    }
  }

  @Test
  void noCredentialsAreDenied() throws IOException {
    S3Settings settings = S3Settings.DEFAULT.withEndpoint(SandboxServer.endpoint());
    try (S3ObjectStore denied = new S3ObjectStore(settings)) {
      for (Executable call : everyCall(denied)) {
        ImportException e = assertFails(ErrorCode.TARGET_DENIED, Outcome.REFUSED, call);
        assertTrue(e.getMessage().contains("AWS_ACCESS_KEY_ID"), e.getMessage());
      }
    }
  }

  @Test
  void aServerThatIsNotThereIsUnavailable() throws IOException {
    // bound, so that nobody else comes to listen there
    try (Socket silent = new Socket()) {
      silent.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      URI endpoint = URI.create("http://127.0.0.1:" + silent.getLocalPort());
      try (S3ObjectStore nowhere = new S3ObjectStore(SandboxServer.settings(endpoint))) {
        for (Executable call : everyCall(nowhere)) {
          ImportException e = assertFails(ErrorCode.TARGET_UNAVAILABLE, Outcome.RESUMABLE, call);
          assertTrue(e.getMessage().contains(endpoint.toString()), e.getMessage());
          assertTrue(e.getMessage().contains("refused"), e.getMessage());
        }
      }
    }
  }

  @Test
  void aNameThatNobodyResolvesIsUnavailable() throws IOException {
    URI endpoint = URI.create("http://no-such-host.invalid:9000");
    try (S3ObjectStore nowhere = new S3ObjectStore(SandboxServer.settings(endpoint))) {
      assertFails(
          ErrorCode.TARGET_UNAVAILABLE, Outcome.RESUMABLE, () -> nowhere.head(at("anything")));
    }
  }

  @Test
  void httpsToAServerThatSpeaksHttpIsUnavailable() throws IOException {
    URI endpoint = URI.create("https://127.0.0.1:" + SandboxServer.endpoint().getPort());
    try (S3ObjectStore wrong = new S3ObjectStore(SandboxServer.settings(endpoint))) {
      ImportException e =
          assertFails(
              ErrorCode.TARGET_UNAVAILABLE, Outcome.REFUSED, () -> wrong.head(at("anything")));
      assertTrue(e.getMessage().contains("http instead of https"), e.getMessage());
    }
  }

  @Test
  void theEndpointOfTheEnvironmentIsUsed() throws IOException {
    Map<String, String> environment =
        Map.of("AWS_ENDPOINT_URL_S3", SandboxServer.endpoint().toString());
    S3Settings settings =
        S3Settings.DEFAULT.withCredentials(SandboxServer.settings().credentials().orElseThrow());
    try (S3ObjectStore other = new S3ObjectStore(settings, environment, 1000)) {
      assertEquals(Optional.empty(), other.head(at("nothing")));
    }
  }

  private List<Executable> everyCall(ObjectStore store) {
    ObjectLocation location = at("any");
    return List.of(
        () -> store.head(location),
        () -> store.get(location, 1),
        () -> store.read(location, "\"x\"", 0, ByteBuffer.allocate(1)),
        () -> store.put(location, body("x"), Map.of(), false),
        () -> store.begin(location, Map.of()),
        () -> store.delete(location),
        () -> store.list(bucket(), "a"),
        () -> store.openUploads(bucket(), "a"));
  }
}
