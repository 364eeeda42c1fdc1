package io.drover.routes.observe;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.drover.converter.object.ObjectStore;
import io.drover.converter.object.s3.S3Credentials;
import io.drover.converter.object.s3.S3ObjectStore;
import io.drover.converter.object.s3.S3Settings;
import io.drover.routes.kafka.KafkaClients;
import io.drover.routes.web.WebServer;
import io.drover.sandbox.SandboxOptions;
import io.drover.sandbox.SandboxProcess;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HealthTest {
  private static final Duration PROMPT = Duration.ofMinutes(1);
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  @TempDir private Path directory;

  private final HttpClient client = HttpClient.newHttpClient();
  private WebServer server;

  @Test
  void whatGoesAwayIsSaidWithinTenSecondsAndWhatComesBackToo() throws Exception {
    SandboxOptions options =
        SandboxOptions.in(directory.resolve("servers")).withS3Port(portForTwice());
    Path inbox = Files.createDirectory(directory.resolve("inbox"));
    SandboxProcess sandbox = SandboxProcess.start(options);
    String kafka = sandbox.kafkaBootstrap();
    SandboxOptions same = options.withKafkaPort(port(kafka));
    Path bucket = sandbox.directory().resolve("s3").resolve(SandboxProcess.BUCKET);
    Path elsewhere = directory.resolve("bucket");
    try (ObjectStore store = store(sandbox.s3Endpoint());
        WebServer web = WebServer.start("127.0.0.1", 0);
        HealthEndpoint health =
            new HealthEndpoint(
                () -> true,
                () -> 3,
                () -> 4,
                List.of(
                    new KafkaComponent(KafkaClients.plain(kafka), List.of("drover.events"), true),
                    new BucketComponent(store, SandboxProcess.BUCKET),
                    new FolderComponent("inbox", inbox, 1, false)))) {
      server = web;
      health.on(web);
      await().atMost(PATIENCE).until(() -> status("ready") == 200);
      // asked for until it says so: a broker that takes its time is away meanwhile
      JsonNode up =
          await()
              .atMost(PATIENCE)
              .until(() -> body("health"), told -> told.path("status").asText().equals("UP"));
      assertEquals(3, up.path("imports").asInt());
      assertEquals(4, up.path("unsentEvents").asInt());
      assertEquals("UP", up.path("components").path("kafka").path("status").asText());

      Files.move(bucket, elsewhere);
      awaitDown("bucket", "does not exist");
      Files.move(elsewhere, bucket);
      await().atMost(PROMPT).until(() -> status("ready") == 200);

      Files.delete(inbox);
      awaitDown("inbox", "not there");
      Files.createDirectory(inbox);
      await().atMost(PROMPT).until(() -> status("ready") == 200);

      sandbox.stop();
      awaitDown("kafka", "does not answer");
      awaitDown("bucket", "does not answer");
      assertEquals(200, status("live"), "the process itself is well");
      assertFalse(body("health").toString().contains("127.0.0.1"), "no addresses");
      assertFalse(body("health").toString().contains(inbox.toString()), "no names");
      sandbox = SandboxProcess.start(same);
      await().atMost(PATIENCE).until(() -> status("ready") == 200);
    } finally {
      sandbox.close();
    }
  }

  @Test
  void aMissingTopicIsNotReady() throws Exception {
    String kafka = io.drover.routes.e2e.Servers.sandbox().kafkaBootstrap();
    try (WebServer web = WebServer.start("127.0.0.1", 0);
        HealthEndpoint health =
            new HealthEndpoint(
                () -> true,
                () -> 0,
                () -> 0,
                List.of(
                    new KafkaComponent(
                        KafkaClients.plain(kafka),
                        List.of("drover.events", "no.such.topic"),
                        false)))) {
      server = web;
      health.on(web);
      assertEquals(503, status("ready"), "nothing is known yet");
      awaitDown("kafka", "a topic does not exist");
      assertFalse(body("health").toString().contains("no.such.topic"));
    }
  }

  @Test
  void aLookThatDoesNotComeBackIsDown() throws Exception {
    Component hangs =
        new Component() {
          private boolean before;

          @Override
          public String name() {
            return "store";
          }

          @Override
          public void look() throws Exception {
            if (before) {
              Thread.sleep(60_000);
            }
            before = true;
          }
        };
    try (Watch watch = new Watch(hangs, Duration.ofMillis(10), Duration.ofMillis(300))) {
      await()
          .atMost(PATIENCE)
          .until(() -> watch.trouble().filter(why -> why.startsWith("no answer")).isPresent());
    }
  }

  @Test
  void aFullDiskAndAStrangeFolderAreUnusable() throws Exception {
    assertUnusable(new FolderComponent("a", directory, Long.MAX_VALUE, false), "are free");
    assertUnusable(new FolderComponent("a", directory.resolve("b"), 1, false), "not there");
    new FolderComponent("a", directory.resolve("made/later"), 1, true).look();
    Path file = Files.createFile(directory.resolve("file"));
    assertUnusable(new FolderComponent("a", file, 1, false), "not there");
  }

  private static void assertUnusable(Component component, String reason) throws Exception {
    try {
      component.look();
    } catch (Component.Unusable e) {
      assertTrue(e.getMessage().contains(reason), e.getMessage());
      return;
    }
    throw new AssertionError("usable: " + component.name());
  }

  private void awaitDown(String component, String reason) {
    await()
        .atMost(PROMPT)
        .until(
            () ->
                status("ready") == 503
                    && body("ready")
                        .path("components")
                        .path(component)
                        .path("reason")
                        .asText()
                        .contains(reason));
  }

  private int status(String what) throws Exception {
    return get(what).statusCode();
  }

  private JsonNode body(String what) throws Exception {
    return new ObjectMapper().readTree(get(what).body());
  }

  private HttpResponse<String> get(String what) throws Exception {
    URI uri = URI.create("http://127.0.0.1:" + server.port() + "/observe/" + what);
    return client.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
  }

  /**
   * Below the range that systems hand out by themselves: nobody gets it by chance between the first
   * start and the second.
   */
  private static int portForTwice() throws IOException {
    while (true) {
      int port = ThreadLocalRandom.current().nextInt(15_000, 32_000);
      try (ServerSocket free = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
        return free.getLocalPort();
      } catch (BindException taken) {
        // another one, then
      }
    }
  }

  private static int port(String address) {
    return Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
  }

  private static ObjectStore store(URI endpoint) throws Exception {
    return new S3ObjectStore(
        S3Settings.DEFAULT
            .withEndpoint(endpoint)
            .withCredentials(
                new S3Credentials(SandboxProcess.ACCESS_KEY, SandboxProcess.SECRET_KEY)));
  }
}
