package io.drover.routes.trace;

import io.drover.converter.error.Printable;
import io.drover.routes.imports.Tracing;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Whether imports are traced: OpenTelemetry's own variables say so, and no key of Drover's. */
public final class TracingSetup {
  private static final Logger LOG = LoggerFactory.getLogger(TracingSetup.class);

  private TracingSetup() {}

  /**
   * Tracing as the environment asks for it. Nothing of OpenTelemetry is loaded where it does not;
   * what it asks for in vain is said, and stops no import.
   *
   * @param version of Drover
   */
  public static Tracing of(Map<String, String> environment, String version) {
    if (!wanted(environment)) {
      return Tracing.NONE;
    }
    try {
      return new OpenTelemetryTracing(version);
    } catch (RuntimeException e) {
      LOG.warn(
          "imports are not traced, as OpenTelemetry's variables cannot be followed: {}; spans are"
              + " sent by OTLP, and that by http/protobuf",
          Printable.text((e.getCause() == null ? e : e.getCause()).getMessage(), 1_024));
      return Tracing.NONE;
    }
  }

  static boolean wanted(Map<String, String> environment) {
    String exporter = environment.getOrDefault("OTEL_TRACES_EXPORTER", "").strip();
    boolean endpoint =
        !environment.getOrDefault("OTEL_EXPORTER_OTLP_ENDPOINT", "").isBlank()
            || !environment.getOrDefault("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "").isBlank();
    boolean disabled =
        environment.getOrDefault("OTEL_SDK_DISABLED", "").strip().equalsIgnoreCase("true");
    return !disabled && !exporter.equals("none") && (endpoint || !exporter.isEmpty());
  }
}
