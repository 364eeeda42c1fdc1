import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
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
  private static final Pattern SIZE = Pattern.compile("(\\d+)([KMGT]?)");

  private final Path home;
  private final Path work;
  private final Path results;
  private final long size;
  private final int rounds;
  private final long link;
  private final Optional<Certificate> certificate;
  private final List<String> wanted;

  private Bench(
      Path home,
      Path work,
      long size,
      int rounds,
      long link,
      Optional<Certificate> certificate,
      List<String> wanted) {
    this.home = home;
    this.work = work;
    this.results = home.resolve("target/bench");
    this.size = size;
    this.rounds = rounds;
    this.link = link;
    this.certificate = certificate;
    this.wanted = wanted;
  }

  public static void main(String[] arguments) throws Exception {
    Path home = Path.of("").toAbsolutePath();
    Path work = home.resolve("target/bench");
    long size = 1L << 30;
    int rounds = 3;
    long link = 0;
    boolean https = false;
    List<String> wanted = List.of();
    for (int index = 0; index < arguments.length; index += 2) {
      String value = index + 1 < arguments.length ? arguments[index + 1] : usage();
      switch (arguments[index]) {
        case "--size" -> size = bytes(value);
        case "--rounds" -> rounds = Integer.parseInt(value);
        case "--link" -> link = bytes(value) / 8;
        case "--scheme" -> https = https(value);
        case "--images" -> wanted = List.of(value.split(","));
        case "--dir" -> work = Path.of(value).toAbsolutePath();
        default -> usage();
      }
    }
    Files.createDirectories(work);
    Optional<Certificate> certificate =
        https ? Optional.of(Certificate.in(work)) : Optional.empty();
    new Bench(home, work, size, rounds, link, certificate, wanted).run();
    System.exit(0);
  }

  private static boolean https(String scheme) {
    if (!List.of("http", "https").contains(scheme)) {
      usage();
    }
    return scheme.equals("https");
  }

  private static String usage() {
    System.err.println(
        """
        usage: bench/run [--size 1G] [--rounds 3] [--link 1G] [--scheme https] [--images dense,…] [--dir DIR]
          --size    bytes of the dense image; the sparse ones are four times as large
          --rounds  runs of each contender, in turn; the median is shown
          --link    bits per second of the link to the server; default: as fast as it goes
          --scheme  http or https as far as a relay that stands before the server; default http
          --images  dense, sparse-ext4, scattered-1m, scattered-64k, zlib-qcow2, zstd-qcow2
          --dir     where images and objects lie; default target/bench""");
    System.exit(2);
    return "";
  }

  private void run() throws Exception {
    Files.createDirectories(results);
    Path drover = home.resolve("drover");
    succeed(drover.toString(), "--version");
    Process server = server(drover.toString(), work);
    try (Relay relay =
        certificate.isPresent()
            ? new Relay(port(server), link, certificate.get())
            : new Relay(port(server), link)) {
      List<Measurement> medians = new ArrayList<>();
      for (Workload image : images()) {
        medians.addAll(measure(image, Contender.all(drover), relay));
      }
      String title =
          "dense image of "
              + (size >> 20)
              + " MiB, link "
              + (certificate.isPresent() ? "https, " : "")
              + (link == 0 ? "loopback" : link * 8 / 1_000_000 + " Mbit/s")
              + ", median of "
              + rounds;
      Files.writeString(results.resolve("results.svg"), Chart.of(medians, title));
      Files.writeString(
          results.resolve("results.json"),
          "[" + String.join(",\n ", medians.stream().map(Measurement::json).toList()) + "]\n");
      System.out.println("\nchart: " + results.resolve("results.svg"));
    } finally {
      server.destroy();
      server.waitFor(20, TimeUnit.SECONDS);
    }
  }

  private List<Workload> images() throws Exception {
    List<Workload> all = new ArrayList<>();
    if (wanted("dense")) {
      all.add(Workload.dense(work, size));
    }
    if (wanted("sparse-ext4")) {
      all.add(Workload.fileSystem(work, size));
    }
    if (wanted("scattered-1m")) {
      all.add(Workload.scattered(work, size, 1 << 20, 100));
    }
    if (wanted("scattered-64k")) {
      all.add(Workload.scattered(work, size, 64 << 10, 100));
    }
    if (wanted("zlib-qcow2")) {
      all.add(Workload.compressed(work, size, "zlib"));
    }
    if (wanted("zstd-qcow2")) {
      all.add(Workload.compressed(work, size, "zstd"));
    }
    return all;
  }

  private boolean wanted(String image) {
    return wanted.isEmpty() || wanted.contains(image);
  }

  /** In turn, so that what disturbs the machine disturbs all. */
  private List<Measurement> measure(Workload image, List<Contender> contenders, Relay relay)
      throws Exception {
    List<Contender> fitting = contenders.stream().filter(each -> each.fits(image)).toList();
    List<List<Measurement>> runs = new ArrayList<>();
    fitting.forEach(each -> runs.add(new ArrayList<>()));
    for (int round = 0; round < rounds; round++) {
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

  /** The sandbox, its objects and what it says below a folder. */
  static Process server(String drover, Path work) throws IOException {
    return new ProcessBuilder(
            drover,
            "sandbox",
            "--dir",
            work.resolve("server").toString(),
            "--s3-port",
            "0",
            "--kafka-port",
            "0")
        .redirectError(work.resolve("server.log").toFile())
        .start();
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

  private static long bytes(String text) {
    Matcher size = SIZE.matcher(text);
    if (!size.matches()) {
      usage();
    }
    int shift = size.group(2).isEmpty() ? 0 : 10 * (1 + "KMGT".indexOf(size.group(2)));
    return Long.parseLong(size.group(1)) << shift;
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
