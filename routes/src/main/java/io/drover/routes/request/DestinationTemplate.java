package io.drover.routes.request;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.error.Printable;
import io.drover.converter.imports.Destination;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where imports go, with {@code {name}}, {@code {id}} and {@code {relpath}} filled in. The pieces
 * come from file names, so they are data: whatever is no letter, digit, dot, hyphen or underscore
 * becomes an underscore, and nothing in them is looked at again.
 */
public final class DestinationTemplate {
  private static final Pattern FIELD = Pattern.compile("\\{([^{}]*)}");
  private static final Pattern IMAGE = Pattern.compile("(?i)\\.(raw|img|qcow2|qcow)$");
  private static final int MAX_PIECE = 100;

  private final String template;

  /**
   * @throws ImportException {@code TARGET_NAME_INVALID} if it is no destination or has an unknown
   *     field
   */
  public DestinationTemplate(String template) throws ImportException {
    this.template = template;
    Matcher fields = FIELD.matcher(template);
    while (fields.find()) {
      if (!fields.group(1).matches("name|id|relpath")) {
        throw ImportException.refused(
            ErrorCode.TARGET_NAME_INVALID,
            "destination template "
                + Printable.text(template)
                + ": {"
                + Printable.text(fields.group(1))
                + "} is not {name}, {id} or {relpath}");
      }
    }
    fill(Path.of("a.raw"), "a");
  }

  /**
   * The destination of one image.
   *
   * @param place of the image: its path below what is looked through
   */
  public Destination fill(Path place, String importId) throws ImportException {
    Matcher fields = FIELD.matcher(template);
    StringBuilder uri = new StringBuilder();
    while (fields.find()) {
      String value =
          switch (fields.group(1)) {
            case "name" -> piece(stem(place.getFileName().toString()));
            case "id" -> importId;
            default -> relativePath(place);
          };
      fields.appendReplacement(uri, Matcher.quoteReplacement(value));
    }
    fields.appendTail(uri);
    return Destination.parse(uri.toString());
  }

  /** Whether it has no field at all, so that there is room for one image only. */
  public boolean isOfOneImage() {
    return !FIELD.matcher(template).find();
  }

  /** Whether {@code {id}} stands in it. */
  public boolean namesId() {
    return template.contains("{id}");
  }

  /** As written. */
  public String text() {
    return template;
  }

  /** What all destinations lie below; empty where they do not even share a bucket. */
  public Optional<Destination> fixed() throws ImportException {
    int field = template.indexOf('{');
    if (field < 0) {
      return Optional.of(Destination.parse(template));
    }
    int slash = template.lastIndexOf('/', field);
    return slash < "s3://b".length()
        ? Optional.empty()
        : Optional.of(Destination.parse(template.substring(0, slash + 1)));
  }

  private static String relativePath(Path place) {
    StringBuilder path = new StringBuilder();
    for (int index = 0; index < place.getNameCount() - 1; index++) {
      path.append(piece(place.getName(index).toString())).append('/');
    }
    return path.append(piece(stem(place.getFileName().toString()))).toString();
  }

  private static String stem(String name) {
    return IMAGE.matcher(name).replaceFirst("");
  }

  private static String piece(String text) {
    String composed = Normalizer.normalize(text, Normalizer.Form.NFC);
    StringBuilder piece = new StringBuilder();
    composed
        .codePoints()
        .limit(MAX_PIECE)
        .forEach(
            point ->
                piece.appendCodePoint(
                    Character.isLetterOrDigit(point) || "._-".indexOf(point) >= 0 ? point : '_'));
    // a segment of dots would climb or be refused
    if (piece.isEmpty() || piece.charAt(0) == '.') {
      piece.insert(0, '_');
    }
    return piece.toString();
  }
}
