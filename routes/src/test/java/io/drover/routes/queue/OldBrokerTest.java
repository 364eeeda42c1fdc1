package io.drover.routes.queue;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.drover.routes.cli.Drover;
import io.drover.sandbox.SandboxOptions;
import io.drover.sandbox.SandboxProcess;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.FeatureUpdate;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.UpdateFeaturesOptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A broker without share groups, as all before 4.2 are: by switching the feature off. */
@Timeout(600)
class OldBrokerTest {
  private static final Pattern HEALTH = Pattern.compile("health at (http://\\S+)/observe/health");

  private static final String NOTIFICATIONS = "old.notifications";
  private static final String REFUSAL = "no requests are taken";

  @TempDir private Path directory;
  private Path log;
  private Process service;

  @Test
  void theServiceDoesWhatItCanAndSaysWhatItCannot() throws Exception {
    Path inbox = Files.createDirectory(directory.resolve("inbox"));
    log = directory.resolve("log");
    try (SandboxProcess sandbox =
        SandboxProcess.start(SandboxOptions.in(directory.resolve("servers")))) {
      try (Admin admin = Admin.create(Map.of("bootstrap.servers", sandbox.kafkaBootstrap()))) {
        admin.createTopics(List.of(new NewTopic(NOTIFICATIONS, 1, (short) 1))).all().get();
      }
      shareGroups(sandbox, 0);
      service = serve(sandbox, inbox);
      try {
        awaitSaid("no requests are taken from drover.requests: the brokers have no share groups");
        awaitKafka("DOWN", "the brokers have no share groups, which requests need");
        assertEquals(200, get("live").statusCode());
        // whole from the start: a pause within the write could pass for its end
        Path disk = Files.write(directory.resolve("disk.raw"), new byte[1 << 20]);
        Files.move(disk, inbox.resolve("disk.raw"), StandardCopyOption.ATOMIC_MOVE);
        awaitFile(inbox.resolve(".done/disk.raw"));

        String said = Files.readString(log);
        List<String> warnings =
            said.lines()
                .filter(line -> line.contains(REFUSAL))
                .map(line -> line.substring(line.indexOf(REFUSAL)))
                .toList();
        assertTrue(
            warnings.stream()
                .anyMatch(
                    line ->
                        line.contains("Kafka 4.2")
                            && line.contains("drover.requests.enabled=false")),
            said);
        // a broker that does not answer in time is another reason, and may come in between
        for (int next = 1; next < warnings.size(); next++) {
          assertNotEquals(warnings.get(next - 1), warnings.get(next), said);
        }

        shareGroups(sandbox, 1);
        awaitKafka("UP", "");
        everyTopicCounts(sandbox);
        Path source = Files.write(directory.resolve("asked.raw"), new byte[1 << 20]);
        try (RequestClient client = new RequestClient(sandbox.kafkaBootstrap())) {
          client.request("asked", source.toString(), "s3://images/asked/");
        }
        awaitFile(sandbox.directory().resolve("s3/images/asked/manifest.json"));
      } finally {
        service.destroyForcibly().onExit().join();
      }
    }
  }

  /** Not only that of the events. */
  private void everyTopicCounts(SandboxProcess sandbox) throws Exception {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", sandbox.kafkaBootstrap()))) {
      for (String topic : List.of("drover.dead-letter", NOTIFICATIONS)) {
        admin.deleteTopics(List.of(topic)).all().get();
        awaitKafka("DOWN", "a topic does not exist");
        admin.createTopics(List.of(new NewTopic(topic, 1, (short) 1))).all().get();
        awaitKafka("UP", "");
      }
    }
  }

  private static void shareGroups(SandboxProcess sandbox, int version) throws Exception {
    FeatureUpdate.UpgradeType type =
        version == 0
            ? FeatureUpdate.UpgradeType.UNSAFE_DOWNGRADE
            : FeatureUpdate.UpgradeType.UPGRADE;
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", sandbox.kafkaBootstrap()))) {
      admin
          .updateFeatures(
              Map.of("share.version", new FeatureUpdate((short) version, type)),
              new UpdateFeaturesOptions())
          .all()
          .get();
    }
  }

  private Process serve(SandboxProcess sandbox, Path inbox) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx256m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            Drover.class.getName(),
            "serve",
            "--inbox",
            inbox.toString(),
            "--endpoint-url",
            sandbox.s3Endpoint().toString(),
            "--kafka",
            sandbox.kafkaBootstrap(),
            "-Ddrover.http.port=0",
            "-Ddrover.notifications.topic=" + NOTIFICATIONS,
            "-Ddrover.inbox.settle=200ms",
            "-Ddrover.requests.source-roots=" + directory);
    builder.environment().keySet().removeIf(variable -> variable.matches("(AWS|DROVER)_.*"));
    builder.environment().put("AWS_ACCESS_KEY_ID", SandboxProcess.ACCESS_KEY);
    builder.environment().put("AWS_SECRET_ACCESS_KEY", SandboxProcess.SECRET_KEY);
    builder.environment().put("AWS_REGION", SandboxProcess.REGION);
    builder.environment().put("DROVER_STATE_DIR", directory.resolve("state").toString());
    return builder.redirectErrorStream(true).redirectOutput(log.toFile()).start();
  }

  private void awaitSaid(String text) throws Exception {
    while (!Files.readString(log).contains(text)) {
      requireAlive();
      Thread.sleep(100);
    }
  }

  private void awaitFile(Path file) throws Exception {
    while (!Files.exists(file)) {
      requireAlive();
      Thread.sleep(100);
    }
  }

  private void requireAlive() throws IOException {
    assertTrue(service.isAlive(), Files.readString(log));
  }

  private void awaitKafka(String status, String reason) throws Exception {
    awaitSaid("/observe/health");
    while (true) {
      var kafka = new ObjectMapper().readTree(get("ready").body()).at("/components/kafka");
      if (kafka.path("status").asText().equals(status)
          && kafka.path("reason").asText().equals(reason)) {
        return;
      }
      requireAlive();
      Thread.sleep(100);
    }
  }

  private HttpResponse<String> get(String what) throws Exception {
    Matcher health = HEALTH.matcher(Files.readString(log));
    assertTrue(health.find());
    return HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(URI.create(health.group(1) + "/observe/" + what)).build(),
            HttpResponse.BodyHandlers.ofString());
  }
}
