package io.drover.routes.request;

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
import io.drover.converter.storage.ImageSource;
import io.drover.converter.storage.RandomAccessSource;
import io.drover.converter.storage.StreamSource;
import io.drover.converter.storage.SymbolicLinks;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A source as somebody names it: a path, {@code s3://bucket/key}, an http(s) URL, or {@code -}.
 *
 * @param text as given; may hold secrets and hostile text: show {@link #shown()} instead
 */
public record SourceName(String text) {
  private static final String OBJECT_SCHEME = "s3://";
  private static final String STREAM = "-";

  /** Standard input, where an import reads a raw disk from. */
  public boolean isStream() {
    return text.equals(STREAM);
  }

  public boolean isObject() {
    return text.startsWith(OBJECT_SCHEME);
  }

  public boolean isHttp() {
    return HttpLocation.named(text);
  }

  /** A path, and no URL of any kind. */
  public boolean isLocal() {
    return !isObject() && !isHttp() && !isStream();
  }

  /** How it is shown to others: a URL without its secrets. Not escaped. */
  public String shown() {
    if (!isHttp()) {
      return text;
    }
    try {
      return HttpLocation.parse(text).toString();
    } catch (ImportException e) {
      // what cannot be taken apart may hold a password anywhere
      return text.substring(0, text.indexOf(':')) + "://***";
    }
  }

  /** The format that its extension declares; raw for a stream, which can be nothing else. */
  public Optional<ImageFormat> declaredFormat() {
    return isStream()
        ? Optional.of(ImageFormat.RAW)
        : ImageFormat.ofExtension(isHttp() ? httpPath() : text);
  }

  /**
   * Opens it for reading at any place.
   *
   * @param store for sources that are objects; stays open
   * @param addresses that http sources may be at
   * @throws ImportException {@code SOURCE_SCHEME} for a stream, and for schemes that are not read
   */
  public RandomAccessSource open(ObjectStore store, AddressPolicy addresses) throws IOException {
    if (isObject()) {
      return ObjectSource.open(store, object());
    }
    if (isHttp()) {
      return HttpSource.open(HttpLocation.parse(text), addresses);
    }
    return FileSource.open(path(), SymbolicLinks.FOLLOW);
  }

  /** The same for an import, which may read standard input. */
  ImageSource openForImport(ObjectStore store, AddressPolicy addresses) throws IOException {
    return isStream()
        ? new StreamSource(STREAM, new FileInputStream(FileDescriptor.in))
        : open(store, addresses);
  }

  /**
   * The object it names.
   *
   * @throws ImportException {@code SOURCE_NAME_INVALID} if it names none
   */
  public ObjectLocation object() throws ImportException {
    try {
      String rest = text.substring(OBJECT_SCHEME.length());
      int slash = rest.indexOf('/');
      return new ObjectLocation(
          slash < 0 ? rest : rest.substring(0, slash), slash < 0 ? "" : rest.substring(slash + 1));
    } catch (IllegalArgumentException e) {
      throw ImportException.refused(
          ErrorCode.SOURCE_NAME_INVALID,
          Printable.text(text) + ": an object is named s3://bucket/key",
          e);
    }
  }

  /**
   * The local file it names.
   *
   * @throws ImportException {@code SOURCE_SCHEME} for what is no local file
   */
  public Path path() throws ImportException {
    if (isStream()) {
      throw ImportException.refused(
          ErrorCode.SOURCE_SCHEME,
          "-: only import reads standard input, which comes once: save it to a file, and give the"
              + " path");
    }
    if (text.matches("(?i)[a-z][a-z0-9+.-]*://.*")) {
      throw ImportException.refused(
          ErrorCode.SOURCE_SCHEME,
          Printable.text(text)
              + ": sources are local files, s3://bucket/key, and http:// or https:// URLs: download"
              + " it, and give the path");
    }
    try {
      return Path.of(text);
    } catch (InvalidPathException e) {
      throw ImportException.refused(
          ErrorCode.SOURCE_NAME_INVALID, Printable.text(text) + ": this is no file name", e);
    }
  }

  /**
   * What tells it from others, and a local file from a later one of its name. Without secrets, so
   * that a URL that was signed again is still the same.
   */
  String stamp() throws ImportException {
    if (!isLocal()) {
      return shown();
    }
    Path absolute = path().toAbsolutePath().normalize();
    return absolute + FileStamp.of(absolute);
  }

  private String httpPath() {
    try {
      return HttpLocation.parse(text).path();
    } catch (ImportException e) {
      // said when it is opened
      return "";
    }
  }
}
