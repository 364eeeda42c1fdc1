package io.drover.routes.e2e;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/** Images that qemu-img convert makes of raw disks: versions, cluster sizes, compressions. */
final class ConvertedImages {
  /** Bytes of guest disks; most end inside a cluster. Those above 8 MiB have two parts. */
  private static final int[] SIZES = {
    (2 << 20) + 512, (3 << 20) + (60 << 10) + 1024, (8 << 20) + 512, (4 << 20) - 512, 9 << 20
  };

  /** qemu-img is slow with tiny clusters. */
  private static final int SMALL = (2 << 20) + 512;

  private static final int LARGE = (37 << 20) + 512 * 3;

  private ConvertedImages() {}

  static Stream<ImportCase> cases() {
    return Stream.of(versions(), extendedL2(), others(), outputs(), raw()).flatMap(List::stream);
  }

  private static List<ImportCase> versions() {
    List<ImportCase> cases = new ArrayList<>();
    for (String version : List.of("compat=0.10", "compat=1.1")) {
      for (String clusterSize : List.of("512", "4k", "64k", "2M")) {
        for (String compression : List.of("", "zlib", "zstd")) {
          if (compression.equals("zstd") && version.equals("compat=0.10")) {
            continue;
          }
          for (Contents contents : List.of(Contents.SPARSE, Contents.CHECKERBOARD, Contents.FULL)) {
            cases.add(qcow2(contents, version + ",cluster_size=" + clusterSize, compression));
          }
        }
      }
    }
    return cases;
  }

  private static List<ImportCase> extendedL2() {
    List<ImportCase> cases = new ArrayList<>();
    for (String clusterSize : List.of("16k", "64k", "2M")) {
      for (String compression : List.of("", "zlib", "zstd")) {
        for (Contents contents : List.of(Contents.SPARSE, Contents.CHECKERBOARD)) {
          cases.add(qcow2(contents, "extended_l2=on,cluster_size=" + clusterSize, compression));
        }
      }
    }
    return cases;
  }

  private static List<ImportCase> others() {
    return Stream.of(
            "preallocation=metadata",
            "preallocation=falloc",
            "preallocation=full",
            "preallocation=metadata,extended_l2=on",
            "lazy_refcounts=on",
            "refcount_bits=1",
            "refcount_bits=64")
        .map(options -> qcow2(Contents.SPARSE, options, ""))
        .toList();
  }

  /** Every output option with the same disks. */
  private static List<ImportCase> outputs() {
    List<ImportCase> cases = new ArrayList<>();
    for (int clusterSize : new int[] {512, 4096, 64 << 10, 128 << 10, 2 << 20}) {
      for (boolean raw : new boolean[] {true, false}) {
        for (Contents contents : List.of(Contents.SPARSE, Contents.EDGES, Contents.EMPTY)) {
          cases.add(
              ImportCase.with(
                  contents + " cluster_size=64k", recipe(contents, "", ""), clusterSize, raw));
        }
      }
    }
    cases.add(
        ImportCase.of(
            "large",
            directory ->
                convert(
                    directory, Contents.SPARSE.write(directory.resolve("d"), LARGE, 1), "", "")));
    return cases;
  }

  private static List<ImportCase> raw() {
    int[] sizes = {
      1, 511, 512, 513, 65_537, 5 << 20, (5 << 20) + 1, (10 << 20) - 1, (11 << 20) + 700
    };
    return Arrays.stream(sizes)
        .mapToObj(size -> size)
        .flatMap(size -> Stream.of(raw(Contents.SPARSE, size), raw(Contents.FULL, size)))
        .toList();
  }

  private static ImportCase raw(Contents contents, int size) {
    return ImportCase.of(
        contents + " raw of " + size + " bytes",
        directory -> SourceImage.raw(contents.write(directory.resolve("source.raw"), size, size)));
  }

  private static ImportCase qcow2(Contents contents, String options, String compression) {
    return ImportCase.of(
        contents + " " + options + (compression.isEmpty() ? "" : " " + compression),
        recipe(contents, options, compression));
  }

  private static ImportCase.Recipe recipe(Contents contents, String options, String compression) {
    long seed = (contents + options + compression).hashCode();
    int size =
        options.contains("cluster_size=512")
            ? SMALL
            : SIZES[(int) Math.floorMod(seed, (long) SIZES.length)];
    return directory ->
        convert(
            directory,
            contents.write(directory.resolve("original"), size, seed),
            options,
            compression);
  }

  static SourceImage convert(Path directory, Path raw, String options, String compression)
      throws Exception {
    Path image = directory.resolve("source.qcow2");
    List<String> command = new ArrayList<>(List.of("qemu-img", "convert", "-f", "raw"));
    String all = options;
    if (!compression.isEmpty()) {
      command.add("-c");
      // version 2 knows only zlib, and no option that says so
      all = compression.equals("zlib") ? options : options + ",compression_type=" + compression;
    }
    if (!all.isEmpty()) {
      command.addAll(List.of("-o", all));
    }
    command.addAll(List.of("-O", "qcow2", raw.toString(), image.toString()));
    Tool.succeed(directory, command.toArray(String[]::new));
    return SourceImage.qcow2(image).showing(raw);
  }
}
