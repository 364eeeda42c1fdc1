package io.drover.converter.reader;

import io.drover.converter.error.ImportException;
import io.drover.converter.image.ImageFormat;
import io.drover.converter.qcow2.Qcow2Facts;
import java.util.List;
import java.util.Optional;

/**
 * What a source says of itself, whether or not it can be imported. All text is escaped.
 *
 * @param format as declared
 * @param virtualSize guest disk in bytes, {@link #UNKNOWN} if the source does not even say so
 * @param fileSize bytes of the source
 * @param qcow2 what a qcow2 header says; empty for raw and where there is no such header
 * @param refusal what importing it under the same policy gives; empty if it can be imported
 */
public record ImageDescription(
    ImageFormat format,
    long virtualSize,
    long fileSize,
    Optional<Qcow2Facts> qcow2,
    List<String> warnings,
    Optional<ImportException> refusal) {
  public static final long UNKNOWN = -1;

  public ImageDescription {
    warnings = List.copyOf(warnings);
  }
}
