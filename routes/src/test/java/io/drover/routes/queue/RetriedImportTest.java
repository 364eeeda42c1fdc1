package io.drover.routes.queue;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.drover.converter.imports.Destination;
import io.drover.routes.e2e.Servers;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A service of its own is asked by HTTP to do again what has failed. */
@Timeout(600)
class RetriedImportTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String TOKEN = "a-token-of-the-operator";

  @TempDir private Path directory;
  private final HttpClient http = HttpClient.newHttpClient();

  @Test
  void whatFailedIsDoneAgainAndWhoAskedIsWrittenDown() throws Exception {
    Path inbox = Files.createDirectory(directory.resolve("inbox"));
    Path token = Files.writeString(directory.resolve("token"), TOKEN + "\n");
    Path audit = directory.resolve("audit.jsonl");
    Destination destination = Servers.destination();
    try (RequestClient client = new RequestClient(Servers.sandbox().kafkaBootstrap());
        FleetWorker worker =
            new FleetWorker(
                "again",
                directory,
                Servers.sandbox().s3Endpoint(),
                "again-" + System.nanoTime(),
                Map.of(),
                "--inbox",
                inbox.toString(),
                "--destination",
                destination.uri() + "{id}/",
                "-Ddrover.inbox.settle=200ms",
                "-Ddrover.audit.file=" + audit,
                "-Ddrover.http.actions=true",
                "-Ddrover.http.token-file=" + token)) {
      URI page = worker.page();
      Path late = directory.resolve("late.raw");
      String data =
          "{\"source\":\"%s\",\"destination\":\"%s\",\"options\":{\"cluster_size\":\"128k\"}}"
              .formatted(late, destination.uri() + "late/");
      client.send(
          "drover.import.requested",
          "late",
          data.getBytes(StandardCharsets.UTF_8),
          Map.of("ce_subject", "vm late"));
      // whole from the start: a pause within the write could pass for its end
      Path dropped = Files.write(directory.resolve("again-bad.qcow2"), new byte[700]);
      Files.move(dropped, inbox.resolve("again-bad.qcow2"), StandardCopyOption.ATOMIC_MOVE);
      assertEquals(List.of("failed 1"), ends(client, "late", 1));
      String bad = importId(client, "again-bad.qcow2");
      assertEquals(List.of("failed 1"), ends(client, bad, 1));
      while (!Files.exists(inbox.resolve(".failed/again-bad.qcow2"))) {
        Thread.sleep(50);
      }

      assertEquals(401, retry(page, "late", "wrong-token-of-nobody"));
      assertEquals(409, retry(page, "no-such-import", TOKEN));
      Files.write(late, new byte[200_000]);
      assertEquals(202, retryOnceKnown(page, "late"));
      assertEquals(List.of("failed 1", "completed 2"), ends(client, "late", 2));
      JsonNode manifest =
          JSON.readTree(
              Servers.store()
                  .get(Destination.parse(destination.uri() + "late/").manifest(), 1 << 20)
                  .orElseThrow());
      assertEquals(
          128 << 10,
          manifest.at("/disk/clusterSize").asInt(),
          "the request as it was, options too");

      assertEquals(202, retryOnceKnown(page, bad));
      assertEquals(List.of("failed 1", "failed 2"), ends(client, bad, 2));
      while (!Files.exists(inbox.resolve(".failed/again-bad.qcow2"))) {
        Thread.sleep(50);
      }
      // by hand
      Files.move(inbox.resolve(".failed/again-bad.qcow2"), inbox.resolve("again-bad.qcow2"));
      assertEquals(List.of("failed 1", "failed 2", "failed 3"), ends(client, bad, 3));
      while (!Files.exists(inbox.resolve(".failed/again-bad.qcow2.error.json"))) {
        Thread.sleep(50);
      }
      assertEquals(143, worker.terminate(), worker.output());
    }
    List<JsonNode> lines = new ArrayList<>();
    for (String line : Files.readAllLines(audit)) {
      lines.add(JSON.readTree(line));
    }
    assertTrue(
        lines.stream()
            .anyMatch(
                line ->
                    line.at("/askedBy/by").asText().equals("request")
                        && line.at("/askedBy/source").asText().equals("urn:test")
                        && line.at("/askedBy/subject").asText().equals("vm late")
                        && line.at("/verdict").asText().equals("completed")
                        && line.at("/identity/size").asText().equals("200000")),
        lines.toString());
    assertTrue(
        lines.stream()
            .anyMatch(
                line ->
                    line.at("/askedBy/by").asText().equals("drop folder")
                        && line.at("/askedBy/owner")
                            .asText()
                            .equals(System.getProperty("user.name"))
                        && line.at("/askedBy/uid").asText().matches("[0-9]+")
                        && line.at("/error").asText().equals("FORMAT_MISMATCH")),
        lines.toString());
    assertTrue(
        lines.stream()
            .anyMatch(
                line ->
                    line.at("/verdict").asText().equals("retry")
                        && line.at("/importId").asText().equals("late")
                        && line.at("/askedBy/address").asText().equals("127.0.0.1")),
        lines.toString());
  }

  private int retry(URI page, String importId, String token) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(page.resolve("/api/imports/" + importId + "/retry"))
            .header("Authorization", "Bearer " + token)
            .header("X-Drover-Action", "retry")
            .POST(HttpRequest.BodyPublishers.noBody())
            .build();
    return http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
  }

  /**
   * The service follows the events, as this test does, but at its own pace; of a broker that takes
   * its time it says 503.
   */
  private int retryOnceKnown(URI page, String importId) throws Exception {
    int status = retry(page, importId, TOKEN);
    while (status == 409 || status == 503) {
      Thread.sleep(100);
      status = retry(page, importId, TOKEN);
    }
    return status;
  }

  private static String importId(RequestClient client, String source) throws Exception {
    while (true) {
      for (ConsumerRecord<byte[], byte[]> each : client.all("drover.events")) {
        JsonNode data = JSON.readTree(each.value());
        if (data.path("source").asText().equals(source)) {
          return data.path("importId").asText();
        }
      }
      Thread.sleep(100);
    }
  }

  /** Types and attempts of an import's terminal events, in order; numbers rise. */
  private static List<String> ends(RequestClient client, String importId, int count)
      throws Exception {
    List<String> ends = new ArrayList<>();
    while (ends.size() < count) {
      Thread.sleep(100);
      ends.clear();
      long last = 0;
      for (ConsumerRecord<byte[], byte[]> each : client.all("drover.events")) {
        JsonNode data = JSON.readTree(each.value());
        if (!data.path("importId").asText().equals(importId)) {
          continue;
        }
        assertTrue(data.path("sequence").asLong() > last, data.toString());
        last = data.path("sequence").asLong();
        String type =
            new String(each.headers().lastHeader("ce_type").value(), StandardCharsets.UTF_8)
                .replace("drover.import.", "");
        if (List.of("completed", "failed", "cancelled").contains(type)) {
          ends.add(type + " " + data.path("attempt").asInt());
        }
      }
    }
    return ends;
  }
}
