package io.drover.converter.http;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.error.Printable;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Locale;
import java.util.Optional;

/**
 * An http or https URL that can be asked and printed: user information goes to a header, and what
 * may be a secret (user information, query) is never printed.
 */
public final class HttpLocation {
  private static final String HIDDEN = "***";

  private final URI uri;
  private final Optional<String> authorization;
  private final String printed;

  private HttpLocation(URI uri, Optional<String> authorization, String printed) {
    this.uri = uri;
    this.authorization = authorization;
    this.printed = printed;
  }

  /** Whether a name that a person gave is such a URL, well-formed or not. */
  public static boolean named(String source) {
    return source.matches("(?is)https?://.*");
  }

  /**
   * @throws ImportException {@code SOURCE_NAME_INVALID}; the message does not repeat the URL, which
   *     may hold a password
   */
  public static HttpLocation parse(String source) throws ImportException {
    try {
      return of(new URI(source));
    } catch (URISyntaxException e) {
      // the exception's own text repeats the URL
      throw invalid("a character at position " + e.getIndex() + " must be percent-encoded");
    }
  }

  private static HttpLocation of(URI given) throws ImportException {
    String scheme = String.valueOf(given.getScheme()).toLowerCase(Locale.ROOT);
    if (!scheme.equals("http") && !scheme.equals("https")) {
      throw invalid("its scheme is neither http nor https");
    }
    if (given.getHost() == null) {
      throw invalid("it names no host");
    }
    String path =
        given.getRawPath() == null || given.getRawPath().isEmpty() ? "/" : given.getRawPath();
    String authority = given.getHost() + (given.getPort() < 0 ? "" : ":" + given.getPort());
    String query = given.getRawQuery() == null ? "" : "?" + given.getRawQuery();
    String user = given.getRawUserInfo() == null ? "" : HIDDEN + "@";
    return new HttpLocation(
        URI.create(scheme + "://" + authority + path + query),
        Optional.ofNullable(given.getUserInfo()).map(HttpLocation::basic),
        scheme + "://" + user + authority + path + (query.isEmpty() ? "" : "?" + HIDDEN));
  }

  /**
   * Where a redirect leads.
   *
   * @throws ImportException {@code SOURCE_READ_ERROR} if it leads nowhere, or from https to http
   */
  HttpLocation redirected(String target) throws ImportException {
    HttpLocation next;
    try {
      next = of(uri.resolve(new URI(target)));
    } catch (URISyntaxException | IllegalArgumentException | ImportException e) {
      throw refused("it redirects to what is no http or https URL; give the URL it should be");
    }
    if (secure() && !next.secure()) {
      throw refused("it redirects from https to http, where anybody could change the bytes");
    }
    boolean sameOrigin =
        next.uri.getScheme().equals(uri.getScheme())
            && next.uri.getHost().equalsIgnoreCase(uri.getHost())
            && next.uri.getPort() == uri.getPort();
    // credentials were meant for this server alone, and a redirect may not bring its own
    return new HttpLocation(next.uri, sameOrigin ? authorization : Optional.empty(), next.printed);
  }

  private ImportException refused(String reason) {
    return ImportException.refused(
        ErrorCode.SOURCE_READ_ERROR, "read " + Printable.text(printed, 1024) + ": " + reason);
  }

  private static ImportException invalid(String reason) {
    return ImportException.refused(
        ErrorCode.SOURCE_NAME_INVALID,
        "the source's URL is none: "
            + reason
            + "; a source looks like https://host/path/disk.qcow2");
  }

  private static String basic(String userInfo) {
    return "Basic " + Base64.getEncoder().encodeToString(userInfo.getBytes(StandardCharsets.UTF_8));
  }

  boolean secure() {
    return uri.getScheme().equals("https");
  }

  /** What to ask: without user information and fragment. */
  URI uri() {
    return uri;
  }

  /** The value of the Authorization header (RFC 7617), if the URL had user information. */
  Optional<String> authorization() {
    return authorization;
  }

  /** The path, decoded: its last part is the file's name. */
  public String path() {
    return uri.getPath();
  }

  /** To be shown: without secrets. */
  @Override
  public String toString() {
    return printed;
  }
}
