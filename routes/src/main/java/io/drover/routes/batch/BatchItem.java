package io.drover.routes.batch;

import io.drover.converter.error.ImportException;
import io.drover.converter.error.Printable;
import io.drover.converter.imports.Destination;
import io.drover.routes.request.WantedImport;

/**
 * One entry of a list, ready to be treated, or known to be wrong.
 *
 * @param source escaped, without secrets
 * @param destination escaped; empty where it is not known
 * @param place the destination itself; null where it is not known
 * @param wanted null where there is an error
 * @param importId null where there is an error
 * @param error null where there is none
 */
public record BatchItem(
    long line,
    String source,
    String destination,
    Destination place,
    WantedImport wanted,
    String importId,
    ImportException error) {
  /** One that cannot be treated. */
  static BatchItem wrong(long line, String source, String destination, ImportException error) {
    return new BatchItem(line, source, destination, null, null, null, error);
  }

  /** An import that is there already, known by its destination alone. */
  static BatchItem committed(long line, Destination place) {
    String shown = Printable.text(place.uri(), 1100);
    return new BatchItem(line, shown, shown, place, null, null, null);
  }
}
