package io.drover.routes.queue;

import com.fasterxml.jackson.databind.JsonNode;
import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.error.Printable;
import io.drover.converter.image.ImageFormat;
import io.drover.converter.imports.Destination;
import io.drover.converter.imports.ImportOptions;
import io.drover.converter.imports.ImportRequest;
import io.drover.converter.object.ObjectStore;
import io.drover.routes.config.ConfigException;
import io.drover.routes.config.Settings;
import io.drover.routes.event.Origin;
import io.drover.routes.request.ImportTerms;
import io.drover.routes.request.SourceName;
import io.drover.routes.request.WantedImport;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Messages to requests. Every field is data: nothing of a message is evaluated, names an endpoint
 * or a class, or becomes a header. Thread-safe.
 */
final class RequestParser {
  static final String REQUESTED = "drover.import.requested";
  static final String CANCEL = "drover.import.cancel";

  private static final Set<String> FIELDS =
      Set.of("source", "format", "destination", "options", "checksum");
  private static final Set<String> CANCEL_FIELDS = Set.of("importId", "reason");
  private static final String ID = "[A-Za-z0-9._-]{1,128}";
  private static final int MOST_SOURCE = 4096;
  private static final int MOST_ORIGIN = 256;

  private final Settings settings;
  private final RequestRules rules;
  private final ObjectStore store;

  /**
   * @param store of sources that are objects
   */
  RequestParser(Settings settings, ObjectStore store) throws ConfigException {
    this.settings = settings;
    this.rules = RequestRules.of(settings);
    this.store = store;
  }

  /**
   * @throws ImportException what is wrong with it; the message is none that can be answered
   */
  Request parse(Message message) throws ImportException {
    Envelope envelope = Envelope.read(message);
    try {
      return switch (envelope.type()) {
        case REQUESTED -> imported(envelope);
        case CANCEL -> cancelled(envelope);
        default ->
            throw Envelope.unsupported(
                "type "
                    + Printable.text(envelope.type())
                    + ": "
                    + REQUESTED
                    + " and "
                    + CANCEL
                    + " are what is read");
      };
    } catch (ConfigException e) {
      throw invalid(e.getMessage());
    }
  }

  private Request imported(Envelope envelope) throws ImportException, ConfigException {
    // a digest instead would answer under a name that the sender does not know
    String id = requireId(envelope.id());
    JsonNode data = envelope.data().orElseThrow(() -> invalid("the request has no data"));
    Envelope.requireKnown(data, FIELDS);
    SourceName source = new SourceName(required(data, "source"));
    if (source.text().length() > MOST_SOURCE) {
      throw invalid("source has more than " + MOST_SOURCE + " characters");
    }
    rules.requireSource(source);
    Destination destination = rules.destination(required(data, "destination"));
    Settings own = ImportTerms.with(settings, options(data));
    ImportOptions options =
        ImportTerms.options(
            own,
            ImportTerms.checksum(text(data, "checksum").orElse(null)),
            ImportOptions.Existing.ACCEPT_SAME);
    WantedImport wanted =
        new WantedImport(
            source,
            format(data, source),
            destination,
            options,
            ImportTerms.policy(own),
            rules.addresses());
    ImportRequest request = wanted.request(id, store);
    if (source.isLocal()) {
      request =
          new ImportRequest(
              id,
              request.source(),
              () -> rules.openLocal(source),
              request.format(),
              destination,
              options,
              request.policy());
    }
    return new Request.Import(request, origin(envelope));
  }

  /** What the request says of itself: Kafka tells consumers nothing of a producer's principal. */
  private static Origin origin(Envelope envelope) {
    Map<String, String> askedBy = new LinkedHashMap<>();
    askedBy.put("by", "request");
    askedBy.put("source", Printable.text(envelope.source(), MOST_ORIGIN));
    envelope
        .subject()
        .ifPresent(subject -> askedBy.put("subject", Printable.text(subject, MOST_ORIGIN)));
    return new Origin(askedBy, envelope.trace());
  }

  static Request.Cancel cancelled(Envelope envelope) throws ImportException {
    Optional<String> id = envelope.subject();
    if (envelope.data().isPresent()) {
      Envelope.requireKnown(envelope.data().get(), CANCEL_FIELDS);
      Optional<String> named = text(envelope.data().get(), "importId");
      if (named.isPresent() && id.isPresent() && !named.equals(id)) {
        throw invalid("subject and importId name two imports");
      }
      id = named.or(() -> envelope.subject());
    }
    return new Request.Cancel(
        requireId(id.orElseThrow(() -> invalid("neither subject nor importId names an import"))));
  }

  private static String requireId(String id) throws ImportException {
    if (!id.matches(ID)) {
      throw invalid(
          "id "
              + Printable.text(id)
              + " is no import id: those have up to 128 letters, digits, dots, hyphens and"
              + " underscores");
    }
    return id;
  }

  private static ImageFormat format(JsonNode data, SourceName source) throws ImportException {
    Optional<String> given = text(data, "format");
    if (given.isEmpty()) {
      return source
          .declaredFormat()
          .orElseThrow(() -> invalid("the extension declares no format: give format"));
    }
    return switch (given.get()) {
      case "raw" -> ImageFormat.RAW;
      case "qcow2" -> ImageFormat.QCOW2;
      default -> throw invalid("format " + Printable.text(given.get()) + ": raw or qcow2");
    };
  }

  private static Map<String, String> options(JsonNode data) throws ImportException {
    Map<String, String> options = new LinkedHashMap<>();
    JsonNode given = data.get("options");
    if (given == null || given.isNull()) {
      return options;
    }
    if (!given.isObject()) {
      throw invalid("options is no object");
    }
    for (Map.Entry<String, JsonNode> field : given.properties()) {
      JsonNode value = field.getValue();
      if (value.isBoolean()) {
        options.put(field.getKey(), value.booleanValue() ? "on" : "off");
      } else if (value.isTextual() || value.isIntegralNumber() && value.canConvertToInt()) {
        options.put(field.getKey(), value.asText());
      } else {
        throw invalid("options." + Printable.text(field.getKey()) + " is no string");
      }
    }
    return options;
  }

  private static String required(JsonNode data, String name) throws ImportException {
    return text(data, name)
        .filter(value -> !value.isEmpty())
        .orElseThrow(() -> invalid(name + " is missing"));
  }

  private static Optional<String> text(JsonNode data, String name) throws ImportException {
    JsonNode value = data.get(name);
    if (value == null || value.isNull()) {
      return Optional.empty();
    }
    if (!value.isTextual()) {
      throw invalid(name + " is no string");
    }
    return Optional.of(value.textValue());
  }

  private static ImportException invalid(String message) {
    return ImportException.refused(ErrorCode.REQUEST_INVALID, message);
  }
}
