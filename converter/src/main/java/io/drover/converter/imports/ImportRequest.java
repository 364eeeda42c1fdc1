package io.drover.converter.imports;

import io.drover.converter.image.ImageFormat;
import io.drover.converter.image.ReadPolicy;
import java.util.Objects;
import java.util.Optional;

/**
 * A wish to import one image.
 *
 * @param importId identity of the import: the same id twice is one import
 * @param source how the source is named to people: a path or URI; may hold hostile text
 * @param opener opens the source when it is the import's turn
 * @param format declared, never guessed; an import without one is refused
 */
public record ImportRequest(
    String importId,
    String source,
    SourceOpener opener,
    Optional<ImageFormat> format,
    Destination destination,
    ImportOptions options,
    ReadPolicy policy) {
  public ImportRequest {
    if (!importId.matches("[A-Za-z0-9._-]{1,128}")) {
      throw new IllegalArgumentException("no import id: " + importId);
    }
    Objects.requireNonNull(source);
    Objects.requireNonNull(opener);
    Objects.requireNonNull(format);
    Objects.requireNonNull(destination);
    Objects.requireNonNull(options);
    Objects.requireNonNull(policy);
  }
}
