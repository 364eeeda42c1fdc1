package io.drover.sandbox;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * What a sandbox runs, where it keeps its data, and its command line, written and read in one
 * place. Immutable.
 *
 * @param directory holds everything: objects below {@code s3}, the broker's log below {@code
 *     kafka}; made when missing, found again by the next start
 * @param s3Port TCP port of the S3 server, {@link #ANY_PORT} or {@link #OFF}
 * @param kafkaPort TCP port of the Kafka broker, {@link #ANY_PORT} or {@link #OFF}
 * @param exitWithStdin end when standard input does; whoever holds its other end cannot leave an
 *     orphan behind, however it dies
 * @param kafkaTls PEM file with a private key (PKCS #8, without a passphrase) and its certificate
 *     chain: with it the broker has a second listener, for TLS and SCRAM-SHA-512
 */
public record SandboxOptions(
    Path directory, int s3Port, int kafkaPort, boolean exitWithStdin, Optional<Path> kafkaTls) {
  /** As a port: that server is not started. */
  public static final int OFF = -1;

  /** As a port: any free one. */
  public static final int ANY_PORT = 0;

  static final String USAGE =
      """
      usage: sandbox [--dir DIR] [--s3-port N] [--kafka-port N] [--kafka-tls FILE] [--no-s3] [--no-kafka] [--exit-with-stdin]
        --dir DIR          where objects (DIR/s3/BUCKET/KEY) and Kafka's log lie; default ./.drover-sandbox
        --s3-port N        default 9000; 0: any free port
        --kafka-port N     default 9092; 0: any free port
        --kafka-tls FILE   Kafka on a second port, too, by SASL_SSL; FILE: PEM with key and certificates
        --no-s3            start Kafka alone
        --no-kafka         start S3 alone
        --exit-with-stdin  stop when standard input ends
      """;

  public SandboxOptions {
    Objects.requireNonNull(directory, "directory");
    Objects.requireNonNull(kafkaTls, "kafkaTls");
    checkPort("S3", s3Port);
    checkPort("Kafka", kafkaPort);
    if (s3Port == OFF && kafkaPort == OFF) {
      throw new IllegalArgumentException("neither S3 nor Kafka is left to start");
    }
    if (s3Port == kafkaPort && s3Port != ANY_PORT) {
      throw new IllegalArgumentException("S3 and Kafka cannot share port " + s3Port);
    }
    if (kafkaTls.isPresent() && kafkaPort == OFF) {
      throw new IllegalArgumentException("--kafka-tls and --no-kafka exclude each other");
    }
  }

  /** Without TLS. */
  public SandboxOptions(Path directory, int s3Port, int kafkaPort, boolean exitWithStdin) {
    this(directory, s3Port, kafkaPort, exitWithStdin, Optional.empty());
  }

  /** Both servers on any free port, with their data below {@code directory}. */
  public static SandboxOptions in(Path directory) {
    return new SandboxOptions(directory, ANY_PORT, ANY_PORT, true);
  }

  public SandboxOptions withS3Port(int port) {
    return new SandboxOptions(directory, port, kafkaPort, exitWithStdin, kafkaTls);
  }

  public SandboxOptions withKafkaPort(int port) {
    return new SandboxOptions(directory, s3Port, port, exitWithStdin, kafkaTls);
  }

  public SandboxOptions withKafkaTls(Path file) {
    return new SandboxOptions(directory, s3Port, kafkaPort, exitWithStdin, Optional.of(file));
  }

  SandboxOptions withExitWithStdin() {
    return new SandboxOptions(directory, s3Port, kafkaPort, true, kafkaTls);
  }

  public SandboxOptions withoutS3() {
    return withS3Port(OFF);
  }

  public SandboxOptions withoutKafka() {
    return withKafkaPort(OFF);
  }

  /**
   * Reads a command line.
   *
   * @throws IllegalArgumentException if it is not one, saying which word is wrong
   */
  static SandboxOptions parse(String... arguments) {
    Path directory = Path.of(".drover-sandbox");
    int s3Port = 9000;
    int kafkaPort = 9092;
    boolean s3 = true;
    boolean kafka = true;
    boolean exitWithStdin = false;
    Optional<Path> kafkaTls = Optional.empty();
    for (int i = 0; i < arguments.length; i++) {
      switch (arguments[i]) {
        case "--dir" -> directory = Path.of(value(arguments, i++));
        case "--s3-port" -> s3Port = port(arguments, i++);
        case "--kafka-port" -> kafkaPort = port(arguments, i++);
        case "--kafka-tls" -> kafkaTls = Optional.of(Path.of(value(arguments, i++)));
        case "--no-s3" -> s3 = false;
        case "--no-kafka" -> kafka = false;
        case "--exit-with-stdin" -> exitWithStdin = true;
        default -> throw new IllegalArgumentException("unknown option " + arguments[i]);
      }
    }
    return new SandboxOptions(
        directory, s3 ? s3Port : OFF, kafka ? kafkaPort : OFF, exitWithStdin, kafkaTls);
  }

  /** The command line that {@link #parse} reads these options from. */
  List<String> toArguments() {
    List<String> arguments =
        new ArrayList<>(List.of("--dir", directory.toAbsolutePath().toString()));
    arguments.addAll(
        s3Port == OFF ? List.of("--no-s3") : List.of("--s3-port", Integer.toString(s3Port)));
    arguments.addAll(
        kafkaPort == OFF
            ? List.of("--no-kafka")
            : List.of("--kafka-port", Integer.toString(kafkaPort)));
    kafkaTls.ifPresent(
        file -> arguments.addAll(List.of("--kafka-tls", file.toAbsolutePath().toString())));
    if (exitWithStdin) {
      arguments.add("--exit-with-stdin");
    }
    return arguments;
  }

  private static String value(String[] arguments, int option) {
    if (option + 1 == arguments.length) {
      throw new IllegalArgumentException(arguments[option] + " needs a value");
    }
    return arguments[option + 1];
  }

  private static int port(String[] arguments, int option) {
    String value = value(arguments, option);
    if (!value.matches("[0-9]{1,5}")) {
      throw new IllegalArgumentException(arguments[option] + " " + value + " is not 0 to 65535");
    }
    return Integer.parseInt(value);
  }

  private static void checkPort(String server, int port) {
    if (port < OFF || port > 65535) {
      throw new IllegalArgumentException(server + " port " + port + " is not 0 to 65535");
    }
  }
}
