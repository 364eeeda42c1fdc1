package io.drover.routes.queue;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.error.Printable;
import io.drover.converter.http.AddressPolicy;
import io.drover.converter.http.HttpLocation;
import io.drover.converter.imports.Destination;
import io.drover.converter.object.ObjectLocation;
import io.drover.converter.storage.FileSource;
import io.drover.converter.storage.RandomAccessSource;
import io.drover.converter.storage.SymbolicLinks;
import io.drover.routes.config.ConfigException;
import io.drover.routes.config.Key;
import io.drover.routes.config.Settings;
import io.drover.routes.request.SourceName;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * What requests may read and write, whatever they say.
 *
 * @param sourceBuckets names, or {@code *} for all
 * @param destinationBuckets names, or {@code *} for all
 * @param sourceRoots real paths of folders
 * @param addresses that http sources may be at
 */
record RequestRules(
    List<String> sourceBuckets,
    List<String> destinationBuckets,
    List<Path> sourceRoots,
    AddressPolicy addresses) {
  private static final String ALL = "*";
  private static final String BUCKET = "[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]";

  static RequestRules of(Settings settings) throws ConfigException {
    List<Path> roots = new ArrayList<>();
    for (String root : list(settings, Key.REQUESTS_SOURCE_ROOTS)) {
      try {
        roots.add(Path.of(root).toRealPath());
      } catch (IOException e) {
        throw new ConfigException(
            Key.REQUESTS_SOURCE_ROOTS.key() + ": " + root + " is no folder that can be read");
      }
    }
    return new RequestRules(
        list(settings, Key.REQUESTS_SOURCE_BUCKETS),
        list(settings, Key.REQUESTS_DESTINATION_BUCKETS),
        roots,
        settings.flag(Key.REQUESTS_ALLOW_PRIVATE) ? AddressPolicy.ANY : AddressPolicy.PUBLIC);
  }

  private static List<String> list(Settings settings, Key key) {
    return Stream.of(settings.text(key).split(","))
        .map(String::trim)
        .filter(entry -> !entry.isEmpty())
        .toList();
  }

  /**
   * @throws ImportException {@code SOURCE_SCHEME}, {@code SOURCE_NAME_INVALID}, {@code
   *     SOURCE_OUTSIDE_ROOT}
   */
  void requireSource(SourceName source) throws ImportException {
    if (source.text().chars().anyMatch(Character::isISOControl)) {
      throw ImportException.refused(
          ErrorCode.SOURCE_NAME_INVALID,
          "source " + Printable.text(source.text()) + " has a control character");
    }
    if (source.isStream()) {
      throw ImportException.refused(
          ErrorCode.SOURCE_SCHEME, "source -: a request has no standard input; name an object");
    }
    if (source.isObject()) {
      requireObject(source.object());
    } else if (source.isHttp()) {
      requireAddress(source);
    } else {
      requireLocal(source);
    }
  }

  private void requireObject(ObjectLocation object) throws ImportException {
    if (!object.bucket().matches(BUCKET)) {
      throw ImportException.refused(
          ErrorCode.SOURCE_NAME_INVALID,
          "source " + Printable.text(object.uri()) + ": that is no bucket name");
    }
    requireListed(sourceBuckets, object.bucket(), Key.REQUESTS_SOURCE_BUCKETS);
  }

  private static void requireListed(List<String> buckets, String bucket, Key key)
      throws ImportException {
    if (!buckets.contains(ALL) && !buckets.contains(bucket)) {
      throw ImportException.refused(
          key == Key.REQUESTS_SOURCE_BUCKETS
              ? ErrorCode.SOURCE_OUTSIDE_ROOT
              : ErrorCode.TARGET_DENIED,
          "bucket " + Printable.text(bucket) + " is not listed in " + key.key());
    }
  }

  /** Names are looked up, and every address is looked at, when the source is opened. */
  private void requireAddress(SourceName source) throws ImportException {
    HttpLocation.parse(source.text());
    String host = String.valueOf(URI.create(source.text()).getHost());
    String bare = host.replaceAll("[\\[\\]]", "");
    boolean literal = bare.contains(":") || bare.matches("[0-9.]+");
    boolean allowed = true;
    if (literal) {
      try {
        allowed = addresses.allows(InetAddress.getByName(bare));
      } catch (UnknownHostException e) {
        throw ImportException.refused(
            ErrorCode.SOURCE_NAME_INVALID, "source: " + Printable.text(bare) + " is no address", e);
      }
    } else if (bare.equalsIgnoreCase("localhost")) {
      allowed = addresses == AddressPolicy.ANY;
    }
    if (!allowed) {
      throw ImportException.refused(
          ErrorCode.SOURCE_OUTSIDE_ROOT,
          "source: "
              + Printable.text(bare)
              + " is in a private network; "
              + Key.REQUESTS_ALLOW_PRIVATE.key()
              + " allows that");
    }
  }

  private void requireLocal(SourceName source) throws ImportException {
    if (source.text().matches("(?is)[a-z][a-z0-9+.-]*:.*")) {
      throw ImportException.refused(
          ErrorCode.SOURCE_SCHEME,
          "source "
              + Printable.text(source.text())
              + ": sources are s3://bucket/key, http and https URLs, and files below "
              + Key.REQUESTS_SOURCE_ROOTS.key());
    }
    Path path = source.path();
    if (!path.isAbsolute() || !path.equals(path.normalize())) {
      throw outside(source);
    }
    requireBelowRoot(source, followed(path));
  }

  /** With all links followed; a file that is not there is for the import to say. */
  private static Path followed(Path path) {
    try {
      return path.toRealPath();
    } catch (IOException e) {
      return path;
    }
  }

  private void requireBelowRoot(SourceName source, Path real) throws ImportException {
    if (sourceRoots.stream().noneMatch(root -> real.startsWith(root) && !real.equals(root))) {
      throw outside(source);
    }
  }

  /** A local file; since it was looked at, its links may have changed. */
  RandomAccessSource openLocal(SourceName source) throws IOException {
    Path real = followed(source.path());
    requireBelowRoot(source, real);
    return FileSource.open(real, SymbolicLinks.REFUSE);
  }

  private static ImportException outside(SourceName source) {
    return ImportException.refused(
        ErrorCode.SOURCE_OUTSIDE_ROOT,
        "source "
            + Printable.text(source.text())
            + " is not below a folder of "
            + Key.REQUESTS_SOURCE_ROOTS.key()
            + "; list its folder there, or name an object");
  }

  /**
   * @throws ImportException {@code TARGET_NAME_INVALID}, {@code TARGET_DENIED}
   */
  Destination destination(String uri) throws ImportException {
    Destination destination = Destination.parse(uri);
    requireListed(destinationBuckets, destination.bucket(), Key.REQUESTS_DESTINATION_BUCKETS);
    return destination;
  }
}
