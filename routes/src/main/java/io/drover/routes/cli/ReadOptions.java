package io.drover.routes.cli;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.error.Printable;
import io.drover.converter.http.AddressPolicy;
import io.drover.converter.http.HttpLocation;
import io.drover.converter.http.HttpSource;
import io.drover.converter.image.ImageFormat;
import io.drover.converter.object.ObjectLocation;
import io.drover.converter.object.ObjectSource;
import io.drover.converter.object.ObjectStore;
import io.drover.converter.storage.FileSource;
import io.drover.converter.storage.RandomAccessSource;
import io.drover.converter.storage.SymbolicLinks;
import io.drover.routes.config.ConfigException;
import io.drover.routes.config.Key;
import io.drover.routes.config.Settings;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Option;

/** Options of the commands that read an image. */
final class ReadOptions {
  private static final String OBJECT_SCHEME = "s3://";

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
   * The declared format.
   *
   * @throws ConfigException if neither option nor extension declares one
   */
  ImageFormat format(String source) throws ConfigException {
    if (format != null) {
      return ImageFormat.ofLabel(format)
          .orElseThrow(
              () ->
                  new ConfigException(
                      "-f " + Printable.text(format) + ": the formats are raw and qcow2"));
    }
    String name = HttpLocation.named(source) ? httpPath(source) : source;
    return ImageFormat.ofExtension(name)
        .orElseThrow(
            () ->
                new ConfigException(
                    Printable.text(shown(source))
                        + ": the extension is not .raw, .img, .qcow2 or .qcow: say -f raw or -f"
                        + " qcow2"));
  }

  /**
   * Opens a source that a person named.
   *
   * @param store for sources that are objects; stays open
   */
  static RandomAccessSource open(String source, ObjectStore store) throws IOException {
    if (isObject(source)) {
      return ObjectSource.open(store, object(source));
    }
    if (HttpLocation.named(source)) {
      // whoever types an address can reach it anyway
      return HttpSource.open(HttpLocation.parse(source), AddressPolicy.ANY);
    }
    return FileSource.open(path(source), SymbolicLinks.FOLLOW);
  }

  /** How a source that a person named is shown to others: a URL without its secrets. */
  static String shown(String source) {
    if (!HttpLocation.named(source)) {
      return source;
    }
    try {
      return HttpLocation.parse(source).toString();
    } catch (ImportException e) {
      // what cannot be taken apart may hold a password anywhere
      return source.substring(0, source.indexOf(':')) + "://***";
    }
  }

  private static String httpPath(String source) {
    try {
      return HttpLocation.parse(source).path();
    } catch (ImportException e) {
      // said when it is opened
      return "";
    }
  }

  static boolean isObject(String source) {
    return source.startsWith(OBJECT_SCHEME);
  }

  /** A path, and no URL of any kind. */
  static boolean isLocal(String source) {
    return !isObject(source) && !HttpLocation.named(source);
  }

  private static ObjectLocation object(String source) throws ImportException {
    String rest = source.substring(OBJECT_SCHEME.length());
    int slash = rest.indexOf('/');
    try {
      return new ObjectLocation(
          slash < 0 ? rest : rest.substring(0, slash), slash < 0 ? "" : rest.substring(slash + 1));
    } catch (IllegalArgumentException e) {
      throw ImportException.refused(
          ErrorCode.SOURCE_NAME_INVALID,
          Printable.text(source) + ": an object is named s3://bucket/key",
          e);
    }
  }

  /**
   * The local file that a person named.
   *
   * @throws ImportException {@code SOURCE_SCHEME} for what is no local file
   */
  static Path path(String source) throws ImportException {
    if (source.equals("-") || source.matches("(?i)[a-z][a-z0-9+.-]*://.*")) {
      throw ImportException.refused(
          ErrorCode.SOURCE_SCHEME,
          Printable.text(source)
              + ": sources are local files, s3://bucket/key, and http:// or https:// URLs: download"
              + " it, and give the path");
    }
    try {
      return Path.of(source);
    } catch (InvalidPathException e) {
      throw ImportException.refused(
          ErrorCode.SOURCE_NAME_INVALID, Printable.text(source) + ": this is no file name", e);
    }
  }
}
