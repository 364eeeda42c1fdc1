package io.drover.routes.cli;

import io.drover.converter.error.Printable;
import io.drover.converter.imports.Destination;
import io.drover.converter.object.ObjectStore;
import io.drover.routes.batch.BatchIntake;
import io.drover.routes.batch.BatchItem;
import io.drover.routes.batch.BatchTerms;
import io.drover.routes.batch.FolderScan;
import io.drover.routes.batch.ImageList;
import io.drover.routes.batch.ListFile;
import io.drover.routes.batch.NameFilter;
import io.drover.routes.batch.PrefixScan;
import io.drover.routes.config.ConfigException;
import io.drover.routes.config.Settings;
import io.drover.routes.request.DestinationTemplate;
import io.drover.routes.request.ImportTerms;
import io.drover.routes.request.SourceName;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;

/**
 * What LIST and DESTINATION of a command line mean: a list as a file, a folder or a prefix, and
 * where its images go.
 *
 * @param name as given
 */
record ListedImages(String name, ImageList list, BatchTerms terms) implements Closeable {
  /** A list without anything on top. */
  static ListedImages open(
      String name, String destination, Settings settings, ReadOptions reading, ObjectStore store)
      throws Exception {
    NameFilter all = new NameFilter(List.of(), List.of());
    return open(name, destination, Map.of(), all, settings, reading, store);
  }

  /**
   * Opens a list.
   *
   * @param destination of lines that name none; null: all must
   * @param options of all images
   * @param filter of folders and prefixes
   */
  static ListedImages open(
      String name,
      String destination,
      Map<String, String> options,
      NameFilter filter,
      Settings settings,
      ReadOptions reading,
      ObjectStore store)
      throws Exception {
    BatchTerms terms =
        new BatchTerms(
            settings,
            reading.declaredFormat(),
            destination == null ? Optional.empty() : Optional.of(template(destination)),
            options,
            ImportTerms.policy(settings));
    return new ListedImages(name, list(name, terms, filter, store), terms);
  }

  /** The items of the list, which can be had once. */
  BatchIntake intake(Predicate<BatchItem> chosen, BooleanSupplier stop) {
    return new BatchIntake(list, terms, chosen, stop);
  }

  /** A destination that has room for one image only is where all of them lie below. */
  private static DestinationTemplate template(String destination) throws IOException {
    DestinationTemplate given = new DestinationTemplate(destination);
    return given.isOfOneImage()
        ? new DestinationTemplate(
            destination + (destination.endsWith("/") ? "" : "/") + "{relpath}/")
        : given;
  }

  private static ImageList list(String name, BatchTerms terms, NameFilter filter, ObjectStore store)
      throws Exception {
    SourceName source = new SourceName(name);
    if (source.isStream()) {
      return new ListFile(System.in);
    }
    if (source.isObject()) {
      Destination prefix = Destination.parse(name);
      requireApart(prefix, terms);
      return new PrefixScan(store, prefix, filter);
    }
    Path path = path(name);
    if (Files.isDirectory(path)) {
      return new FolderScan(path, filter);
    }
    if (filter.given()) {
      throw new ConfigException("--include and --exclude are for folders and prefixes");
    }
    try {
      return new ListFile(Files.newInputStream(path));
    } catch (IOException e) {
      throw new ConfigException(
          "the list "
              + Printable.text(name)
              + " cannot be read"
              + (e instanceof NoSuchFileException ? ": there is no such file" : "")
              + "; name a CSV, JSON lines, a folder or s3://bucket/prefix/");
    }
  }

  private static Path path(String name) throws ConfigException {
    try {
      return Path.of(name);
    } catch (InvalidPathException e) {
      throw new ConfigException("'" + name + "' is no file name");
    }
  }

  /** What is imported must not be found as an image to import. */
  private static void requireApart(Destination prefix, BatchTerms terms) throws Exception {
    if (terms.template().isEmpty()) {
      return;
    }
    Optional<Destination> below = terms.template().get().fixed();
    if (below.isPresent()
        && below.get().bucket().equals(prefix.bucket())
        && below.get().prefix().startsWith(prefix.prefix())) {
      throw new ConfigException(
          "the destinations lie below "
              + prefix.uri()
              + ", where images are looked for; choose another prefix");
    }
  }

  /** How many lines it has; negative where that is not to be known before. */
  long expected() throws IOException {
    Path path = new SourceName(name).isLocal() ? Path.of(name) : null;
    return path == null || !Files.isRegularFile(path) ? -1 : ListFile.count(path);
  }

  @Override
  public void close() throws IOException {
    list.close();
  }
}
