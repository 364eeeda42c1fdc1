package io.drover.routes.e2e;

import io.drover.converter.image.ImageFormat;
import io.drover.converter.image.ReadPolicy;
import io.drover.converter.imports.Destination;
import io.drover.converter.imports.ImportId;
import io.drover.converter.imports.ImportOptions;
import io.drover.converter.imports.ImportRequest;
import io.drover.converter.storage.FileSource;
import io.drover.converter.storage.SymbolicLinks;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * An image to import.
 *
 * @param original the raw disk that it was made of, if it was made in one go
 * @param policy what its reader needs to be allowed
 */
record SourceImage(Path file, ImageFormat format, Optional<Path> original, ReadPolicy policy) {
  /** Small, so that small disks have several parts, and blocks that lie in two of them. */
  static final long PART_SIZE = 5L << 20;

  static SourceImage raw(Path file) {
    return new SourceImage(file, ImageFormat.RAW, Optional.of(file), ReadPolicy.DEFAULT);
  }

  static SourceImage qcow2(Path file) {
    return new SourceImage(file, ImageFormat.QCOW2, Optional.empty(), ReadPolicy.DEFAULT);
  }

  SourceImage with(ReadPolicy changed) {
    return new SourceImage(file, format, original, changed);
  }

  SourceImage showing(Path raw) {
    return new SourceImage(file, format, Optional.of(raw), policy);
  }

  static ImportOptions options(int clusterSize, boolean raw) {
    return new ImportOptions(
        OptionalInt.of(clusterSize),
        raw,
        PART_SIZE,
        Optional.empty(),
        ImportOptions.Existing.REFUSE);
  }

  /** The wish to import it, with an id that is the destination's. */
  ImportRequest request(Destination destination, ImportOptions options) {
    return new ImportRequest(
        ImportId.of(List.of(destination.uri())),
        file.toString(),
        () -> FileSource.open(file, SymbolicLinks.REFUSE),
        Optional.of(format),
        destination,
        options,
        policy);
  }

  /** The guest disk: the original, or what qemu-img reads; always whole sectors. */
  byte[] guest() throws IOException, InterruptedException {
    if (original.isPresent()) {
      byte[] bytes = Files.readAllBytes(original.get());
      return Arrays.copyOf(bytes, (bytes.length + 511) / 512 * 512);
    }
    Tool.succeed(
        file.getParent(),
        "qemu-img",
        "convert",
        "-f",
        format.label(),
        "-O",
        "raw",
        file.toString(),
        "guest.raw");
    return Files.readAllBytes(file.resolveSibling("guest.raw"));
  }
}
