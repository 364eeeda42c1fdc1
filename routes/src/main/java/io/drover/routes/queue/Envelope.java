package io.drover.routes.queue;

import com.fasterxml.jackson.databind.JsonNode;
import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.error.Printable;
import io.drover.routes.event.TraceContext;
import java.util.Base64;
import java.util.Iterator;
import java.util.Map;
import java.util.Optional;

/**
 * A CloudEvent 1.0 as Kafka carries it, in binary or in structured content mode ("Kafka Protocol
 * Binding for CloudEvents", 3.2 and 3.3).
 *
 * @param source who has sent it, as it says; empty where it does not
 * @param trace that it belongs to: of the event, or else of the message that carried it
 * @param data a JSON object; empty where there is none
 */
record Envelope(
    String type,
    String id,
    String source,
    Optional<String> subject,
    Optional<TraceContext> trace,
    Optional<JsonNode> data) {
  private static final String STRUCTURED = "application/cloudevents+json";
  private static final String SPECVERSION = "1.0";

  /**
   * @throws ImportException {@code REQUEST_MALFORMED}, {@code REQUEST_TOO_LARGE}, {@code
   *     REQUEST_UNSUPPORTED_VERSION}
   */
  static Envelope read(Message message) throws ImportException {
    String contentType = message.headers().getOrDefault("content-type", "");
    String mediaType = contentType.split(";", 2)[0].strip().toLowerCase(java.util.Locale.ROOT);
    if (mediaType.equals(STRUCTURED)) {
      return structured(StrictJson.object(message.value()), message.headers());
    }
    if (mediaType.startsWith("application/cloudevents")) {
      throw unsupported(
          "content type " + Printable.text(mediaType) + ": " + STRUCTURED + " is what is read");
    }
    if (!message.headers().containsKey("ce_specversion")) {
      throw StrictJson.malformed("the message has no ce_specversion header");
    }
    return binary(message, mediaType);
  }

  private static Envelope binary(Message message, String mediaType) throws ImportException {
    Map<String, String> headers = message.headers();
    requireVersion(headers.get("ce_specversion"));
    requireJson(mediaType);
    boolean empty = message.value() == null || message.value().length == 0;
    return new Envelope(
        attribute(headers.get("ce_type"), "type"),
        attribute(headers.get("ce_id"), "id"),
        headers.getOrDefault("ce_source", ""),
        Optional.ofNullable(headers.get("ce_subject")),
        TraceContext.read(
                headers.get("ce_" + TraceContext.PARENT), headers.get("ce_" + TraceContext.STATE))
            .or(() -> carried(headers)),
        empty ? Optional.empty() : Optional.of(StrictJson.object(message.value())));
  }

  /** As programs that trace their Kafka clients mark every message. */
  private static Optional<TraceContext> carried(Map<String, String> headers) {
    return TraceContext.read(headers.get(TraceContext.PARENT), headers.get(TraceContext.STATE));
  }

  private static Envelope structured(JsonNode json, Map<String, String> headers)
      throws ImportException {
    requireVersion(text(json, "specversion"));
    if (json.hasNonNull("datacontenttype")) {
      requireJson(text(json, "datacontenttype"));
    }
    Optional<JsonNode> data = Optional.ofNullable(json.get("data"));
    if (json.hasNonNull("data_base64")) {
      if (data.isPresent()) {
        throw StrictJson.malformed("the event has both data and data_base64");
      }
      try {
        data =
            Optional.of(StrictJson.object(Base64.getDecoder().decode(text(json, "data_base64"))));
      } catch (IllegalArgumentException e) {
        throw StrictJson.malformed("data_base64 is no base64");
      }
    }
    if (data.isPresent() && !data.get().isObject()) {
      throw StrictJson.malformed("the event's data is no JSON object");
    }
    return new Envelope(
        attribute(text(json, "type"), "type"),
        attribute(text(json, "id"), "id"),
        json.path("source").asText(),
        Optional.ofNullable(json.hasNonNull("subject") ? text(json, "subject") : null),
        TraceContext.read(
                json.path(TraceContext.PARENT).textValue(),
                json.path(TraceContext.STATE).textValue())
            .or(() -> carried(headers)),
        data);
  }

  private static String text(JsonNode json, String name) throws ImportException {
    JsonNode value = json.get(name);
    if (value == null || value.isNull()) {
      return null;
    }
    if (!value.isTextual()) {
      throw StrictJson.malformed("the event's " + name + " is no string");
    }
    return value.textValue();
  }

  private static String attribute(String value, String name) throws ImportException {
    if (value == null || value.isEmpty()) {
      throw StrictJson.malformed("the event has no " + name);
    }
    return value;
  }

  private static void requireVersion(String version) throws ImportException {
    if (version == null) {
      throw StrictJson.malformed("the event has no specversion");
    }
    if (!version.equals(SPECVERSION)) {
      throw unsupported("CloudEvents " + Printable.text(version) + ": 1.0 is what is read");
    }
  }

  private static void requireJson(String contentType) throws ImportException {
    String mediaType = contentType.split(";", 2)[0].strip();
    if (!mediaType.isEmpty() && !mediaType.matches("(?i)application/([a-z0-9.+-]+\\+)?json")) {
      throw StrictJson.malformed("the data is " + Printable.text(contentType) + ", not JSON");
    }
  }

  static ImportException unsupported(String message) {
    return ImportException.refused(ErrorCode.REQUEST_UNSUPPORTED_VERSION, message);
  }

  /** Names in the data that are not known. */
  static void requireKnown(JsonNode object, java.util.Set<String> known) throws ImportException {
    for (Iterator<String> names = object.fieldNames(); names.hasNext(); ) {
      String name = names.next();
      if (!known.contains(name)) {
        throw ImportException.refused(
            ErrorCode.REQUEST_INVALID,
            "the request has an unknown field "
                + Printable.text(name)
                + "; the fields are "
                + String.join(", ", known.stream().sorted().toList()));
      }
    }
  }
}
