import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The service for half an hour in bad weather, from a seed: images are dropped all the time, the
 * connection to S3 breaks in one request of twenty, in the first half the service is killed with -9
 * every 40 seconds and the servers every three minutes. Then all is let come to rest, and every
 * object is compared with what was dropped. Start it by {@code bench/soak}.
 */
public final class Soak {
  private static final int S3_PORT = 19200;
  private static final int KAFKA_PORT = 19292;
  private static final int BLOCK = 4 << 20;
  private static final Pattern DIGEST = Pattern.compile("\"digest\"\\s*:\\s*\"(sha256-4m:\\w+)\"");

  private final Path home = Path.of("").toAbsolutePath();
  private final Path work = home.resolve("target/soak");
  private final Path inbox = work.resolve("inbox");
  private final String drover = home.resolve("drover").toString();
  private final Random random;
  private final long seconds;

  /** What each dropped name must become; null: refused. */
  private final Map<String, String> expected = new HashMap<>();

  private final List<String> samples = new ArrayList<>();
  private Process servers;
  private Process service;

  private Soak(long minutes, long seed) {
    this.seconds = minutes * 60;
    this.random = new Random(seed);
  }

  public static void main(String[] arguments) throws Exception {
    long minutes = arguments.length > 0 ? Long.parseLong(arguments[0]) : 30;
    long seed = arguments.length > 1 ? Long.parseLong(arguments[1]) : 1;
    System.exit(new Soak(minutes, seed).run() ? 0 : 1);
  }

  private boolean run() throws Exception {
    Bench.succeed("rm", "-rf", work.toString());
    Files.createDirectories(inbox);
    Bench.succeed(drover, "--version");
    startServers();
    try (Relay relay = new Relay(S3_PORT, 0)) {
      relay.breakOneIn(20, random.nextLong());
      startService(relay.port());
      weather(relay);
      relay.breakOneIn(0, 0);
      boolean rest = awaitRest();
      return judge(relay.port()) & rest;
    } finally {
      service.destroy();
      service.waitFor(60, TimeUnit.SECONDS);
      servers.destroy();
      servers.waitFor(20, TimeUnit.SECONDS);
    }
  }

  private void weather(Relay relay) throws Exception {
    long start = System.nanoTime();
    long nextKill = 40;
    long nextOutage = 180;
    long nextDrop = 0;
    long nextSample = 30;
    for (long now = 0; now < seconds; now = (System.nanoTime() - start) / 1_000_000_000) {
      if (now >= nextDrop) {
        drop();
        nextDrop = now + 3;
      }
      if (now >= nextKill && now < seconds / 2) {
        service.destroyForcibly().waitFor();
        startService(relay.port());
        nextKill = now + 40;
      }
      if (now >= nextOutage && now < seconds / 2) {
        servers.destroyForcibly().waitFor();
        startServers();
        nextOutage = now + 180;
      }
      if (now >= nextSample) {
        sample(now);
        nextSample = now + 30;
      }
      Thread.sleep(200);
    }
  }

  private void drop() throws Exception {
    int number = expected.size();
    boolean broken = random.nextInt(20) == 0;
    long size = (1 + random.nextInt(48)) * (1L << 20) - 512L * random.nextInt(3);
    Path raw = work.resolve("drop.raw");
    Files.deleteIfExists(raw);
    try (RandomAccessFile file = new RandomAccessFile(raw.toFile(), "rw")) {
      file.setLength(size);
      byte[] data = new byte[64 << 10];
      for (long at = 0; at + data.length <= size; at += data.length) {
        if (random.nextInt(3) == 0) {
          random.nextBytes(data);
          file.seek(at);
          file.write(data);
        }
      }
    }
    boolean qcow2 = broken || random.nextBoolean();
    String name = "image-" + number + (qcow2 ? ".qcow2" : ".raw");
    Path image = raw;
    if (qcow2) {
      image = work.resolve("drop.qcow2");
      Bench.succeed(
          "qemu-img",
          "convert",
          "-c",
          "-f",
          "raw",
          "-O",
          "qcow2",
          raw.toString(),
          image.toString());
    }
    expected.put(name, broken ? null : digest(raw));
    if (broken) {
      try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
        file.setLength(file.length() / 2);
      }
    }
    Files.move(image, inbox.resolve(name));
  }

  private void sample(long now) throws IOException {
    Path process = Path.of("/proc", Long.toString(service.pid()));
    String status = Files.readString(process.resolve("status"));
    try (Stream<Path> descriptors = Files.list(process.resolve("fd"))) {
      String line =
          String.format(
              "%5d s  dropped %4d  waiting %3d  RSS %4d MiB  threads %3d  descriptors %3d",
              now,
              expected.size(),
              waiting(),
              number(status, "VmRSS:\\s+(\\d+)") >> 10,
              number(status, "Threads:\\s+(\\d+)"),
              descriptors.count());
      samples.add(line);
      System.out.println(line);
    }
  }

  private static long number(String text, String pattern) {
    Matcher matcher = Pattern.compile(pattern).matcher(text);
    return matcher.find() ? Long.parseLong(matcher.group(1)) : 0;
  }

  private long waiting() throws IOException {
    long waiting = 0;
    for (Path folder : List.of(inbox, inbox.resolve(".inprogress"))) {
      if (Files.isDirectory(folder)) {
        try (Stream<Path> files = Files.walk(folder)) {
          waiting +=
              files
                  .filter(Files::isRegularFile)
                  .filter(file -> file.getFileName().toString().startsWith("image-"))
                  .filter(file -> !file.toString().contains("/.done/"))
                  .filter(file -> !file.toString().contains("/.failed/"))
                  .filter(file -> folder != inbox || !file.toString().contains("/.inprogress/"))
                  .count();
        }
      }
    }
    return waiting;
  }

  private boolean awaitRest() throws Exception {
    long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(10);
    while (waiting() > 0 && System.nanoTime() < end) {
      Thread.sleep(1000);
    }
    System.out.println("at rest, " + waiting() + " left waiting");
    return waiting() == 0;
  }

  /** Objects lie as plain files below the sandbox's directory: nobody's reader is needed. */
  private boolean judge(int port) throws Exception {
    Map<String, String> found = new HashMap<>();
    int twice = 0;
    int strays = 0;
    List<Path> manifests;
    List<Path> objects;
    try (Stream<Path> files = Files.walk(work.resolve("server/s3/images"))) {
      objects =
          files
              .filter(Files::isRegularFile)
              .filter(file -> !file.toString().contains("/.drover/"))
              .toList();
      manifests = objects.stream().filter(file -> file.endsWith("manifest.json")).toList();
    }
    for (Path manifest : manifests) {
      String name = manifest.getParent().getParent().getFileName().toString();
      Matcher digest = DIGEST.matcher(Files.readString(manifest));
      String stated = digest.find() ? digest.group(1) : "none";
      String own = digest(manifest.resolveSibling("disk.raw"));
      twice += found.put(name, own.equals(stated) ? own : "not as stated") == null ? 0 : 1;
    }
    for (Path object : objects) {
      strays += Files.exists(object.resolveSibling("manifest.json")) ? 0 : 1;
    }
    int wrong = 0;
    for (Map.Entry<String, String> each : expected.entrySet()) {
      // the destination's template takes the name without its extension
      String name = each.getKey().replaceAll("\\.[a-z0-9]+$", "");
      boolean done = Files.exists(inbox.resolve(".done").resolve(each.getKey()));
      boolean failed = Files.exists(inbox.resolve(".failed").resolve(each.getKey()));
      boolean right =
          each.getValue() == null
              ? failed && !done && !found.containsKey(name)
              : done && !failed && each.getValue().equals(found.get(name));
      if (!right) {
        wrong++;
        System.out.println(
            "WRONG "
                + each.getKey()
                + ": "
                + each.getValue()
                + ", found "
                + found.get(name)
                + (done ? ", in .done" : "")
                + (failed ? ", in .failed" : ""));
      }
    }
    String left = unfinished(port);
    System.out.printf(
        "%d dropped, %d committed, %d wrong, %d imported twice, %d stray objects, unfinished: %s%n",
        expected.size(), found.size(), wrong, twice, strays, left);
    return wrong == 0 && twice == 0 && strays == 0 && left.equals("[]");
  }

  private String unfinished(int port) throws Exception {
    Process list =
        command(port, "list", "s3://images/", "--output", "json").redirectErrorStream(true).start();
    String output = new String(list.getInputStream().readAllBytes()).replaceAll("\\s", "");
    list.waitFor();
    return output;
  }

  /** As any five lines of any language can do it. */
  private static String digest(Path raw) throws Exception {
    MessageDigest all = MessageDigest.getInstance("SHA-256");
    try (RandomAccessFile file = new RandomAccessFile(raw.toFile(), "r")) {
      byte[] block = new byte[BLOCK];
      long size = (file.length() + 511) / 512 * 512;
      for (long at = 0; at < size; at += BLOCK) {
        Arrays.fill(block, (byte) 0);
        file.seek(at);
        int read = 0;
        for (int count = 0; count >= 0 && read < BLOCK; read += Math.max(0, count)) {
          count = file.read(block, read, BLOCK - read);
        }
        MessageDigest one = MessageDigest.getInstance("SHA-256");
        one.update(block, 0, (int) Math.min(BLOCK, size - at));
        all.update(one.digest());
      }
    }
    StringBuilder hex = new StringBuilder("sha256-4m:");
    for (byte each : all.digest()) {
      hex.append(String.format("%02x", each));
    }
    return hex.toString();
  }

  private void startServers() throws IOException {
    servers = Bench.server(drover, work, S3_PORT, KAFKA_PORT);
    Bench.port(servers);
  }

  private void startService(int port) throws IOException {
    service =
        command(
                port,
                "serve",
                "--inbox",
                inbox.toString(),
                "--kafka",
                "127.0.0.1:" + KAFKA_PORT,
                "-Ddrover.http.port=0")
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(work.resolve("serve.log").toFile()))
            .start();
  }

  private ProcessBuilder command(int port, String... arguments) {
    List<String> words = new ArrayList<>(List.of(drover));
    words.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(words);
    builder.environment().keySet().removeIf(key -> key.matches("(AWS|DROVER)_.*"));
    builder.environment().putAll(Contender.environment(port));
    return builder;
  }
}
