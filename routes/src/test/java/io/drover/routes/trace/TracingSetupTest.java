package io.drover.routes.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import io.drover.routes.imports.Tracing;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TracingSetupTest {
  @ParameterizedTest
  @CsvSource({
    "OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318, true",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://127.0.0.1:4318/v1/traces, true",
    "OTEL_TRACES_EXPORTER=otlp, true",
    "OTEL_TRACES_EXPORTER=none;OTEL_EXPORTER_OTLP_ENDPOINT=http://h:1, false",
    "OTEL_SDK_DISABLED=true;OTEL_EXPORTER_OTLP_ENDPOINT=http://h:1, false",
    "OTEL_SERVICE_NAME=drover, false",
    "OTEL_EXPORTER_OTLP_ENDPOINT=, false"
  })
  void onlyAnExporterSwitchesItOn(String variables, boolean wanted) {
    Map<String, String> environment = new HashMap<>();
    for (String variable : variables.split(";")) {
      String[] pair = variable.split("=", 2);
      environment.put(pair[0], pair[1]);
    }
    assertEquals(wanted, TracingSetup.wanted(environment));
  }

  @Test
  void whatCannotBeFollowedStopsNothing() {
    // as in the environment; the JDK's client speaks no gRPC
    System.setProperty("otel.exporter.otlp.protocol", "grpc");
    try {
      assertSame(Tracing.NONE, TracingSetup.of(Map.of("OTEL_TRACES_EXPORTER", "otlp"), "1.0"));
    } finally {
      System.clearProperty("otel.exporter.otlp.protocol");
    }
    assertSame(Tracing.NONE, TracingSetup.of(Map.of(), "1.0"));
  }
}
