package io.drover.routes.queue;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.drover.converter.object.s3.PrivateCa;
import io.drover.routes.cli.Drover;
import io.drover.routes.e2e.FastStart;
import io.drover.routes.logging.StderrLogging;
import io.drover.sandbox.SandboxOptions;
import io.drover.sandbox.SandboxProcess;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A real broker that wants TLS, by an authority that nobody knows, and a user with a password
 * (SCRAM-SHA-512). The tests look at it through its other, open listener; Drover does not know that
 * one.
 */
@Timeout(600)
class SecuredKafkaTest {
  private static final String WRONG_PASSWORD = "Sesame-4711-canary";
  private static final String NOTIFICATIONS = "secured.notifications";
  private static final Pattern HEALTH = Pattern.compile("health at (http://\\S+)/observe/health");
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private static Path directory;
  private static PrivateCa ca;
  private static SandboxProcess sandbox;
  private static RequestClient client;
  private static Path source;

  @BeforeAll
  static void start() throws Exception {
    ca = PrivateCa.in(directory.resolve("ca"));
    sandbox =
        SandboxProcess.start(
            SandboxOptions.in(directory.resolve("servers")).withKafkaTls(ca.serverKeys()));
    client = new RequestClient(sandbox.kafkaBootstrap());
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", sandbox.kafkaBootstrap()))) {
      admin.createTopics(List.of(new NewTopic(NOTIFICATIONS, 1, (short) 1))).all().get();
    }
    byte[] disk = new byte[700_000 / 512 * 512];
    new Random(7).nextBytes(disk);
    source = Files.write(directory.resolve("small.raw"), disk);
  }

  @AfterAll
  static void stop() {
    client.close();
    sandbox.close();
  }

  /** Drover in a process of its own. */
  private static final class Running implements AutoCloseable {
    private final Process process;
    private final Path log;

    Running(String name, Path authority, String password, String... command) throws IOException {
      this.log = directory.resolve(name + ".log");
      // what it says at DEBUG is much
      String level = password.equals(WRONG_PASSWORD) ? "DEBUG" : "INFO";
      Path secret = Files.writeString(directory.resolve(name + ".password"), password + "\n");
      List<String> words =
          new ArrayList<>(
              List.of(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-Xmx256m",
                  "-XX:+UseSerialGC",
                  "-XX:TieredStopAtLevel=1",
                  "-D" + StderrLogging.LEVEL + "=" + level));
      words.addAll(FastStart.options());
      words.add(Drover.class.getName());
      words.addAll(Arrays.asList(command));
      words.addAll(
          List.of(
              "--endpoint-url",
              sandbox.s3Endpoint().toString(),
              "--kafka",
              sandbox.securedKafkaBootstrap(),
              "-Ddrover.kafka.security-protocol=SASL_SSL",
              "-Ddrover.kafka.truststore=" + authority,
              "-Ddrover.kafka.username=" + SandboxProcess.ACCESS_KEY,
              "-Ddrover.kafka.password-file=" + secret));
      ProcessBuilder builder = new ProcessBuilder(words);
      builder.environment().keySet().removeIf(variable -> variable.matches("(AWS|DROVER)_.*"));
      builder.environment().put("AWS_ACCESS_KEY_ID", SandboxProcess.ACCESS_KEY);
      builder.environment().put("AWS_SECRET_ACCESS_KEY", SandboxProcess.SECRET_KEY);
      builder.environment().put("AWS_REGION", SandboxProcess.REGION);
      builder.environment().put("DROVER_STATE_DIR", directory.resolve("state-" + name).toString());
      builder.redirectErrorStream(true);
      builder.redirectOutput(log.toFile());
      this.process = builder.start();
    }

    static Running serve(String name, Path authority, String password) throws IOException {
      return new Running(
          name,
          authority,
          password,
          "serve",
          "-Ddrover.http.port=0",
          "-Ddrover.requests.source-roots=" + directory,
          "-Ddrover.requests.group=" + name,
          "-Ddrover.notifications.topic=" + NOTIFICATIONS,
          "-Ddrover.destination=s3://images/" + name + "/{name}/");
    }

    String output() throws IOException {
      return Files.readString(log);
    }

    void awaitSaid(String text) throws Exception {
      while (!output().contains(text)) {
        requireAlive();
        Thread.sleep(300);
      }
    }

    private void requireAlive() throws IOException {
      assertTrue(process.isAlive(), () -> tail());
    }

    private String tail() {
      try {
        String all = output();
        return all.substring(Math.max(0, all.length() - 4_000));
      } catch (IOException e) {
        return e.toString();
      }
    }

    /** Waits until readiness says that of Kafka: {@code UP}, or a reason. */
    void awaitKafka(String state) throws Exception {
      awaitSaid("/observe/health");
      Matcher health = HEALTH.matcher(output());
      assertTrue(health.find());
      HttpRequest ask =
          HttpRequest.newBuilder(URI.create(health.group(1) + "/observe/ready")).build();
      while (true) {
        String body =
            HttpClient.newHttpClient().send(ask, HttpResponse.BodyHandlers.ofString()).body();
        JsonNode kafka = JSON.readTree(body).path("components").path("kafka");
        if (state.equals(kafka.path("reason").asText(kafka.path("status").asText()))) {
          return;
        }
        requireAlive();
        Thread.sleep(100);
      }
    }

    int exitCode() throws Exception {
      return process.waitFor();
    }

    /** In plain, and as it would be in a header. */
    void requireNowhere(String secret) throws IOException {
      String said = output();
      assertFalse(said.contains(secret), "a password in the log");
      String encoded = Base64.getEncoder().encodeToString(secret.getBytes(StandardCharsets.UTF_8));
      assertFalse(said.contains(encoded.replace("=", "")), "an encoded password in the log");
    }

    @Override
    public void close() {
      process.destroyForcibly().onExit().join();
    }
  }

  private static List<String> told(String importId) throws Exception {
    List<String> types = new ArrayList<>();
    for (ConsumerRecord<byte[], byte[]> each : client.all("drover.events")) {
      assertFalse(
          new String(each.value(), StandardCharsets.UTF_8).contains(SandboxProcess.SECRET_KEY),
          "a password in an event");
      if (JSON.readTree(each.value()).path("importId").asText().equals(importId)) {
        types.add(
            new String(each.headers().lastHeader("ce_type").value(), StandardCharsets.UTF_8)
                .replace("drover.import.", ""));
      }
    }
    return types;
  }

  @Test
  void requestsEventsAndNotificationsGoOverTlsWithAUser() throws Exception {
    try (Running service = Running.serve("secured", ca.authority(), SandboxProcess.SECRET_KEY)) {
      client.request("secured-1", source.toString(), "s3://images/secured/1/");
      while (!told("secured-1").contains("completed")) {
        service.requireAlive();
        Thread.sleep(200);
      }
      assertEquals("accepted", told("secured-1").get(0));
      service.awaitKafka("UP");

      Path uploaded = sandbox.directory().resolve("s3/images/uploads/noted.raw");
      Files.createDirectories(uploaded.getParent());
      Files.copy(source, uploaded);
      notify("uploads/noted.raw");
      Path imported = sandbox.directory().resolve("s3/images/secured/noted/manifest.json");
      while (!Files.exists(imported)) {
        service.requireAlive();
        Thread.sleep(200);
      }
      service.requireNowhere(SandboxProcess.SECRET_KEY);
    }
    int exitCode = 4;
    // 4: a slow broker has not told all within the command's half minute
    while (exitCode == 4) {
      try (Running status =
          new Running("status", ca.authority(), SandboxProcess.SECRET_KEY, "status", "secured-1")) {
        exitCode = status.exitCode();
        if (exitCode != 4) {
          assertEquals(0, exitCode, status.tail());
          assertTrue(status.output().contains("completed"), status.tail());
          status.requireNowhere(SandboxProcess.SECRET_KEY);
        }
      }
    }
  }

  private static void notify(String key) throws Exception {
    String message =
        "{\"Records\":[{\"eventVersion\":\"2.1\",\"eventSource\":\"aws:s3\",\"eventName\":"
            + "\"ObjectCreated:Put\",\"s3\":{\"s3SchemaVersion\":\"1.0\",\"bucket\":{\"name\":"
            + "\"images\"},\"object\":{\"key\":\""
            + key
            + "\"}}}]}";
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", sandbox.kafkaBootstrap()),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      producer
          .send(new ProducerRecord<>(NOTIFICATIONS, message.getBytes(StandardCharsets.UTF_8)))
          .get();
    }
  }

  @Test
  void aWrongPasswordIsSaidAndShownNowhere() throws Exception {
    try (Running service = Running.serve("wrong-password", ca.authority(), WRONG_PASSWORD)) {
      String reason = "the brokers refuse the user or the password";
      service.awaitSaid("no requests are taken from drover.requests: " + reason);
      service.awaitSaid("look at drover.kafka.username and drover.kafka.password-file");
      service.awaitKafka(reason);
      service.requireNowhere(WRONG_PASSWORD);
    }
    anImportNeedsNoKafka("wrong-password-import");
  }

  @Test
  void anUnknownAuthorityIsSaid() throws Exception {
    Path stranger = PrivateCa.in(directory.resolve("stranger")).authority();
    try (Running service = Running.serve("untrusted", stranger, SandboxProcess.SECRET_KEY)) {
      String reason = "the brokers' certificate is not trusted";
      service.awaitSaid("no requests are taken from drover.requests: " + reason);
      service.awaitSaid("set drover.kafka.truststore to");
      service.awaitKafka(reason);
      service.requireNowhere(SandboxProcess.SECRET_KEY);
    }
  }

  private static void anImportNeedsNoKafka(String name) throws Exception {
    String destination = "s3://images/" + name + "/";
    String from = source.toString();
    try (Running command =
        new Running(
            name,
            ca.authority(),
            WRONG_PASSWORD,
            "import",
            from,
            destination,
            "--quiet",
            // time enough for a slow broker to say no
            "-Ddrover.kafka.flush-timeout=15s")) {
      assertEquals(0, command.exitCode(), command.tail());
      assertTrue(
          command
              .output()
              .lines()
              .anyMatch(line -> line.contains("WARN") && line.contains("refuse the user")),
          command.tail());
      command.requireNowhere(WRONG_PASSWORD);
    }
    assertTrue(Files.exists(sandbox.directory().resolve("s3/images/" + name + "/manifest.json")));
    // its end is told by the next one that has the right password
    String later = "s3://images/" + name + "-later/";
    try (Running command =
        new Running(
            name,
            ca.authority(),
            SandboxProcess.SECRET_KEY,
            "import",
            from,
            later,
            "--quiet",
            "-Ddrover.kafka.flush-timeout=60s")) {
      assertEquals(0, command.exitCode(), command.tail());
    }
    assertEquals(
        List.of(destination, later),
        client.all("drover.events").stream()
            .filter(each -> has(each, "completed") && destinationOf(each).contains(name))
            .map(SecuredKafkaTest::destinationOf)
            .toList());
  }

  private static boolean has(ConsumerRecord<byte[], byte[]> event, String type) {
    return new String(event.headers().lastHeader("ce_type").value(), StandardCharsets.UTF_8)
        .endsWith(type);
  }

  private static String destinationOf(ConsumerRecord<byte[], byte[]> event) {
    try {
      return JSON.readTree(event.value()).path("destination").asText();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
