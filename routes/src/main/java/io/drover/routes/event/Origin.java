package io.drover.routes.event;

import io.drover.converter.error.Printable;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * Where an import comes from: who asked for it, and within which trace.
 *
 * @param askedBy what is known of whoever asked, by name and in order; escaped, and no secret
 * @param trace that events of the import belong to; empty where there is none
 */
public record Origin(Map<String, String> askedBy, Optional<TraceContext> trace) {
  /** Nobody has said. */
  public static final Origin UNKNOWN = new Origin(Map.of(), Optional.empty());

  public Origin {
    askedBy = Collections.unmodifiableMap(new LinkedHashMap<>(askedBy));
    Objects.requireNonNull(trace);
  }

  /**
   * Of imports that the user of this process has asked for.
   *
   * @param environment where a program that is traced names its trace to those that it starts
   */
  public static Origin ofCommand(Map<String, String> environment) {
    Map<String, String> askedBy = new LinkedHashMap<>();
    askedBy.put("by", "command");
    askedBy.put("user", Printable.text(System.getProperty("user.name", ""), 256));
    return new Origin(
        askedBy, TraceContext.read(environment.get("TRACEPARENT"), environment.get("TRACESTATE")));
  }

  /** The same, in that trace. */
  public Origin in(Optional<TraceContext> context) {
    return new Origin(askedBy, context);
  }
}
