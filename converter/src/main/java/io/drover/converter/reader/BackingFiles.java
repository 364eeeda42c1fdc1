package io.drover.converter.reader;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.error.Printable;
import io.drover.converter.image.DiskImage;
import io.drover.converter.image.FormatSignatures;
import io.drover.converter.image.ImageFormat;
import io.drover.converter.image.RawImage;
import io.drover.converter.image.ReadPolicy;
import io.drover.converter.qcow2.BackingOpener;
import io.drover.converter.qcow2.Qcow2Image;
import io.drover.converter.storage.FileSource;
import io.drover.converter.storage.SourceIdentity;
import io.drover.converter.storage.SymbolicLinks;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Opens backing files that the policy allows: plain file names, relative to the directory of the
 * image that names them, which after following every symbolic link lie below an allowed directory.
 *
 * @param directory of the image that names the file
 * @param chain the images above, so that a loop is found
 */
record BackingFiles(Path directory, List<SourceIdentity> chain, ReadPolicy policy)
    implements BackingOpener {
  /** Chains of real snapshots stay well below it. */
  private static final int DEPTH_MAX = 16;

  static BackingFiles of(FileSource file, ReadPolicy policy) {
    return new BackingFiles(directoryOf(file), List.of(file.identity()), policy);
  }

  private static Path directoryOf(FileSource file) {
    return file.path().toAbsolutePath().getParent();
  }

  @Override
  public DiskImage open(String name, Optional<String> format) throws IOException {
    if (chain.size() > DEPTH_MAX) {
      throw refused(name, "the chain of backing files is longer than " + DEPTH_MAX);
    }
    ImageFormat declared =
        format
            .flatMap(ImageFormat::ofLabel)
            .orElseThrow(
                () ->
                    refused(
                        name,
                        format.isPresent()
                            ? "its declared format "
                                + Printable.text(format.get())
                                + " is neither raw nor qcow2"
                            : "its format is not declared, and formats are not guessed"));
    FileSource source = FileSource.open(resolve(name), SymbolicLinks.REFUSE);
    try {
      if (chain.contains(source.identity())) {
        throw refused(name, "it is the image itself or one above it: the chain is a loop");
      }
      FormatSignatures.require(source, declared, policy);
      if (declared == ImageFormat.RAW) {
        return RawImage.open(source, policy);
      }
      List<SourceIdentity> longer = new ArrayList<>(chain);
      longer.add(source.identity());
      return Qcow2Image.open(
          source, policy, new BackingFiles(directoryOf(source), List.copyOf(longer), policy));
    } catch (IOException | RuntimeException e) {
      source.close();
      throw e;
    }
  }

  /**
   * A colon could begin a protocol prefix, as in {@code nbd:} or {@code json:}: QEMU reads such
   * names as something else than a file, and no plain name needs one.
   */
  private Path resolve(String name) throws ImportException {
    if (name.isEmpty() || name.indexOf(':') >= 0 || name.indexOf(0) >= 0) {
      throw refused(name, "it is no plain file name");
    }
    // one answer for a missing file and for one outside, so that an image cannot ask what exists
    String reason = "it is no file below an allowed directory";
    try {
      List<Path> roots = new ArrayList<>();
      for (Path root : policy.backingRoots()) {
        roots.add(root.toRealPath());
        roots.add(root.toAbsolutePath().normalize());
      }
      // by its text first: not even the links of a name that leads elsewhere are followed
      Path named = directory.toRealPath().resolve(name);
      if (roots.stream().anyMatch(named.normalize()::startsWith)) {
        Path real = named.toRealPath();
        if (roots.stream().anyMatch(real::startsWith)) {
          return real;
        }
      }
    } catch (IOException | InvalidPathException e) {
      throw refused(name, reason);
    }
    throw refused(name, reason);
  }

  private static ImportException refused(String name, String reason) {
    return ImportException.refused(
        ErrorCode.QCOW2_BACKING_FILE,
        "open the backing file " + Printable.text(name) + ": " + reason);
  }
}
