package io.drover.routes.queue;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.drover.converter.imports.Destination;
import io.drover.routes.cli.Drover;
import io.drover.routes.e2e.Servers;
import io.drover.sandbox.SandboxProcess;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Processes that log all they can: whose line it is can be told, and no secret can. */
@Timeout(600)
class QuietSecretsTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String TOKEN = "action-token-0123456789";
  private static final String PUSH_TOKEN = "push-token-0123456789";
  private static final String PASSWORD = "kafka-password-0123456789";
  private static final String SIGNATURE = "url-signature-0123456789";
  private static final String USER_INFO = "url-password-0123456789";

  @TempDir private Path directory;

  @Test
  void theServicesLogIsJsonWithTheImportsIdAndWithoutSecrets() throws Exception {
    Destination destination = Servers.destination();
    Path token = Files.writeString(directory.resolve("token"), TOKEN);
    Path disk = Files.write(directory.resolve("disk.raw"), new byte[6_000_000]);
    String output;
    List<String> events = new ArrayList<>();
    try (RequestClient client = new RequestClient(Servers.sandbox().kafkaBootstrap());
        FleetWorker worker =
            new FleetWorker(
                "quiet",
                directory,
                Servers.sandbox().s3Endpoint(),
                "quiet-" + System.nanoTime(),
                Map.of("JAVA_TOOL_OPTIONS", "-Ddrover.log-level=DEBUG"),
                "-Ddrover.log.format=json",
                "-Ddrover.requests.allow-private-addresses=true",
                "-Ddrover.notifications.token=" + PUSH_TOKEN,
                "-Ddrover.http.actions=true",
                "-Ddrover.http.token-file=" + token)) {
      client.request("quiet-1", disk.toString(), destination.uri() + "1/");
      // nobody listens there
      client.request(
          "quiet-2",
          "http://user:" + USER_INFO + "@127.0.0.1:9/a.raw?X-Amz-Signature=" + SIGNATURE,
          destination.uri() + "2/");
      URI cancel = worker.page().resolve("/api/imports/quiet-2/cancel");
      int status = post(cancel, "Bearer " + TOKEN);
      while (status == 503) {
        // a slow broker has not taken it within the service's seconds
        status = post(cancel, "Bearer " + TOKEN);
      }
      assertEquals(202, status);
      end(client, "quiet-1");
      end(client, "quiet-2");
      post(worker.page().resolve("/notifications"), "Bearer " + PUSH_TOKEN);
      assertEquals(143, worker.terminate(), worker.output());
      output = worker.output();
      for (String topic : List.of("drover.events", "drover.dead-letter")) {
        for (ConsumerRecord<byte[], byte[]> each : client.all(topic)) {
          events.add(new String(each.value(), StandardCharsets.UTF_8) + each.headers());
        }
      }
    }
    for (String secret :
        List.of(SandboxProcess.SECRET_KEY, TOKEN, PUSH_TOKEN, SIGNATURE, USER_INFO)) {
      assertFalse(output.contains(secret), secret + " in " + output);
      assertFalse(events.toString().contains(secret), secret + " in an event");
    }
    int ofImports = 0;
    for (String line : output.lines().filter(each -> each.startsWith("{")).toList()) {
      JsonNode logged = JSON.readTree(line);
      String message = logged.path("formattedMessage").asText();
      if (message.startsWith("import ")) {
        ofImports++;
        assertEquals(message.split("[ :]")[1], logged.at("/mdc/importId").asText(), "of " + line);
      }
    }
    assertTrue(ofImports >= 4, output);
    assertFalse(output.contains("stepArray"), "no stack trace for what a user did: " + output);
  }

  @Test
  void aCommandsLogIsJsonWithoutThePasswordOfKafka() throws Exception {
    Path disk = Files.write(directory.resolve("disk.raw"), new byte[100_000]);
    Path said = directory.resolve("said.txt");
    ProcessBuilder program =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "-Ddrover.log-level=DEBUG",
            "-cp",
            System.getProperty("java.class.path"),
            Drover.class.getName(),
            "import",
            disk.toString(),
            Servers.destination().uri(),
            "--endpoint-url",
            Servers.sandbox().s3Endpoint().toString(),
            "--kafka",
            "127.0.0.1:9",
            "-Ddrover.kafka.flush-timeout=1s",
            "-Ddrover.kafka.security-protocol=SASL_PLAINTEXT",
            "-Ddrover.kafka.username=drover");
    program.environment().keySet().removeIf(name -> name.matches("(AWS|DROVER|OTEL)_.*"));
    program.environment().put("DROVER_LOG_FORMAT", "json");
    program.environment().put("DROVER_KAFKA_PASSWORD", PASSWORD);
    program.environment().put("DROVER_STATE_DIR", directory.resolve("state").toString());
    program.environment().put("AWS_ACCESS_KEY_ID", SandboxProcess.ACCESS_KEY);
    program.environment().put("AWS_SECRET_ACCESS_KEY", SandboxProcess.SECRET_KEY);
    program.environment().put("AWS_REGION", SandboxProcess.REGION);
    int exitCode =
        program.redirectErrorStream(true).redirectOutput(said.toFile()).start().waitFor();
    String output = Files.readString(said);
    assertEquals(0, exitCode, output);
    assertFalse(output.contains(PASSWORD), output);
    assertFalse(output.contains(SandboxProcess.SECRET_KEY), output);
    List<String> lines = output.lines().filter(each -> each.startsWith("{")).toList();
    assertTrue(lines.stream().anyMatch(line -> line.contains("does not answer")), output);
    for (String line : lines) {
      assertTrue(JSON.readTree(line).has("formattedMessage"), line);
    }
    for (Path kept : Files.walk(directory.resolve("state")).filter(Files::isRegularFile).toList()) {
      assertFalse(Files.readString(kept).contains(PASSWORD), kept.toString());
    }
  }

  private static int post(URI place, String authorization) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(place)
            .header("Authorization", authorization)
            .header("X-Drover-Action", "cancel")
            .POST(HttpRequest.BodyPublishers.ofString("{}"))
            .build();
    return HttpClient.newHttpClient()
        .send(request, HttpResponse.BodyHandlers.discarding())
        .statusCode();
  }

  private static void end(RequestClient client, String importId) throws Exception {
    while (true) {
      for (ConsumerRecord<byte[], byte[]> each : client.all("drover.events")) {
        String type =
            new String(each.headers().lastHeader("ce_type").value(), StandardCharsets.UTF_8);
        if (type.matches(".*\\.(completed|failed|cancelled|paused)")
            && JSON.readTree(each.value()).path("importId").asText().equals(importId)) {
          return;
        }
      }
      Thread.sleep(100);
    }
  }
}
