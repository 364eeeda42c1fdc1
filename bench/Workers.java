import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * How much do more workers bring? The same requests for one, two and three of them, against a
 * server that is 20 ms away and takes so much from each connection and no more. Then many small
 * requests for one worker: how many in a second, and is it flat? Start it by {@code bench/workers}.
 */
public final class Workers {
  private static final long LATENCY_MILLIS = 20;
  private static final Pattern SECONDS = Pattern.compile("\"seconds\":([0-9.]+)");
  private static final Pattern IMPORTED = Pattern.compile("\"imported\":(\\d+)");

  private final Path home = Path.of("").toAbsolutePath();
  private final Path work = home.resolve("target/workers");
  private final String drover = home.resolve("drover").toString();
  private final int requests;
  private final int mebibytes;
  private final int small;
  private final int kilobytesPerSecondOfEach;
  private int s3Port;
  private int kafkaPort;
  private boolean good = true;

  private Workers(String... arguments) {
    requests = number(arguments, 0, 60);
    mebibytes = number(arguments, 1, 10);
    small = number(arguments, 2, 1_000);
    kilobytesPerSecondOfEach = number(arguments, 3, 1_000);
  }

  private static int number(String[] arguments, int index, int fallback) {
    return arguments.length > index ? Integer.parseInt(arguments[index]) : fallback;
  }

  public static void main(String[] arguments) throws Exception {
    System.exit(new Workers(arguments).run() ? 0 : 1);
  }

  private boolean run() throws Exception {
    Bench.succeed("rm", "-rf", work.toString());
    Files.createDirectories(work);
    Bench.succeed(drover, "--version");
    s3Port = Bench.freePort();
    kafkaPort = Bench.freePort();
    Process servers = Bench.server(drover, work, s3Port, kafkaPort);
    try (Relay relay = new Relay(Bench.port(servers), 0)) {
      relay.farAway(LATENCY_MILLIS, 1_000L * kilobytesPerSecondOfEach);
      double one = 0;
      for (int workers = 1; workers <= 3; workers++) {
        double seconds = throughput(workers, relay.port());
        one = workers == 1 ? seconds : one;
        System.out.printf(
            "%d worker%s: %d disks of %d MiB in %5.1f s, %5.1f MB/s, %.2f times one%n",
            workers,
            workers == 1 ? "" : "s",
            requests,
            mebibytes,
            seconds,
            requests * (double) (mebibytes << 20) / 1e6 / seconds,
            one / seconds);
      }
      crowd();
    } finally {
      servers.destroy();
      servers.waitFor(20, TimeUnit.SECONDS);
    }
    return good;
  }

  private double throughput(int count, int port) throws Exception {
    Path image = image("dense-" + count, (long) mebibytes << 20);
    List<Process> workers = new ArrayList<>();
    try {
      for (int number = 1; number <= count; number++) {
        workers.add(worker(count + "-" + number, port, 2));
      }
      return submit(image, "of" + count, requests);
    } finally {
      end(workers);
    }
  }

  /** Small ones, on a near server: what is measured is all that is not bytes. */
  private void crowd() throws Exception {
    Path image = image("small", 64 << 10);
    List<Process> workers = new ArrayList<>(List.of(worker("crowd", s3Port, 8)));
    List<String> samples = new ArrayList<>();
    Process worker = workers.get(0);
    Thread sampler =
        new Thread(
            () -> {
              while (worker.isAlive()) {
                try {
                  Thread.sleep(5_000);
                  samples.add(sample(worker));
                } catch (IOException | InterruptedException e) {
                  return;
                }
              }
            });
    sampler.setDaemon(true);
    sampler.start();
    try {
      double seconds = submit(image, "crowd", small);
      System.out.printf(
          "%d disks of 64 KiB by one worker in %.1f s: %.1f/s%n", small, seconds, small / seconds);
      samples.forEach(System.out::println);
    } finally {
      end(workers);
    }
  }

  private static String sample(Process process) throws IOException {
    Path proc = Path.of("/proc", Long.toString(process.pid()));
    String status = Files.readString(proc.resolve("status"));
    try (Stream<Path> descriptors = Files.list(proc.resolve("fd"))) {
      return String.format(
          "  RSS %4d MiB  threads %3d  descriptors %3d",
          value(status, "VmRSS:\\s+(\\d+)") >> 10,
          value(status, "Threads:\\s+(\\d+)"),
          descriptors.count());
    }
  }

  private static long value(String text, String pattern) {
    Matcher matcher = Pattern.compile(pattern).matcher(text);
    return matcher.find() ? Long.parseLong(matcher.group(1)) : 0;
  }

  private Path image(String name, long size) throws IOException {
    Path image = work.resolve(name + ".raw");
    byte[] bytes = new byte[1 << 16];
    Random random = new Random(name.hashCode());
    try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
      for (long at = 0; at < size; at += bytes.length) {
        random.nextBytes(bytes);
        file.write(bytes);
      }
    }
    return image;
  }

  private ProcessBuilder drover(int port, String... arguments) {
    List<String> command = new ArrayList<>(List.of(drover));
    command.addAll(List.of(arguments));
    command.addAll(List.of("--kafka", "127.0.0.1:" + kafkaPort));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().keySet().removeIf(key -> key.matches("(AWS|DROVER)_.*"));
    builder.environment().putAll(Contender.environment(port));
    return builder;
  }

  /** A worker of four lanes. */
  private Process worker(String name, int port, int jobs) throws Exception {
    Path log = work.resolve("worker-" + name + ".log");
    ProcessBuilder builder =
        drover(
            port,
            "serve",
            "-Ddrover.http.port=0",
            "-Ddrover.worker-name=" + name,
            "-Ddrover.jobs=" + jobs,
            "-Ddrover.part-size=5m",
            "-Ddrover.zero-prefix=none",
            "-Ddrover.requests.source-roots=" + work,
            "-Ddrover.sweep-age=0s");
    builder.environment().put("DROVER_STATE_DIR", work.resolve("state-" + name).toString());
    Process worker = builder.redirectErrorStream(true).redirectOutput(log.toFile()).start();
    while (!Files.readString(log).contains("/observe/health")) {
      if (!worker.isAlive()) {
        throw new IOException(Files.readString(log));
      }
      Thread.sleep(100);
    }
    // until it has a place in the group
    Thread.sleep(5_000);
    return worker;
  }

  private static void end(List<Process> workers) throws InterruptedException {
    for (Process worker : workers) {
      worker.destroy();
    }
    for (Process worker : workers) {
      worker.waitFor(60, TimeUnit.SECONDS);
    }
  }

  private double submit(Path image, String prefix, int count) throws Exception {
    List<String> lines = new ArrayList<>(List.of("source,destination"));
    for (int number = 0; number < count; number++) {
      lines.add(image + ",s3://images/" + prefix + "/" + number + "/");
    }
    Path list = Files.write(work.resolve(prefix + ".csv"), lines);
    Path result = work.resolve(prefix + ".json");
    ProcessBuilder batch =
        drover(
            s3Port,
            "batch",
            list.toString(),
            "--submit",
            "--jobs",
            Integer.toString(count),
            "--report",
            "none",
            "--output",
            "json");
    batch.redirectOutput(result.toFile()).redirectError(ProcessBuilder.Redirect.INHERIT);
    batch.start().waitFor();
    String output = Files.readString(result);
    Matcher imported = IMPORTED.matcher(output);
    Matcher seconds = SECONDS.matcher(output.substring(output.lastIndexOf("\"summary\"")));
    if (!imported.find() || Integer.parseInt(imported.group(1)) != count || !seconds.find()) {
      good = false;
      throw new IOException("not all were imported: " + output);
    }
    return Double.parseDouble(seconds.group(1));
  }
}
