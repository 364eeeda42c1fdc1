import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;

/**
 * What large disks cost: memory, the time of a plan, and the time of an import, against a server
 * that keeps nothing. Start it by {@code bench/large}.
 */
public final class Large {
  private static final long TIB = 1L << 40;
  private static final int MIB = 1 << 20;

  private final Path home = Path.of("").toAbsolutePath();
  private final Path work = Files.createDirectories(home.resolve("target/large"));
  private final String drover = home.resolve("drover").toString();

  private Large() throws IOException {}

  public static void main(String[] arguments) throws Exception {
    new Large().run();
    System.exit(0);
  }

  private void run() throws Exception {
    Bench.succeed(drover, "--version");
    Path small = sparse("small.raw", 16L << 30, 1024);
    Path raw = sparse("large.raw", TIB, 1024);
    Path more = sparse("more.raw", TIB, 4096);
    Path qcow2 = work.resolve("large.qcow2");
    if (!Files.exists(qcow2)) {
      Bench.succeed(
          "qemu-img", "convert", "-f", "raw", "-O", "qcow2", raw.toString(), qcow2.toString());
    }
    System.out.printf("%-44s %8s %8s %10s%n", "", "wall s", "CPU s", "RSS MiB");
    try (ForgetfulServer server = new ForgetfulServer()) {
      for (Path image : List.of(small, raw, more, qcow2)) {
        String name = image.getFileName().toString();
        print("plan " + name, server, importOf(image, "plan") + " --dry-run");
        print("import " + name, server, importOf(image, name));
      }
      print("information, by info " + raw.getFileName(), server, drover + " info " + raw);
      eight(server, raw);
    }
  }

  /** In one process. */
  private void eight(ForgetfulServer server, Path raw) throws Exception {
    Path list = work.resolve("eight.csv");
    StringBuilder lines = new StringBuilder("source,destination\n");
    for (int number = 1; number <= 8; number++) {
      lines.append(raw).append(",s3://images/eight-").append(number).append("/\n");
    }
    Files.writeString(list, lines);
    print(
        "eight at once of large.raw, by batch",
        server,
        drover + " batch --jobs 8 --overwrite --report " + work.resolve("eight") + " " + list);
  }

  private String importOf(Path image, String name) {
    return drover + " import -q " + image + " s3://images/" + name + "/ --overwrite";
  }

  private void print(String what, ForgetfulServer server, String command) throws Exception {
    long before = server.received();
    long requests = server.requests();
    Path times = work.resolve("times");
    ProcessBuilder builder =
        new ProcessBuilder(
            "/usr/bin/time",
            "-o",
            times.toString(),
            "-f",
            "%e %U %S %M",
            "sh",
            "-c",
            command + " > /dev/null");
    builder.environment().put("AWS_ENDPOINT_URL", "http://127.0.0.1:" + server.port());
    builder.environment().put("AWS_ACCESS_KEY_ID", "any");
    builder.environment().put("AWS_SECRET_ACCESS_KEY", "any");
    builder.environment().put("AWS_REGION", "us-east-1");
    int exit = builder.inheritIO().start().waitFor();
    String[] cost = Files.readString(times).strip().split("[ \n]");
    int last = cost.length;
    System.out.printf(
        "%-44s %8.1f %8.1f %10.0f  %d MiB in %d requests%s%n",
        what,
        Double.parseDouble(cost[last - 4]),
        Double.parseDouble(cost[last - 3]) + Double.parseDouble(cost[last - 2]),
        Double.parseDouble(cost[last - 1]) / 1024,
        (server.received() - before) / MIB,
        server.requests() - requests,
        exit == 0 ? "" : ", exit " + exit);
  }

  /** With so many mebibytes of data, spread over the disk in runs of eight. */
  private Path sparse(String name, long size, int mebibytes) throws IOException {
    Path image = work.resolve(name);
    if (Files.exists(image)) {
      return image;
    }
    Random random = new Random(1);
    byte[] data = new byte[8 * MIB];
    try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
      file.setLength(size);
      int runs = mebibytes / 8;
      for (int run = 0; run < runs; run++) {
        random.nextBytes(data);
        file.seek(size / runs * run / MIB * MIB);
        file.write(data);
      }
    }
    return image;
  }
}
