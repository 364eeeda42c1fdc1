package io.drover.converter.hostile;

import io.drover.converter.qcow2.QemuTools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Small sound images of every kind that qemu-img writes, as raw material of hostile ones. */
final class SoundImages {
  private static final List<String> KINDS =
      List.of(
          "cluster_size=64k",
          "cluster_size=512",
          "cluster_size=4k,compat=0.10",
          "cluster_size=4k,refcount_bits=1",
          "cluster_size=32k,lazy_refcounts=on",
          "cluster_size=16k,extended_l2=on",
          "cluster_size=64k,extended_l2=on,preallocation=metadata",
          "-c cluster_size=512",
          "-c cluster_size=4k,compat=0.10",
          "-c cluster_size=64k",
          "-c cluster_size=4k,compression_type=zstd",
          "-c cluster_size=64k,compression_type=zstd",
          "-c cluster_size=32k,extended_l2=on,compression_type=zstd");

  private SoundImages() {}

  /** A disk with noise, text, one byte many times, zeros and single sectors. */
  static byte[] disk(int size) {
    byte[] disk = new byte[size];
    Random random = new Random(size);
    for (int at = 0; at < size; ) {
      int end = Math.min(size, at + 512 * (1 + random.nextInt(60)));
      int kind = random.nextInt(4);
      byte value = (byte) (1 + random.nextInt(255));
      for (; at < end; at++) {
        disk[at] =
            switch (kind) {
              case 0 -> (byte) random.nextInt();
              case 1 -> (byte) ("drover ".charAt(at % 7) + (at >> 12 & 3));
              case 2 -> value;
              default -> 0;
            };
      }
    }
    return disk;
  }

  /** One image of each kind, most with writes in place after the conversion. */
  static List<byte[]> make(Path directory) throws IOException {
    List<byte[]> images = new ArrayList<>();
    for (String kind : KINDS) {
      boolean tiny = kind.contains("cluster_size=512");
      Path raw =
          Files.write(directory.resolve("sound.raw"), disk(tiny ? 128 << 10 : (1 << 20) - 1536));
      Path image = directory.resolve("sound.qcow2");
      List<String> convert = new ArrayList<>(List.of("convert", "-f", "raw", "-O", "qcow2"));
      if (kind.startsWith("-c ")) {
        convert.add("-c");
      }
      convert.addAll(List.of("-o", kind.replace("-c ", ""), raw.toString(), image.toString()));
      QemuTools.img(directory, convert.toArray(String[]::new));
      if (images.size() % 3 != 2) {
        QemuTools.io(image, "write -P 7 5k 3k", "write -z 64k 20k", "write -P 9 100k 9k");
      }
      if (images.size() % 4 == 1) {
        QemuTools.img(directory, "snapshot", "-c", "kept", image.toString());
        QemuTools.io(image, "write -P 5 30k 1k");
      }
      images.add(Files.readAllBytes(image));
    }
    return images;
  }
}
