package io.drover.routes.cli;

import io.drover.converter.error.Printable;
import io.drover.converter.http.AddressPolicy;
import io.drover.converter.image.ImageFormat;
import io.drover.converter.object.ObjectStore;
import io.drover.converter.storage.RandomAccessSource;
import io.drover.routes.config.ConfigException;
import io.drover.routes.config.Key;
import io.drover.routes.config.Settings;
import io.drover.routes.request.SourceName;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Options of the commands that read an image. */
final class ReadOptions {
  @Option(
      names = {"-f", "--format"},
      paramLabel = "FORMAT",
      description =
          "Format of the source, raw or qcow2; by default its extension declares it (.raw .img,"
              + " .qcow2 .qcow). It is never guessed from the content")
  private String format;

  @Option(
      names = "--backing-root",
      paramLabel = "DIR",
      description = "Allow backing files below this folder (repeatable)")
  private List<String> backingRoots;

  @Option(
      names = "--max-virtual-size",
      paramLabel = "SIZE",
      description = "Largest guest disk to accept (2T)")
  private String maxVirtualSize;

  @Option(
      names = "--allow-foreign",
      description = "Accept a raw disk that looks like another format")
  private boolean allowForeign;

  @Option(names = "--allow-corrupt", description = "Accept a qcow2 whose corrupt bit is set")
  private boolean allowCorrupt;

  Settings apply(Settings settings) {
    return settings
        .with(Key.BACKING_ROOTS, backingRoots == null ? null : String.join(",", backingRoots))
        .with(Key.MAX_VIRTUAL_SIZE, maxVirtualSize)
        .with(Key.ALLOW_FOREIGN, allowForeign ? "true" : null)
        .with(Key.ALLOW_CORRUPT, allowCorrupt ? "true" : null);
  }

  /**
   * What the option declares, if it is given.
   *
   * @throws ConfigException if it is no format
   */
  Optional<ImageFormat> declaredFormat() throws ConfigException {
    if (format == null) {
      return Optional.empty();
    }
    Optional<ImageFormat> declared = ImageFormat.ofLabel(format);
    if (declared.isEmpty()) {
      throw new ConfigException("-f " + Printable.text(format) + ": the formats are raw and qcow2");
    }
    return declared;
  }

  /**
   * The declared format.
   *
   * @throws ConfigException if neither option nor extension declares one
   */
  ImageFormat format(SourceName source) throws ConfigException {
    Optional<ImageFormat> declared = declaredFormat();
    if (declared.isPresent()) {
      return declared.get();
    }
    return source
        .declaredFormat()
        .orElseThrow(
            () ->
                new ConfigException(
                    Printable.text(source.shown())
                        + ": the extension is not .raw, .img, .qcow2 or .qcow: say -f raw or -f"
                        + " qcow2"));
  }

  /** Opens a source that a person named; whoever types an address can reach it anyway. */
  static RandomAccessSource open(SourceName source, ObjectStore store) throws IOException {
    return source.open(store, AddressPolicy.ANY);
  }
}
