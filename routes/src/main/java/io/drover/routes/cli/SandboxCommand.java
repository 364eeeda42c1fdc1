package io.drover.routes.cli;

import io.drover.sandbox.SandboxOptions;
import io.drover.sandbox.SandboxProcess;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code drover sandbox}: the servers of an import, until stopped. */
@Command(
    name = "sandbox",
    mixinStandardHelpOptions = true,
    description = {
      "Run a real S3 server and a real Kafka broker on loopback, until stopped.",
      "For trying things out: credentials drover / drover-sandbox, region us-east-1, bucket images."
          + " Objects lie as plain files below DIR/s3."
    })
final class SandboxCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--dir",
      paramLabel = "DIR",
      description = "Where objects and the broker's log lie (${DEFAULT-VALUE})")
  private Path directory = Path.of(".drover-sandbox");

  @Option(
      names = "--s3-port",
      paramLabel = "N",
      description = "0: any free port (${DEFAULT-VALUE})")
  private int s3Port = 9000;

  @Option(
      names = "--kafka-port",
      paramLabel = "N",
      description = "0: any free port (${DEFAULT-VALUE})")
  private int kafkaPort = 9092;

  @Option(
      names = "--kafka-tls",
      paramLabel = "FILE",
      description =
          "Kafka on a second port, too, by SASL_SSL and SCRAM-SHA-512, with the same user and"
              + " password; FILE: PEM with a private key and its certificates")
  private Path kafkaTls;

  @Option(names = "--no-s3", description = "Kafka alone")
  private boolean noS3;

  @Option(names = "--no-kafka", description = "S3 alone")
  private boolean noKafka;

  @Override
  public Integer call() throws Exception {
    SandboxOptions options;
    try {
      options =
          new SandboxOptions(
              directory,
              noS3 ? SandboxOptions.OFF : s3Port,
              noKafka ? SandboxOptions.OFF : kafkaPort,
              true,
              Optional.ofNullable(kafkaTls));
    } catch (IllegalArgumentException e) {
      throw new io.drover.routes.config.ConfigException(e.getMessage());
    }
    try (SandboxProcess sandbox = SandboxProcess.start(options)) {
      Runtime.getRuntime().addShutdownHook(new Thread(sandbox::stop, "sandbox-stop"));
      PrintWriter out = spec.commandLine().getOut();
      sandbox.announcement().forEach(out::println);
      out.flush();
      return sandbox.waitFor();
    }
  }
}
