import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What is to be measured, and where.
 *
 * @param size bytes of the dense image
 * @param link bytes per second; 0: as fast as it goes
 * @param forgetful whether the server keeps nothing
 * @param images none: all
 */
record BenchOptions(
    long size,
    int rounds,
    long link,
    boolean https,
    boolean forgetful,
    List<String> images,
    Optional<Path> directory) {
  private static final Pattern SIZE = Pattern.compile("(\\d+)([KMGT]?)");

  static BenchOptions of(String... arguments) {
    long size = 1L << 30;
    int rounds = 3;
    long link = 0;
    boolean https = false;
    boolean forgetful = false;
    List<String> images = List.of();
    Optional<Path> directory = Optional.empty();
    for (int index = 0; index < arguments.length; index += 2) {
      String value = index + 1 < arguments.length ? arguments[index + 1] : usage();
      switch (arguments[index]) {
        case "--size" -> size = bytes(value);
        case "--rounds" -> rounds = Integer.parseInt(value);
        case "--link" -> link = bytes(value) / 8;
        case "--scheme" -> https = second(value, "http", "https");
        case "--server" -> forgetful = second(value, "sandbox", "forgetful");
        case "--images" -> images = List.of(value.split(","));
        case "--dir" -> directory = Optional.of(Path.of(value));
        default -> usage();
      }
    }
    return new BenchOptions(size, rounds, link, https, forgetful, images, directory);
  }

  private static boolean second(String value, String first, String second) {
    if (!List.of(first, second).contains(value)) {
      usage();
    }
    return value.equals(second);
  }

  private static String usage() {
    System.err.println(
        """
        usage: bench/run [--size 1G] [--rounds 3] [--link 1G] [--scheme https] [--server forgetful]
                         [--images dense,…] [--dir DIR]
          --size    bytes of the dense image; the sparse ones are four times as large
          --rounds  runs of each contender, in turn; the median is shown
          --link    bits per second of the link to the server; default: as fast as it goes
          --scheme  http, or https as far as a relay that stands before the server; default http
          --server  sandbox, or one that keeps nothing and is faster than any link; default sandbox
          --images  dense, sparse-ext4, scattered-1m, scattered-64k, zlib-qcow2, zstd-qcow2
          --dir     where images and objects lie; default target/bench""");
    System.exit(2);
    return "";
  }

  boolean wants(String image) {
    return images.isEmpty() || images.contains(image);
  }

  String title() {
    return "dense image of "
        + (size >> 20)
        + " MiB, "
        + (forgetful ? "a server that keeps nothing, " : "")
        + (https ? "https, " : "")
        + "link "
        + (link == 0 ? "loopback" : link * 8 / 1_000_000 + " Mbit/s")
        + ", median of "
        + rounds;
  }

  private static long bytes(String text) {
    Matcher size = SIZE.matcher(text);
    if (!size.matches()) {
      usage();
    }
    int shift = size.group(2).isEmpty() ? 0 : 10 * (1 + "KMGT".indexOf(size.group(2)));
    return Long.parseLong(size.group(1)) << shift;
  }
}
