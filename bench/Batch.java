import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A migration of many images, killed on its way and run again. Start it by {@code bench/batch}. */
public final class Batch {
  private static final int MIB = 1 << 20;
  private static final Pattern RSS = Pattern.compile("VmRSS:\\s+(\\d+) kB");
  private static final Pattern COUNT =
      Pattern.compile("\"(imported|skipped|refused|verified)\":(\\d+)");

  private final Path home = Path.of("").toAbsolutePath();
  private final Path work = home.resolve("target/batch");
  private final Path images = work.resolve("images");
  private final String drover = home.resolve("drover").toString();
  private final int count;
  private final int broken;
  private final long size;
  private final Random random;
  private final List<Long> memory = new ArrayList<>();
  private int port;

  private Batch(String... arguments) {
    count = number(arguments, 0, 300);
    broken = number(arguments, 1, 20);
    size = Math.max(64 << 10, (long) number(arguments, 2, 16) * MIB);
    random = new Random(number(arguments, 3, 1));
  }

  private static int number(String[] arguments, int index, int fallback) {
    return arguments.length > index ? Integer.parseInt(arguments[index]) : fallback;
  }

  public static void main(String[] arguments) throws Exception {
    System.exit(new Batch(arguments).run() ? 0 : 1);
  }

  private boolean run() throws Exception {
    Bench.succeed("rm", "-rf", work.toString());
    Files.createDirectories(images);
    Bench.succeed(drover, "--version");
    for (int number = 0; number < count; number++) {
      make(number, number < broken);
    }
    Process server = Bench.server(drover, work);
    try {
      port = Bench.port(server);
      return migrate();
    } finally {
      server.destroy();
      server.waitFor(20, TimeUnit.SECONDS);
    }
  }

  private void make(int number, boolean bad) throws Exception {
    String name = String.format("d%05d", number);
    // in folders, as exports are
    Path folder = Files.createDirectories(images.resolve(String.format("%03d", number / 100)));
    Path raw = folder.resolve(name + ".raw");
    try (RandomAccessFile disk = new RandomAccessFile(raw.toFile(), "rw")) {
      disk.setLength(size);
      byte[] bytes = new byte[(int) Math.min(size / 8, MIB)];
      for (int piece = 0; piece < 3; piece++) {
        random.nextBytes(bytes);
        disk.seek(random.nextInt((int) ((size - bytes.length) / 512)) * 512L);
        disk.write(bytes);
      }
    }
    int kind = bad ? 3 + number % 3 : size < MIB ? 0 : number % 3;
    Path qcow2 = folder.resolve(name + ".qcow2");
    switch (kind) {
      case 0 -> {
        // it is right as it is
      }
      case 1, 2 -> {
        String compression = kind == 1 ? "zlib" : "zstd";
        Bench.succeed(
            "qemu-img",
            "convert",
            "-c",
            "-O",
            "qcow2",
            "-o",
            "compression_type=" + compression,
            "-f",
            "raw",
            raw.toString(),
            qcow2.toString());
        Files.delete(raw);
      }
      case 3 -> {
        Files.writeString(qcow2, "no image ".repeat(1000));
        Files.delete(raw);
      }
      case 4 -> {
        Bench.succeed(
            "qemu-img",
            "create",
            "-q",
            "-f",
            "qcow2",
            "-b",
            raw.toString(),
            "-F",
            "raw",
            qcow2.toString());
        Files.move(raw, work.resolve(name + ".base"));
      }
      default -> {
        Bench.succeed(
            "qemu-img", "convert", "-O", "qcow2", "-f", "raw", raw.toString(), qcow2.toString());
        try (RandomAccessFile cut = new RandomAccessFile(qcow2.toFile(), "rw")) {
          cut.setLength(cut.length() * 2 / 3);
        }
        Files.delete(raw);
      }
    }
  }

  private boolean migrate() throws Exception {
    List<String> command =
        List.of(
            drover,
            "batch",
            images.toString(),
            "s3://images/batch/",
            "--jobs=8",
            "--output=json",
            "--report=" + work.resolve("report"));
    long started = System.nanoTime();
    boolean killed = kill(command, count / 3);
    Map<Path, String> before = manifests();
    killed &= kill(command, count * 2 / 3);
    before.putAll(manifests());
    Process last = start(command);
    while (last.isAlive()) {
      sample(last);
    }
    // what was committed once is not written again
    Map<Path, String> after = manifests();
    long twice =
        before.entrySet().stream()
            .filter(each -> !each.getValue().equals(after.get(each.getKey())))
            .count();
    double seconds = (System.nanoTime() - started) / 1e9;
    Map<String, Integer> counts = counts(work.resolve("stdout"));
    int done = counts.getOrDefault("imported", 0) + counts.getOrDefault("skipped", 0);
    System.out.printf(
        "%d images, killed twice: %s, %d imported twice, %.0f s, %.1f images/s, RSS %s MiB%n",
        count,
        counts,
        twice,
        seconds,
        count / seconds,
        memory.isEmpty()
            ? "?"
            : memory.get(memory.size() / 4) / 1024
                + " after a quarter, "
                + memory.get(memory.size() - 1) / 1024
                + " at the end");
    Process verify =
        start(
            List.of(
                drover,
                "verify",
                "-r",
                "s3://images/batch/",
                "--jobs=4",
                "--output=json",
                "--report=none"));
    verify.waitFor();
    int verified = counts(work.resolve("stdout")).getOrDefault("verified", 0);
    System.out.printf(
        "verified %d; exit codes %d, %d%n", verified, last.exitValue(), verify.exitValue());
    return killed
        && twice == 0
        && done == count - broken
        && counts.getOrDefault("refused", 0) == broken
        && verified == count - broken
        && last.exitValue() == (broken > 0 ? 3 : 0)
        && verify.exitValue() == 0;
  }

  /** Once so many outcomes stand in the report; whether it was still at work then. */
  private boolean kill(List<String> command, int outcomes) throws Exception {
    Path part = work.resolve("report.part");
    Files.deleteIfExists(part);
    Process process = start(command);
    while (process.isAlive() && (!Files.exists(part) || lines(part) < outcomes)) {
      sample(process);
    }
    boolean alive = process.isAlive();
    // the launcher replaces itself by the program
    process.destroyForcibly().waitFor();
    return alive;
  }

  /** As they lie below the server's folder, by their files. */
  private Map<Path, String> manifests() throws IOException {
    Map<Path, String> manifests = new HashMap<>();
    try (var files = Files.walk(work.resolve("server"))) {
      for (Path file : files.filter(each -> each.endsWith("manifest.json")).toList()) {
        manifests.put(file, Files.readString(file));
      }
    }
    return manifests;
  }

  private Process start(List<String> command) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.redirectOutput(work.resolve("stdout").toFile());
    builder.redirectError(work.resolve("stderr").toFile());
    Map<String, String> environment = builder.environment();
    environment.put("AWS_ACCESS_KEY_ID", "drover");
    environment.put("AWS_SECRET_ACCESS_KEY", "drover-sandbox");
    environment.put("AWS_REGION", "us-east-1");
    environment.put("AWS_ENDPOINT_URL", "http://127.0.0.1:" + port);
    return builder.start();
  }

  private static long lines(Path file) throws IOException {
    try (var lines = Files.lines(file)) {
      return lines.count();
    }
  }

  private void sample(Process process) throws Exception {
    process.waitFor(500, TimeUnit.MILLISECONDS);
    Path status = Path.of("/proc", Long.toString(process.pid()), "status");
    if (Files.exists(status)) {
      try {
        Matcher rss = RSS.matcher(Files.readString(status));
        if (rss.find()) {
          memory.add(Long.parseLong(rss.group(1)));
        }
      } catch (IOException e) {
        // it ended meanwhile
      }
    }
  }

  /** Of the last line of a run's output. */
  private static Map<String, Integer> counts(Path stdout) throws IOException {
    List<String> lines = Files.readAllLines(stdout);
    Map<String, Integer> counts = new TreeMap<>();
    if (!lines.isEmpty()) {
      Matcher matcher = COUNT.matcher(lines.get(lines.size() - 1));
      while (matcher.find()) {
        counts.put(matcher.group(1), Integer.parseInt(matcher.group(2)));
      }
    }
    return counts;
  }
}
