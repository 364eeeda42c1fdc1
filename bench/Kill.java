import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/**
 * One import, killed with {@code kill -9} at a random instant and run again, as often as one likes:
 * is the result always the source, is nothing left over, and how much was sent twice? Start it by
 * {@code bench/kill}.
 */
public final class Kill {
  private static final int PART_MIB = 5;
  private static final int LANES = 4;

  /** In which parts may be on their way when the process dies. */
  private static final long BOUND = (long) LANES * PART_MIB << 20;

  private final Path home = Path.of("").toAbsolutePath();
  private final Path work = Files.createDirectories(home.resolve("target/kill"));
  private final String drover = home.resolve("drover").toString();
  private final Random random;
  private final int times;
  private final Path image = work.resolve("source.raw");
  private Relay relay;

  private Kill(int times, long seed) throws IOException {
    this.times = times;
    this.random = new Random(seed);
  }

  public static void main(String[] arguments) throws Exception {
    int times = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 100;
    long seed = arguments.length > 1 ? Long.parseLong(arguments[1]) : 1;
    System.exit(new Kill(times, seed).run() ? 0 : 1);
  }

  private boolean run() throws Exception {
    long size = makeImage();
    Bench.succeed(drover, "--version");
    Process server = Bench.server(drover, work);
    // slow enough that an import is in its parts for most of its time
    try (Relay link = new Relay(Bench.port(server), 100_000_000)) {
      relay = link;
      long started = System.nanoTime();
      require(0, start("whole").waitFor(), "the import that nobody kills");
      long whole = System.nanoTime() - started;
      long sentWhole = relay.up();
      long worst = 0;
      int resumed = 0;
      List<String> failures = new ArrayList<>();
      for (int number = 1; number <= times; number++) {
        relay.reset();
        long after = (long) (random.nextDouble() * whole);
        String name = "killed-" + number;
        Process victim = start(name);
        boolean ended = victim.waitFor(after, TimeUnit.NANOSECONDS);
        victim.destroyForcibly().waitFor();
        long sentBefore = relay.up();
        int exit = ended && victim.exitValue() == 0 ? 0 : start(name).waitFor();
        // 3: the manifest was there already, only the process had not ended
        boolean good = (exit == 0 || exit == 3) && verified(name) && nothingOpen(name);
        long twice = Math.max(0, relayedUploads(sentBefore, sentWhole));
        worst = Math.max(worst, twice);
        resumed += ended ? 0 : 1;
        System.out.printf(
            "%3d  killed after %5.2f s, %4d MiB sent; then exit %d; %5.1f MiB sent twice%s%n",
            number,
            after / 1e9,
            sentBefore >> 20,
            exit,
            twice / 1048576.0,
            good && twice <= BOUND + (2 << 20) ? "" : "   FAILED");
        if (!good || twice > BOUND + (2 << 20)) {
          failures.add(name);
        }
        Bench.succeed("rm", "-rf", work.resolve("server/s3/images/" + name).toString());
      }
      System.out.printf(
          "%d kills of an import of %d MiB, %d of them in time; sent twice at most %.1f MiB, bound %d"
              + " MiB; failures: %s%n",
          times, size >> 20, resumed, worst / 1048576.0, BOUND >> 20, failures);
      return failures.isEmpty();
    } finally {
      server.destroy();
      server.waitFor(20, TimeUnit.SECONDS);
    }
  }

  private long relayedUploads(long before, long whole) {
    return relay.up() - Math.max(whole, before);
  }

  private long makeImage() throws IOException {
    byte[] block = new byte[1 << 20];
    Random content = new Random(7);
    try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
      for (int index = 0; index < 192; index++) {
        content.nextBytes(block);
        file.write(block);
      }
      return file.length();
    }
  }

  private Process start(String name) throws IOException {
    return command(
            "import",
            image.toString(),
            "s3://images/" + name + "/",
            "-q",
            "--part-size",
            PART_MIB + "M",
            "--parallel",
            Integer.toString(LANES))
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .redirectError(work.resolve(name + ".err").toFile())
        .start();
  }

  private boolean verified(String name) throws Exception {
    return command("verify", "s3://images/" + name + "/", "--source", image.toString())
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(work.resolve(name + ".err").toFile())
            .start()
            .waitFor()
        == 0;
  }

  private boolean nothingOpen(String name) throws Exception {
    Process list =
        command("list", "s3://images/" + name + "/", "--output", "json")
            .redirectErrorStream(true)
            .start();
    String output = new String(list.getInputStream().readAllBytes()).trim();
    return list.waitFor() == 0 && output.replaceAll("\\s", "").equals("[]");
  }

  private ProcessBuilder command(String... arguments) {
    List<String> words = new ArrayList<>(List.of(drover));
    words.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(words);
    builder.environment().keySet().removeIf(key -> key.matches("(AWS|DROVER)_.*"));
    builder.environment().putAll(Contender.environment(relay.port()));
    return builder;
  }

  private static void require(int expected, int found, String what) throws IOException {
    if (expected != found) {
      throw new IOException(what + " ended with exit code " + found);
    }
  }
}
