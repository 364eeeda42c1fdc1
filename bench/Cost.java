import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What being watched costs an import. Start it by {@code bench/cost}. */
public final class Cost {
  private static final int MIB = 1 << 20;
  private static final int WARM = 2;
  private static final double LIMIT = 1.02;
  private static final double TICKS_PER_SECOND = 100;
  private static final Pattern PAGE = Pattern.compile("(http://[0-9.]+:[0-9]+)/observe/health");

  private final Path home = Path.of("").toAbsolutePath();
  private final Path work = home.resolve("target/cost");
  private final String drover = home.resolve("drover").toString();
  private final long size;
  private final int pairs;
  private final List<Process> processes = new ArrayList<>();
  private int s3;
  private int kafka;

  /** Wall and CPU seconds of one import, the service's own, all its threads together. */
  private record Run(double wall, double cpu) {}

  /** A service with a drop folder of its own. */
  private record Service(Process process, Path inbox, URI page) {
    double cpu() throws IOException {
      String stat = Files.readString(Path.of("/proc/" + process.pid() + "/stat"));
      // the second field is a name, in brackets, and may hold blanks
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
      return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / TICKS_PER_SECOND;
    }
  }

  private Cost(String... arguments) {
    size = (arguments.length > 0 ? Long.parseLong(arguments[0]) : 2_048) * MIB;
    pairs = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 10;
  }

  public static void main(String[] arguments) throws Exception {
    System.exit(new Cost(arguments).run() ? 0 : 1);
  }

  private boolean run() throws Exception {
    Bench.succeed("rm", "-rf", work.toString());
    Files.createDirectories(work);
    Bench.succeed(drover, "--version");
    Path disk = Workload.dense(work, size).file();
    try {
      startServers();
      Service plain = serve("plain");
      Service watched = serve("watched", "--kafka", "127.0.0.1:" + kafka);
      for (int number = 0; number < WARM; number++) {
        plain(plain, disk);
        watched(watched, disk);
      }
      List<Run> without = new ArrayList<>();
      List<Run> with = new ArrayList<>();
      for (int pair = 0; pair < pairs; pair++) {
        // whoever comes first finds another machine than whoever comes second
        if (pair % 2 == 0) {
          without.add(plain(plain, disk));
          with.add(watched(watched, disk));
        } else {
          with.add(watched(watched, disk));
          without.add(plain(plain, disk));
        }
        Run last = with.get(pair);
        Run base = without.get(pair);
        System.out.printf(
            "%2d  wall %6.2f s plain, %6.2f s watched; CPU %6.2f s plain, %6.2f s watched%n",
            pair + 1, base.wall(), last.wall(), base.cpu(), last.cpu());
      }
      return report(without, with);
    } finally {
      for (int index = processes.size() - 1; index >= 0; index--) {
        processes.get(index).destroy();
        processes.get(index).waitFor(40, TimeUnit.SECONDS);
      }
    }
  }

  private boolean report(List<Run> without, List<Run> with) {
    List<Double> wall = new ArrayList<>();
    List<Double> cpu = new ArrayList<>();
    for (int pair = 0; pair < pairs; pair++) {
      wall.add(with.get(pair).wall() / without.get(pair).wall());
      cpu.add(with.get(pair).cpu() / without.get(pair).cpu());
    }
    System.out.printf("%d pairs of imports of %d MiB, watched over plain:%n", pairs, size / MIB);
    print("wall", wall);
    print("CPU", cpu);
    boolean cheap = median(wall) <= LIMIT || median(cpu) <= LIMIT;
    System.out.printf(
        "%s: the limit is %.2f, for one of the two%n", cheap ? "within" : "beyond", LIMIT);
    return cheap;
  }

  private static void print(String name, List<Double> ratios) {
    List<Double> sorted = ratios.stream().sorted().toList();
    int quarter = sorted.size() / 4;
    System.out.printf(
        "  %-4s  median %.3f, half of them %.3f to %.3f, all %.3f to %.3f%n",
        name,
        median(ratios),
        sorted.get(quarter),
        sorted.get(sorted.size() - 1 - quarter),
        sorted.get(0),
        sorted.get(sorted.size() - 1));
  }

  private static double median(List<Double> values) {
    List<Double> sorted = values.stream().sorted().toList();
    int middle = sorted.size() / 2;
    return sorted.size() % 2 == 1
        ? sorted.get(middle)
        : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
  }

  private void startServers() throws Exception {
    s3 = Bench.freePort();
    kafka = Bench.freePort();
    Process server = Bench.server(drover, work, s3, kafka);
    processes.add(server);
    Bench.port(server);
  }

  private Service serve(String name, String... more) throws Exception {
    Path inbox = Files.createDirectories(work.resolve(name));
    List<String> command =
        new ArrayList<>(
            List.of(
                drover,
                "serve",
                "--inbox",
                inbox.toString(),
                "--destination",
                "s3://images/" + name + "/{id}/",
                "--endpoint-url",
                "http://127.0.0.1:" + s3,
                "-Ddrover.inbox.delay=20ms",
                "-Ddrover.inbox.done-file=.complete",
                "-Ddrover.http.port=0"));
    command.addAll(List.of(more));
    Path log = work.resolve(name + ".log");
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
    builder.environment().put("AWS_ACCESS_KEY_ID", "drover");
    builder.environment().put("AWS_SECRET_ACCESS_KEY", "drover-sandbox");
    builder.environment().put("AWS_REGION", "us-east-1");
    builder.environment().put("DROVER_STATE_DIR", work.resolve("state-" + name).toString());
    Process process = builder.start();
    processes.add(process);
    while (process.isAlive()) {
      Matcher said = PAGE.matcher(Files.readString(log));
      if (said.find()) {
        return new Service(process, inbox, URI.create(said.group(1)));
      }
      Thread.sleep(100);
    }
    throw new IOException(name + " did not start; see " + log);
  }

  private Run plain(Service service, Path disk) throws Exception {
    return drop(service, disk);
  }

  /** As an operator looks at it: the page open, and Prometheus every second. */
  private Run watched(Service service, Path disk) throws Exception {
    InputStream events =
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(service.page().resolve("/events")).build(),
                HttpResponse.BodyHandlers.ofInputStream())
            .body();
    Thread page = new Thread(() -> follow(events), "page");
    Thread prometheus = new Thread(() -> scrape(service.page().resolve("/observe/metrics")));
    page.setDaemon(true);
    prometheus.setDaemon(true);
    page.start();
    prometheus.start();
    try {
      return drop(service, disk);
    } finally {
      // a read that waits ends with its stream, and by nothing else
      events.close();
      prometheus.interrupt();
      page.join();
      prometheus.join();
    }
  }

  private static void follow(InputStream events) {
    byte[] piece = new byte[1 << 16];
    try {
      while (events.read(piece) >= 0) {
        continue;
      }
    } catch (IOException e) {
      // it is over
    }
  }

  private static void scrape(URI metrics) {
    HttpClient client = HttpClient.newHttpClient();
    try {
      while (true) {
        HttpResponse<Void> answer =
            client.send(
                HttpRequest.newBuilder(metrics).build(), HttpResponse.BodyHandlers.discarding());
        if (answer.statusCode() != 200) {
          throw new IllegalStateException("status " + answer.statusCode());
        }
        Thread.sleep(1_000);
      }
    } catch (IOException | InterruptedException e) {
      // it is over
    }
  }

  /** From the marker that says that the file is complete until the service is done with it. */
  private Run drop(Service service, Path disk) throws Exception {
    Path dropped = service.inbox().resolve("dense.raw");
    Path done = service.inbox().resolve(".done/dense.raw");
    Path failed = service.inbox().resolve(".failed/dense.raw");
    // another inode is another import; the bytes are in the page cache for both
    Bench.succeed("cp", disk.toString(), dropped.toString());
    double cpu = service.cpu();
    long begun = System.nanoTime();
    Files.createFile(service.inbox().resolve("dense.raw.complete"));
    while (!Files.exists(done)) {
      if (Files.exists(failed) || !service.process().isAlive()) {
        throw new IOException("the import failed; see the logs in " + work);
      }
      Thread.sleep(5);
    }
    Run run = new Run((System.nanoTime() - begun) / 1e9, service.cpu() - cpu);
    Files.delete(done);
    removeObjects();
    return run;
  }

  private void removeObjects() throws IOException {
    for (String name : List.of("plain", "watched")) {
      Path objects = work.resolve("server/s3/images/" + name);
      if (Files.exists(objects)) {
        try (Stream<Path> below = Files.walk(objects)) {
          for (Path path : below.sorted(Comparator.reverseOrder()).toList()) {
            Files.delete(path);
          }
        }
      }
    }
  }
}
