package io.drover.sandbox;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A running sandbox: a child process that ends with this one, however this one ends. Needs nothing
 * but the JDK; the servers' libraries are the child's alone (see {@link SandboxHome} for where they
 * are looked for). Thread-safe.
 */
public final class SandboxProcess implements AutoCloseable {
  /** The only access key the S3 server knows. */
  public static final String ACCESS_KEY = "drover";

  /** The secret of {@link #ACCESS_KEY}. */
  public static final String SECRET_KEY = "drover-sandbox";

  /** The region to sign requests for. */
  public static final String REGION = "us-east-1";

  /** The bucket that exists from the start. */
  public static final String BUCKET = "images";

  /**
   * How long {@link #start(SandboxOptions)} waits. A start takes about two seconds, and on a
   * machine that is busy with other things many times that; servers that fail to start end at once.
   */
  public static final Duration START_TIMEOUT = Duration.ofMinutes(3);

  /** The last line of the announcement. */
  static final String READY = "ready";

  private static final Duration STOP_TIMEOUT = Duration.ofSeconds(15);
  private static final int KEPT_LINES = 20;

  private final SandboxOptions options;
  private final Process process;
  private final Deque<String> errors = new ArrayDeque<>();
  private final CompletableFuture<List<String>> announced = new CompletableFuture<>();
  private final Thread errorReader;
  private List<String> announcement;

  private SandboxProcess(SandboxOptions options, Process process) {
    this.options = options;
    this.process = process;
    this.errorReader = daemon("sandbox-stderr", this::keepErrors);
    daemon("sandbox-stdout", this::readAnnouncement);
  }

  /** Starts a sandbox and waits, {@link #START_TIMEOUT} at most, until its servers answer. */
  public static SandboxProcess start(SandboxOptions options)
      throws IOException, InterruptedException {
    return start(options, START_TIMEOUT);
  }

  /**
   * Starts a sandbox and waits until its servers answer.
   *
   * @throws IOException if the servers' libraries are missing, or the child ends or is not ready in
   *     time; the message has the child's last words
   */
  public static SandboxProcess start(SandboxOptions options, Duration timeout)
      throws IOException, InterruptedException {
    SandboxOptions attached = options.withExitWithStdin();
    Process process = new ProcessBuilder(command(SandboxHome.find(), attached)).start();
    SandboxProcess sandbox = new SandboxProcess(attached, process);
    boolean ready = false;
    try {
      sandbox.announcement = sandbox.announced.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
      ready = true;
      return sandbox;
    } catch (TimeoutException late) {
      throw new IOException(
          "the sandbox was not ready after " + timeout.toSeconds() + " s" + sandbox.lastErrors());
    } catch (ExecutionException ended) {
      throw new IOException("the sandbox did not start" + sandbox.lastErrors(), ended.getCause());
    } finally {
      if (!ready) {
        sandbox.kill();
      }
    }
  }

  /** The S3 server's address, {@code http://127.0.0.1:PORT}; addressing is path-style. */
  public URI s3Endpoint() {
    return URI.create(announced("s3"));
  }

  /** The Kafka broker's address, {@code 127.0.0.1:PORT}. */
  public String kafkaBootstrap() {
    return announced("kafka");
  }

  /**
   * The address of the broker's second listener, {@code 127.0.0.1:PORT}: SASL_SSL, SCRAM-SHA-512,
   * with the user and password of the S3 server.
   */
  public String securedKafkaBootstrap() {
    return announced("kafka-tls");
  }

  /** Where the data lies; the object {@code KEY} of bucket {@code B} is {@code s3/B/KEY} in it. */
  public Path directory() {
    return options.directory();
  }

  /** What the sandbox said on standard output, up to {@code ready}: addresses, then how to use. */
  public List<String> announcement() {
    return announcement;
  }

  public long pid() {
    return process.pid();
  }

  public boolean isAlive() {
    return process.isAlive();
  }

  /** Waits until the sandbox has ended, by itself or by {@link #stop}; gives its exit code. */
  public int waitFor() throws InterruptedException {
    return process.waitFor();
  }

  /** Stops the servers cleanly and waits for it; kills them if that takes more than 5 s. */
  public void stop() {
    try {
      process.getOutputStream().close();
    } catch (IOException alreadyClosed) {
      process.destroy();
    }
    try {
      if (process.waitFor(STOP_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)) {
        return;
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
    kill();
  }

  /** Ends the servers at once, as a power failure would; on return they are gone. */
  public void kill() {
    process.destroyForcibly().onExit().join();
  }

  @Override
  public void close() {
    stop();
  }

  private static List<String> command(SandboxHome home, SandboxOptions options) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    // A small, short-lived server: the serial collector and the first compiler start fastest. The
    // heap has room for the bodies of 8 signed requests of 32 MiB, which the S3 server holds whole
    // while it checks them; at rest it takes a tenth of that.
    command.addAll(List.of("-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
    if (Runtime.version().feature() >= 24) {
      // Both are warned about from JDK 24 on, and unknown to older ones.
      command.add("--enable-native-access=ALL-UNNAMED");
      command.add("--sun-misc-unsafe-memory-access=allow");
    }
    command.addAll(List.of("-cp", home.classPath(), "io.drover.sandbox.Sandbox"));
    command.addAll(options.toArguments());
    return command;
  }

  private String announced(String name) {
    return announcement.stream()
        .filter(line -> line.startsWith(name + " "))
        .map(line -> line.substring(name.length() + 1))
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("this sandbox was started without " + name));
  }

  private void readAnnouncement() {
    List<String> lines = new ArrayList<>();
    try (BufferedReader reader = process.inputReader(StandardCharsets.UTF_8)) {
      // Reads on after the announcement: a full pipe would stop the child.
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        if (!announced.isDone()) {
          lines.add(line);
          if (line.equals(READY)) {
            announced.complete(List.copyOf(lines));
          }
        }
      }
      int exitCode = process.waitFor();
      announced.completeExceptionally(new IOException("exit code " + exitCode));
    } catch (IOException | InterruptedException failure) {
      announced.completeExceptionally(failure);
    }
  }

  private void keepErrors() {
    try (BufferedReader reader = process.errorReader(StandardCharsets.UTF_8)) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        synchronized (errors) {
          if (errors.size() == KEPT_LINES) {
            errors.removeFirst();
          }
          errors.addLast(line);
        }
      }
    } catch (IOException closed) {
      // The child is gone; what it said before is kept.
      return;
    }
  }

  private String lastErrors() throws InterruptedException {
    if (!process.isAlive()) {
      errorReader.join(STOP_TIMEOUT.toMillis());
    }
    synchronized (errors) {
      return errors.isEmpty() ? "" : ": " + String.join(" | ", errors);
    }
  }

  private static Thread daemon(String name, Runnable task) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    thread.start();
    return thread;
  }
}
