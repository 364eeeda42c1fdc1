package io.drover.routes.request;

import io.drover.converter.error.ImportException;
import io.drover.converter.http.AddressPolicy;
import io.drover.converter.image.ImageFormat;
import io.drover.converter.image.ReadPolicy;
import io.drover.converter.imports.Destination;
import io.drover.converter.imports.ImportId;
import io.drover.converter.imports.ImportOptions;
import io.drover.converter.imports.ImportRequest;
import io.drover.converter.object.ObjectStore;
import java.util.List;
import java.util.Optional;

/**
 * What to import, where to and how; the fields of a request, whoever makes it.
 *
 * @param addresses that an http source may be at
 */
public record WantedImport(
    SourceName source,
    ImageFormat format,
    Destination destination,
    ImportOptions options,
    ReadPolicy policy,
    AddressPolicy addresses) {
  /**
   * The id of a wish that came without one: the same wish has the same.
   *
   * @throws ImportException {@code SOURCE_SCHEME} for sources of unknown kinds
   */
  public String id() throws ImportException {
    return id(source, format, destination.uri(), options);
  }

  /**
   * The same where the destination is only known when the id is, since it holds it.
   *
   * @param place destination or template of one
   */
  public static String id(
      SourceName source, ImageFormat format, String place, ImportOptions options)
      throws ImportException {
    return ImportId.of(List.of(source.stamp(), format.label(), place, options.toString()));
  }

  /** The same, with other options. */
  public WantedImport with(ImportOptions changed) {
    return new WantedImport(source, format, destination, changed, policy, addresses);
  }

  /**
   * For the import route.
   *
   * @param store of sources that are objects
   */
  public ImportRequest request(String importId, ObjectStore store) {
    return new ImportRequest(
        importId,
        source.shown(),
        () -> source.openForImport(store, addresses),
        Optional.of(format),
        destination,
        options,
        policy);
  }
}
