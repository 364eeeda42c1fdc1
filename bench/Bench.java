import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Drover beside what its users would do without it, in one run, against one server, over one link.
 * Start it by {@code bench/run}.
 */
public final class Bench {
  private static final Pattern ENDPOINT = Pattern.compile("http://127\\.0\\.0\\.1:(\\d+)");

  private final Path home = Path.of("").toAbsolutePath();
  private final Path results = home.resolve("target/bench");
  private final BenchOptions options;
  private final Path work;
  private final Optional<Certificate> certificate;
  private final Optional<ForgetfulServer> forgetful;

  private Bench(BenchOptions options) throws Exception {
    this.options = options;
    this.work = options.directory().map(Path::toAbsolutePath).orElse(results);
    Files.createDirectories(work);
    this.forgetful = options.forgetful() ? Optional.of(new ForgetfulServer()) : Optional.empty();
    this.certificate = options.https() ? Optional.of(Certificate.in(work)) : Optional.empty();
  }

  public static void main(String[] arguments) throws Exception {
    new Bench(BenchOptions.of(arguments)).run();
    System.exit(0);
  }

  private void run() throws Exception {
    Files.createDirectories(results);
    Path drover = home.resolve("drover");
    succeed(drover.toString(), "--version");
    Optional<Process> sandbox =
        forgetful.isPresent() ? Optional.empty() : Optional.of(server(drover.toString(), work));
    int port = forgetful.isPresent() ? forgetful.get().port() : port(sandbox.get());
    try (Relay relay =
        certificate.isPresent()
            ? new Relay(port, options.link(), certificate.get())
            : new Relay(port, options.link())) {
      List<Measurement> medians = new ArrayList<>();
      for (Workload image : images()) {
        medians.addAll(measure(image, Contender.all(drover), relay));
      }
      Files.writeString(results.resolve("results.svg"), Chart.of(medians, options.title()));
      Files.writeString(
          results.resolve("results.json"),
          "[" + String.join(",\n ", medians.stream().map(Measurement::json).toList()) + "]\n");
      System.out.println("\nchart: " + results.resolve("results.svg"));
    } finally {
      if (sandbox.isPresent()) {
        sandbox.get().destroy();
        sandbox.get().waitFor(20, TimeUnit.SECONDS);
      }
    }
  }

  private List<Workload> images() throws Exception {
    List<Workload> all = new ArrayList<>();
    if (options.wants("dense")) {
      all.add(Workload.dense(work, options.size()));
    }
    if (options.wants("sparse-ext4")) {
      all.add(Workload.fileSystem(work, options.size()));
    }
    if (options.wants("scattered-1m")) {
      all.add(Workload.scattered(work, options.size(), 1 << 20, 100));
    }
    if (options.wants("scattered-64k")) {
      all.add(Workload.scattered(work, options.size(), 64 << 10, 100));
    }
    if (options.wants("zlib-qcow2")) {
      all.add(Workload.compressed(work, options.size(), "zlib"));
    }
    if (options.wants("zstd-qcow2")) {
      all.add(Workload.compressed(work, options.size(), "zstd"));
    }
    return all;
  }

  /** In turn, so that what disturbs the machine disturbs all. */
  private List<Measurement> measure(Workload image, List<Contender> contenders, Relay relay)
      throws Exception {
    List<Contender> fitting = contenders.stream().filter(each -> each.fits(image)).toList();
    List<List<Measurement>> runs = new ArrayList<>();
    fitting.forEach(each -> runs.add(new ArrayList<>()));
    for (int round = 0; round < options.rounds(); round++) {
      for (int index = 0; index < fitting.size(); index++) {
        runs.get(index).add(once(image, fitting.get(index), relay));
      }
    }
    List<Measurement> medians = runs.stream().map(Measurement::median).toList();
    print(image, medians);
    return medians;
  }

  private Measurement once(Workload image, Contender contender, Relay relay) throws Exception {
    Path raw = work.resolve("staged.raw");
    Path times = work.resolve("times");
    String key = "bench-" + contender.name().replaceAll("[^a-z0-9]", "");
    relay.reset();
    ProcessBuilder shell =
        new ProcessBuilder(
            "/usr/bin/time",
            "-f",
            "%e %U %S %M",
            "-o",
            times.toString(),
            "sh",
            "-ec",
            contender.commands().shell(image, raw, key));
    // what somebody's own account says must not reach one contender and not the other
    shell.environment().keySet().removeIf(name -> name.matches("(AWS|RCLONE|DROVER)_.*"));
    shell
        .environment()
        .putAll(
            certificate.isPresent()
                ? Contender.environment(relay.port(), certificate.get().file())
                : Contender.environment(relay.port()));
    shell.redirectErrorStream(true).redirectOutput(work.resolve("output").toFile());
    if (shell.start().waitFor() != 0) {
      throw new IOException(
          contender.name() + " failed: " + Files.readString(work.resolve("output")));
    }
    String[] words = Files.readString(times).trim().split("\\s+");
    Files.deleteIfExists(raw);
    succeed("rm", "-rf", work.resolve("server/s3/images/" + key).toString());
    forgetful.ifPresent(server -> server.remove("/images/" + key));
    return new Measurement(
        image.name(),
        contender.name(),
        Double.parseDouble(words[0]),
        Double.parseDouble(words[1]) + Double.parseDouble(words[2]),
        Long.parseLong(words[3]),
        relay.up(),
        relay.requests());
  }

  private static void print(Workload image, List<Measurement> medians) throws Exception {
    System.out.printf(
        "%n%s: %d MiB, of which %d MiB data; their SHA-256, which Drover alone computes, takes %.1f"
            + " CPU s%n",
        image.name(),
        image.virtualSize() >> 20,
        image.data() >> 20,
        image.data() * sha256SecondsPerByte());
    System.out.printf(
        "  %-20s %9s %9s %10s %11s %9s %8s %8s%n",
        "", "wall s", "CPU s", "peak MiB", "sent MiB", "requests", "wall ×", "CPU ×");
    Measurement first = medians.get(0);
    for (Measurement each : medians) {
      System.out.printf(
          "  %-20s %9.1f %9.1f %10d %11.1f %9d %8.2f %8.2f%n",
          each.contender(),
          each.wall(),
          each.cpu(),
          each.residentKib() >> 10,
          each.up() / 1048576.0,
          each.requests(),
          first.wall() / each.wall(),
          first.cpu() / each.cpu());
    }
    System.out.println("  (×: Drover's share of the other's)");
  }

  private static double sha256SecondsPerByte() throws Exception {
    byte[] block = new byte[4 << 20];
    new Random(1).nextBytes(block);
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    long start = 0;
    int count = 64;
    for (int index = -count; index < count; index++) {
      if (index == 0) {
        start = System.nanoTime();
      }
      digest.update(block);
    }
    return (System.nanoTime() - start) / 1e9 / ((long) count * block.length);
  }

  /** The sandbox, its objects and what it says below a folder, on ports that are free. */
  static Process server(String drover, Path work) throws IOException {
    return server(drover, work, 0, 0);
  }

  /** The same on those ports. */
  static Process server(String drover, Path work, int s3Port, int kafkaPort) throws IOException {
    return new ProcessBuilder(
            drover,
            "sandbox",
            "--dir",
            work.resolve("server").toString(),
            "--s3-port",
            Integer.toString(s3Port),
            "--kafka-port",
            Integer.toString(kafkaPort))
        .redirectError(ProcessBuilder.Redirect.appendTo(work.resolve("server.log").toFile()))
        .start();
  }

  static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  static int port(Process server) throws IOException {
    BufferedReader output = new BufferedReader(new InputStreamReader(server.getInputStream()));
    for (String line = output.readLine(); line != null; line = output.readLine()) {
      Matcher endpoint = ENDPOINT.matcher(line);
      if (endpoint.find()) {
        return Integer.parseInt(endpoint.group(1));
      }
    }
    throw new IOException("the sandbox did not start; see server.log");
  }

  static boolean installed(String tool) {
    try {
      return new ProcessBuilder("sh", "-c", "command -v " + tool).start().waitFor() == 0;
    } catch (IOException | InterruptedException e) {
      return false;
    }
  }

  static void succeed(String... command) throws Exception {
    output(List.of(command));
  }

  static String output(List<String> command) throws Exception {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes());
    if (process.waitFor() != 0) {
      throw new IOException(String.join(" ", command) + ": " + output);
    }
    return output;
  }
}
