package io.drover.routes.batch;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.error.Printable;
import io.drover.converter.http.AddressPolicy;
import io.drover.converter.image.ImageFormat;
import io.drover.converter.image.ReadPolicy;
import io.drover.converter.imports.Destination;
import io.drover.converter.imports.ImportOptions;
import io.drover.routes.config.ConfigException;
import io.drover.routes.config.Settings;
import io.drover.routes.request.DestinationTemplate;
import io.drover.routes.request.ImportTerms;
import io.drover.routes.request.SourceName;
import io.drover.routes.request.WantedImport;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** What holds for every line of a list where the line says nothing else. Immutable. */
public final class BatchTerms {
  private final Settings settings;
  private final Optional<ImageFormat> format;
  private final Optional<DestinationTemplate> template;
  private final ReadPolicy policy;

  /** Of lines without any of their own, which are most. */
  private final ImportOptions common;

  /**
   * @param format of sources whose line declares none; empty: their extension does
   * @param template where an image goes whose line names no destination
   * @param options of every import
   * @throws ConfigException if the options cannot be
   */
  public BatchTerms(
      Settings settings,
      Optional<ImageFormat> format,
      Optional<DestinationTemplate> template,
      Map<String, String> options,
      ReadPolicy policy)
      throws ConfigException {
    this.settings = ImportTerms.with(settings, options);
    this.format = format;
    this.template = template;
    this.policy = policy;
    this.common = options(this.settings, null);
  }

  /** Where images go whose line names no destination. */
  public Optional<DestinationTemplate> template() {
    return template;
  }

  private static ImportOptions options(Settings settings, String checksum) throws ConfigException {
    return ImportTerms.options(
        settings,
        ImportTerms.checksum(checksum),
        // the answer to what is there already is none of the import's identity
        ImportOptions.Existing.ACCEPT_SAME);
  }

  /** An import and its id. */
  record Wanted(String importId, WantedImport wanted) {}

  /**
   * What a line wants.
   *
   * @throws ImportException if it cannot be
   */
  Wanted wanted(Listed.Wish wish) throws ImportException {
    SourceName source = new SourceName(wish.source());
    if (source.isStream()) {
      throw invalid("standard input can be imported alone only: drover import - DESTINATION");
    }
    ImageFormat format = format(wish, source);
    ImportOptions terms = options(wish);
    if (wish.destination() != null) {
      Destination destination = Destination.parse(wish.destination());
      WantedImport wanted = wanted(source, format, destination, terms);
      return new Wanted(wanted.id(), wanted);
    }
    if (template.isEmpty()) {
      throw ImportException.refused(
          ErrorCode.TARGET_NAME_INVALID,
          "no destination: name one in the line, or behind the list: drover batch LIST"
              + " 's3://bucket/{name}/'");
    }
    DestinationTemplate place = template.get();
    Path path = path(wish.place());
    if (place.namesId()) {
      String id = WantedImport.id(source, format, place.text(), terms);
      return new Wanted(id, wanted(source, format, place.fill(path, id), terms));
    }
    WantedImport wanted = wanted(source, format, place.fill(path, ""), terms);
    return new Wanted(wanted.id(), wanted);
  }

  private WantedImport wanted(
      SourceName source, ImageFormat declared, Destination destination, ImportOptions terms) {
    // who writes a list can reach its addresses anyway
    return new WantedImport(source, declared, destination, terms, policy, AddressPolicy.ANY);
  }

  private ImageFormat format(Listed.Wish wish, SourceName source) throws ImportException {
    if (wish.format() != null) {
      return ImageFormat.ofLabel(wish.format())
          .orElseThrow(
              () ->
                  invalid(
                      "format "
                          + Printable.text(wish.format())
                          + ": the formats are raw and qcow2"));
    }
    return format
        .or(source::declaredFormat)
        .orElseThrow(
            () ->
                ImportException.refused(
                    ErrorCode.FORMAT_UNSUPPORTED,
                    Printable.text(source.shown())
                        + ": the extension is not .raw, .img, .qcow2 or .qcow: give the line a"
                        + " format, or all of them: -f raw"));
  }

  private ImportOptions options(Listed.Wish wish) throws ImportException {
    if (wish.options().isEmpty() && wish.checksum() == null) {
      return common;
    }
    try {
      return options(ImportTerms.with(settings, wish.options()), wish.checksum());
    } catch (ConfigException e) {
      throw invalid(Printable.text(e.getMessage(), 1000));
    }
  }

  /** Without what leads out of a folder, or has no place in a path. */
  private static Path path(String place) throws ImportException {
    SourceName source = new SourceName(place);
    String relative = source.isHttp() ? place.replaceFirst("[?#].*$", "") : place;
    if (!source.isLocal()) {
      relative = relative.replaceFirst("^[A-Za-z0-9]+://[^/]*", "");
    }
    try {
      Path path = Path.of(relative).normalize();
      Path below = path.isAbsolute() ? path.getRoot().relativize(path) : path;
      if (below.getFileName() != null && !below.toString().isEmpty()) {
        return below;
      }
    } catch (InvalidPathException e) {
      // said below
    }
    throw ImportException.refused(
        ErrorCode.SOURCE_NAME_INVALID, Printable.text(place) + ": this is no file name");
  }

  private static ImportException invalid(String why) {
    return ImportException.refused(ErrorCode.REQUEST_INVALID, why);
  }
}
