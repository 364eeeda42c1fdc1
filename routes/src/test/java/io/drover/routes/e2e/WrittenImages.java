package io.drover.routes.e2e;

import io.drover.converter.image.ReadPolicy;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Images with a past: overwritten, discarded, zeroed, grown, with snapshots and backing files. */
final class WrittenImages {
  private static final int SIZE_KIB = 12 << 10;

  private WrittenImages() {}

  static Stream<ImportCase> cases() {
    return Stream.concat(
        Stream.of(
            ImportCase.of("zero flags over stale clusters", WrittenImages::staleZeros),
            ImportCase.of("dirty, refcounts stale", WrittenImages::dirty),
            ImportCase.of("internal snapshots", WrittenImages::snapshots),
            ImportCase.of("compressed, then overwritten", WrittenImages::overwritten),
            ImportCase.of("persistent bitmaps", WrittenImages::bitmaps),
            ImportCase.of("grown", directory -> resized(directory, "17M")),
            ImportCase.of("shrunk", directory -> resized(directory, "--shrink", "7000k")),
            ImportCase.of("no disk at all", directory -> create(directory, "0")),
            ImportCase.of("one sector", directory -> create(directory, "512")),
            ImportCase.of("over a raw backing file", directory -> chain(directory, "raw", "")),
            ImportCase.of(
                "over a compressed backing file", directory -> chain(directory, "qcow2", "")),
            ImportCase.of(
                "extended L2 over a backing file",
                directory -> chain(directory, "raw", "extended_l2=on")),
            ImportCase.of(
                "version 2 over a backing file",
                directory -> chain(directory, "qcow2", "compat=0.10,cluster_size=4k")),
            ImportCase.of("three backing files", WrittenImages::longChain)),
        IntStream.range(0, 16)
            .mapToObj(seed -> ImportCase.of("history " + seed, path -> history(path, seed))));
  }

  private static SourceImage create(Path directory, String size, String... options)
      throws Exception {
    List<String> command = new ArrayList<>(List.of("qemu-img", "create", "-q", "-f", "qcow2"));
    if (options.length > 0) {
      command.addAll(List.of("-o", String.join(",", options)));
    }
    command.addAll(List.of("source.qcow2", size));
    Tool.succeed(directory, command.toArray(String[]::new));
    return SourceImage.qcow2(directory.resolve("source.qcow2"));
  }

  private static SourceImage staleZeros(Path directory) throws Exception {
    SourceImage image = create(directory, SIZE_KIB + "k");
    Tool.qemuIo(
        image.file(),
        "write -P 0x55 0 3M",
        "write -P 0x66 8M 2M",
        // keeps the clusters, so that their old bytes stay in the file
        "write -z 128k 1M",
        "write -z -u 2M 256k",
        "write -z 8M 2M",
        "discard 2560k 128k");
    return image;
  }

  private static SourceImage dirty(Path directory) throws Exception {
    SourceImage image = create(directory, SIZE_KIB + "k", "lazy_refcounts=on");
    // dies before it writes the refcounts
    Tool.Result died =
        Tool.run(
            directory,
            "qemu-io",
            "-c",
            "write -P 0x5a 100k 6M",
            "-c",
            "flush",
            "-c",
            "sigraise 9",
            "source.qcow2");
    String info = Tool.succeed(directory, "qemu-img", "info", "--output=json", "source.qcow2");
    if (died.exitCode() != 137 || !info.contains("\"dirty-flag\": true")) {
      throw new AssertionError("not dirty: " + died + info);
    }
    return image;
  }

  private static SourceImage snapshots(Path directory) throws Exception {
    SourceImage image = create(directory, SIZE_KIB + "k");
    Tool.qemuIo(image.file(), "write -P 1 0 4M", "write -P 2 9M 1M");
    Tool.succeed(directory, "qemu-img", "snapshot", "-c", "first", "source.qcow2");
    Tool.qemuIo(image.file(), "write -P 3 1M 700k", "write -z 9M 512k", "discard 3M 256k");
    Tool.succeed(directory, "qemu-img", "snapshot", "-c", "second", "source.qcow2");
    Tool.qemuIo(image.file(), "write -P 4 11M 1M");
    return image;
  }

  private static SourceImage overwritten(Path directory) throws Exception {
    Path raw = Contents.FULL.write(directory.resolve("original"), (SIZE_KIB << 10) + 512, 5);
    Path image = ConvertedImages.convert(directory, raw, "cluster_size=64k", "zstd").file();
    Tool.qemuIo(
        image, "write -P 7 100k 1000k", "write -z 3M 300k", "discard 7M 1M", "write -P 8 7500k 3k");
    return SourceImage.qcow2(image);
  }

  private static SourceImage bitmaps(Path directory) throws Exception {
    SourceImage image = create(directory, SIZE_KIB + "k");
    Tool.succeed(directory, "qemu-img", "bitmap", "--add", "source.qcow2", "backup");
    Tool.qemuIo(image.file(), "write -P 9 5M 100k");
    return image;
  }

  private static SourceImage resized(Path directory, String... size) throws Exception {
    SourceImage image = create(directory, SIZE_KIB + "k");
    Tool.qemuIo(image.file(), "write -P 1 0 300k", "write -P 2 11M 1M");
    List<String> command = new ArrayList<>(List.of("qemu-img", "resize", "-q", "-f", "qcow2"));
    command.addAll(List.of(size));
    command.add(command.size() - 1, "source.qcow2");
    Tool.succeed(directory, command.toArray(String[]::new));
    return image;
  }

  /** An image over a shorter one, whose data shows through, is overwritten and is zeroed. */
  private static SourceImage chain(Path directory, String baseFormat, String options)
      throws Exception {
    Path raw = Contents.FULL.write(directory.resolve("base.raw"), (9 << 20) + 512, 3);
    String base = "base.raw";
    if (baseFormat.equals("qcow2")) {
      base = ConvertedImages.convert(directory, raw, "", "zlib").file().getFileName().toString();
      Tool.succeed(directory, "mv", base, "base.qcow2");
      base = "base.qcow2";
    }
    return over(directory, base, baseFormat, "source.qcow2", options);
  }

  private static SourceImage longChain(Path directory) throws Exception {
    Contents.CHECKERBOARD.write(directory.resolve("base.raw"), 8 << 20, 4);
    over(directory, "base.raw", "raw", "middle.qcow2", "");
    over(directory, "middle.qcow2", "qcow2", "upper.qcow2", "cluster_size=2M");
    return over(directory, "upper.qcow2", "qcow2", "source.qcow2", "extended_l2=on");
  }

  private static SourceImage over(
      Path directory, String base, String baseFormat, String name, String options)
      throws Exception {
    List<String> command = new ArrayList<>(List.of("qemu-img", "create", "-q", "-f", "qcow2"));
    if (!options.isEmpty()) {
      command.addAll(List.of("-o", options));
    }
    command.addAll(List.of("-b", base, "-F", baseFormat, name, SIZE_KIB + "k"));
    Tool.succeed(directory, command.toArray(String[]::new));
    Path image = directory.resolve(name);
    int at = name.length() * 100;
    Tool.qemuIo(
        image,
        "write -P 11 " + at + "k 130k",
        // version 2 has no zero flag: zeros are written instead
        "write -z " + (3000 + at) + "k 512k",
        "write -P 12 10M 100k");
    return SourceImage.qcow2(image).with(ReadPolicy.DEFAULT.withBackingRoots(List.of(directory)));
  }

  /** Whatever a guest does, in any order. */
  private static SourceImage history(Path directory, int seed) throws Exception {
    Random random = new Random(seed);
    List<String> kinds =
        List.of(
            "cluster_size=512",
            "cluster_size=4k",
            "cluster_size=64k",
            "cluster_size=2M",
            "extended_l2=on",
            "extended_l2=on,cluster_size=16k",
            "compression_type=zstd");
    SourceImage image = create(directory, SIZE_KIB + "k", kinds.get(seed % kinds.size()));
    // QEMU writes compressed clusters only where there is nothing yet
    List<String> commands = new ArrayList<>(List.of("write -c -P 1 2M 2M", "write -c -P 2 8M 2M"));
    while (commands.size() < 25) {
      int at = random.nextInt(SIZE_KIB - 2000);
      String range = at + "k " + (1 + random.nextInt(2000)) + "k";
      commands.add(
          switch (random.nextInt(6)) {
            case 0, 1, 2 -> "write -P " + random.nextInt(256) + " " + range;
            case 3 -> "write -z " + range;
            case 4 -> "write -z -u " + range;
            default -> "discard " + range;
          });
    }
    Tool.qemuIo(image.file(), commands.subList(0, 15).toArray(String[]::new));
    Tool.succeed(directory, "qemu-img", "snapshot", "-c", "before", "source.qcow2");
    Tool.qemuIo(image.file(), commands.subList(15, 25).toArray(String[]::new));
    return image;
  }
}
