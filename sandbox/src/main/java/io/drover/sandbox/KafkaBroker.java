package io.drover.sandbox;

import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.storage.Formatter;

/**
 * One Kafka node that is broker and controller (KRaft), with Drover's topics. Share groups work: a
 * newly formatted node has {@code share.version} on.
 */
final class KafkaBroker implements AutoCloseable {
  /** Drover's topics, under their default names. */
  static final List<String> TOPICS =
      List.of("drover.requests", "drover.events", "drover.dead-letter");

  /** 16 bytes in base64, the form Kafka asks for; constant, so that a directory is found again. */
  private static final String CLUSTER_ID = "ZHJvdmVyLXNhbmRib3gtMQ";

  private static final int NODE_ID = 1;
  private static final String CONTROLLER_LISTENER = "CONTROLLER";

  private static final String SECURED_LISTENER = "SECURED";

  /** The least that brokers take (RFC 7677). */
  private static final int SCRAM_ITERATIONS = 4096;

  private final KafkaRaftServer server;
  private final String bootstrap;

  private KafkaBroker(KafkaRaftServer server, String bootstrap) {
    this.server = server;
    this.bootstrap = bootstrap;
  }

  /**
   * A second listener, for TLS and SCRAM-SHA-512; its one user is that of the S3 server.
   *
   * @param port not 0
   * @param keys PEM file with a private key and its certificate chain
   */
  record Secured(int port, Path keys) {}

  /**
   * Formats the directory if it is new, starts on loopback, and makes the topics that are missing.
   *
   * @param port of the broker, not 0: it is advertised before it is bound
   * @param controllerPort of the controller, not 0
   */
  static KafkaBroker start(Path directory, int port, int controllerPort, Optional<Secured> secured)
      throws Exception {
    Files.createDirectories(directory);
    format(directory);
    Map<String, String> properties = properties(directory, port, controllerPort);
    secured.ifPresent(listener -> add(listener, properties));
    KafkaRaftServer server = new KafkaRaftServer(new KafkaConfig(properties, false), Time.SYSTEM);
    KafkaBroker broker = new KafkaBroker(server, Sandbox.HOST + ":" + port);
    server.startup();
    broker.createTopics();
    if (secured.isPresent()) {
      broker.createUser();
    }
    return broker;
  }

  /** The address, {@code HOST:PORT}. */
  String bootstrap() {
    return bootstrap;
  }

  @Override
  public void close() {
    server.shutdown();
    server.awaitShutdown();
  }

  private static void format(Path directory) throws Exception {
    try (PrintStream nowhere =
        new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8)) {
      new Formatter()
          .setPrintStream(nowhere)
          .setClusterId(CLUSTER_ID)
          .setNodeId(NODE_ID)
          .addDirectory(directory.toString())
          .setMetadataLogDirectory(directory.toString())
          .setControllerListenerName(CONTROLLER_LISTENER)
          .setIgnoreFormatted(true)
          .run();
    }
  }

  private static Map<String, String> properties(Path directory, int port, int controllerPort) {
    String broker = Sandbox.HOST + ":" + port;
    String controller = Sandbox.HOST + ":" + controllerPort;
    Map<String, String> properties = new HashMap<>();
    properties.put("process.roles", "broker,controller");
    properties.put("node.id", Integer.toString(NODE_ID));
    properties.put("controller.quorum.voters", NODE_ID + "@" + controller);
    properties.put("controller.listener.names", CONTROLLER_LISTENER);
    properties.put(
        "listeners", "PLAINTEXT://" + broker + "," + CONTROLLER_LISTENER + "://" + controller);
    properties.put("advertised.listeners", "PLAINTEXT://" + broker);
    properties.put(
        "listener.security.protocol.map",
        "PLAINTEXT:PLAINTEXT," + CONTROLLER_LISTENER + ":PLAINTEXT");
    properties.put("log.dirs", directory.toString());
    properties.put("auto.create.topics.enable", "false");
    // The internal topics default to three replicas and fifty partitions: a cluster's numbers.
    for (String topic : List.of("offsets.topic", "share.coordinator.state.topic")) {
      properties.put(topic + ".replication.factor", "1");
      properties.put(topic + ".num.partitions", "1");
    }
    properties.put("share.coordinator.state.topic.min.isr", "1");
    properties.put("transaction.state.log.replication.factor", "1");
    properties.put("transaction.state.log.min.isr", "1");
    properties.put("transaction.state.log.num.partitions", "1");
    // The least that may be asked for; 15 s by default. A worker that hangs is found out sooner.
    properties.put("group.share.min.record.lock.duration.ms", "1000");
    // A lone consumer gets its partitions at once instead of after the 3 s meant for a crowd.
    properties.put("group.initial.rebalance.delay.ms", "0");
    // After a kill the restarted node has to wait until its former self's session is over; the
    // default of 9 s is meant for networks. A busy machine may well stop it for two.
    properties.put("broker.heartbeat.interval.ms", "500");
    properties.put("broker.session.timeout.ms", "5000");
    // 128 MB by default, half of the heap.
    properties.put("log.cleaner.dedupe.buffer.size", "4194304");
    return properties;
  }

  private static void add(Secured listener, Map<String, String> properties) {
    String address = "," + SECURED_LISTENER + "://" + Sandbox.HOST + ":" + listener.port();
    properties.merge("listeners", address, String::concat);
    properties.merge("advertised.listeners", address, String::concat);
    properties.merge(
        "listener.security.protocol.map", "," + SECURED_LISTENER + ":SASL_SSL", String::concat);
    String prefix = "listener.name." + SECURED_LISTENER.toLowerCase(Locale.ROOT) + ".";
    properties.put(prefix + "ssl.keystore.type", "PEM");
    properties.put(prefix + "ssl.keystore.location", listener.keys().toString());
    properties.put(prefix + "sasl.enabled.mechanisms", "SCRAM-SHA-512");
    properties.put(
        prefix + "scram-sha-512.sasl.jaas.config",
        "org.apache.kafka.common.security.scram.ScramLoginModule required;");
  }

  private void createUser() throws InterruptedException {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
      admin
          .alterUserScramCredentials(
              List.of(
                  new UserScramCredentialUpsertion(
                      SandboxProcess.ACCESS_KEY,
                      new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, SCRAM_ITERATIONS),
                      SandboxProcess.SECRET_KEY)))
          .all()
          .get();
    } catch (ExecutionException failure) {
      throw new IllegalStateException("the user could not be made", failure.getCause());
    }
  }

  private void createTopics() throws InterruptedException {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
      Set<String> existing = admin.listTopics().names().get();
      List<NewTopic> missing =
          TOPICS.stream()
              .filter(topic -> !existing.contains(topic))
              .map(topic -> new NewTopic(topic, 1, (short) 1))
              .toList();
      admin.createTopics(missing).all().get();
    } catch (ExecutionException failure) {
      throw new IllegalStateException("topics could not be made", failure.getCause());
    }
  }
}
