package io.drover.sandbox;

import java.io.IOException;
import java.io.PrintStream;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ThreadLocalRandom;

/**
 * The sandbox's process. When its servers answer it prints, each alone on a line, {@code s3
 * http://127.0.0.1:PORT}, {@code kafka 127.0.0.1:PORT} and {@code kafka-tls 127.0.0.1:PORT} for the
 * servers it runs, then lines for a shell, and {@code ready} last. It ends cleanly on SIGTERM, on
 * SIGINT, and, if asked to, when its standard input ends. Exit codes: 1 it could not start, with
 * one line on standard error; 2 usage.
 */
public final class Sandbox {
  static final String HOST = "127.0.0.1";

  /** How long requests under way may still take when the sandbox stops. */
  static final Duration DRAIN_TIME = Duration.ofMillis(500);

  private static final Duration STOP_TIME = Duration.ofMillis(1800);

  private final SandboxOptions options;
  private final List<AutoCloseable> running = new CopyOnWriteArrayList<>();

  /** Null without such a listener; written before Kafka's start is waited for. */
  private volatile String securedKafka;

  private Sandbox(SandboxOptions options) {
    this.options = options;
  }

  public static void main(String[] arguments) {
    if (Arrays.asList(arguments).contains("--help")) {
      System.out.print(SandboxOptions.USAGE);
      return;
    }
    SandboxOptions options;
    try {
      options = SandboxOptions.parse(arguments);
    } catch (IllegalArgumentException usage) {
      System.err.println("sandbox: " + usage.getMessage());
      System.err.print(SandboxOptions.USAGE);
      System.exit(2);
      return;
    }
    try {
      new Sandbox(options).run();
    } catch (Exception failure) {
      System.err.println("sandbox: " + oneLine(failure));
      // Not exit: an orderly end may wait for a server that is half up, and has nothing to save.
      Runtime.getRuntime().halt(1);
    }
  }

  private void run() throws Exception {
    if (options.exitWithStdin()) {
      thread("stdin", Sandbox::exitWithStdin).start();
    }
    Files.createDirectories(options.directory());
    try (FileChannel lockFile =
            FileChannel.open(
                options.directory().resolve("sandbox.lock"),
                StandardOpenOption.CREATE,
                StandardOpenOption.WRITE);
        FileLock lock = lockFile.tryLock()) {
      if (lock == null) {
        throw new IOException("another sandbox is running in " + options.directory());
      }
      checkFree(options.s3Port(), "--s3-port");
      checkFree(options.kafkaPort(), "--kafka-port");
      Runtime.getRuntime().addShutdownHook(new Thread(this::stop, "stop"));
      announce(startServers());
      new CountDownLatch(1).await();
    }
  }

  /** Starts both side by side; gives the lines that announce them. */
  private List<String> startServers() throws Exception {
    FutureTask<String> kafka = new FutureTask<>(this::startKafka);
    thread("start-kafka", kafka).start();
    List<String> lines = new ArrayList<>();
    List<String> exports = new ArrayList<>();
    if (options.s3Port() != SandboxOptions.OFF) {
      S3Server s3 = S3Server.start(options.directory().resolve("s3"), options.s3Port());
      running.add(s3);
      lines.add("s3 " + s3.endpoint());
      exports.add("AWS_ACCESS_KEY_ID=" + SandboxProcess.ACCESS_KEY);
      exports.add("AWS_SECRET_ACCESS_KEY=" + SandboxProcess.SECRET_KEY);
      exports.add("AWS_REGION=" + SandboxProcess.REGION);
      exports.add("AWS_ENDPOINT_URL=" + s3.endpoint());
      exports.add("DROVER_S3_PATH_STYLE=true");
    }
    String bootstrap = await(kafka);
    if (options.kafkaPort() != SandboxOptions.OFF) {
      lines.add("kafka " + bootstrap);
      if (securedKafka != null) {
        lines.add("kafka-tls " + securedKafka);
      }
      exports.add("DROVER_KAFKA_BROKERS=" + bootstrap);
    }
    exports.forEach(variable -> lines.add("export " + variable));
    return lines;
  }

  private String startKafka() throws Exception {
    if (options.kafkaPort() == SandboxOptions.OFF) {
      return "";
    }
    int port = options.kafkaPort() == SandboxOptions.ANY_PORT ? freePort() : options.kafkaPort();
    Optional<KafkaBroker.Secured> secured = Optional.empty();
    if (options.kafkaTls().isPresent()) {
      secured = Optional.of(new KafkaBroker.Secured(freePort(), options.kafkaTls().get()));
    }
    KafkaBroker broker =
        KafkaBroker.start(options.directory().resolve("kafka"), port, freePort(), secured);
    running.add(broker);
    secured.ifPresent(listener -> securedKafka = HOST + ":" + listener.port());
    return broker.bootstrap();
  }

  private static void announce(List<String> lines) {
    PrintStream out = System.out;
    lines.forEach(out::println);
    out.println(SandboxProcess.READY);
    out.flush();
  }

  /** Side by side and not for ever: both servers survive being cut off here. */
  private void stop() {
    List<Thread> stopping = new ArrayList<>();
    for (AutoCloseable server : running) {
      Thread thread =
          thread(
              "stop-server",
              () -> {
                try {
                  server.close();
                } catch (Exception failure) {
                  System.err.println("sandbox: " + oneLine(failure));
                }
              });
      thread.start();
      stopping.add(thread);
    }
    long deadline = System.nanoTime() + STOP_TIME.toNanos();
    try {
      for (Thread thread : stopping) {
        thread.join(Math.max(1, (deadline - System.nanoTime()) / 1_000_000));
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private static void exitWithStdin() {
    try {
      System.in.transferTo(PrintStream.nullOutputStream());
    } catch (IOException broken) {
      System.err.println("sandbox: standard input: " + broken.getMessage());
    }
    System.exit(0);
  }

  /** Asks before anything is started, so that the answer is one line and not a server's log. */
  private static void checkFree(int port, String option) throws IOException {
    if (port != SandboxOptions.OFF && !isFree(port)) {
      throw new IOException(
          "port %d on %s is in use; choose another with %s, or 0 for any free one"
              .formatted(port, HOST, option));
    }
  }

  private static boolean isFree(int port) throws IOException {
    try (ServerSocket probe = new ServerSocket(port, 1, InetAddress.getByName(HOST))) {
      return probe.isBound();
    } catch (BindException taken) {
      return false;
    }
  }

  /**
   * A port for Kafka, which has to know it before it binds it. Below the range that systems hand
   * out by themselves (32768 and up on Linux), so that nobody gets it in between by chance.
   */
  private static int freePort() throws IOException {
    for (int attempt = 0; attempt < 100; attempt++) {
      int port = ThreadLocalRandom.current().nextInt(15_000, 32_000);
      if (isFree(port)) {
        return port;
      }
    }
    throw new IOException("100 ports tried between 15000 and 32000, none is free");
  }

  private static String await(FutureTask<String> task) throws Exception {
    try {
      return task.get();
    } catch (ExecutionException failure) {
      if (failure.getCause() instanceof Exception cause) {
        throw cause;
      }
      throw failure;
    }
  }

  private static String oneLine(Throwable failure) {
    String message = failure.getMessage();
    String text = message == null ? failure.getClass().getSimpleName() : message;
    return text.replaceAll("\\s+", " ");
  }

  private static Thread thread(String name, Runnable task) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    return thread;
  }
}
