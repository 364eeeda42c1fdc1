package io.drover.routes.trace;

import io.drover.converter.error.ImportException;
import io.drover.converter.imports.ImportRequest;
import io.drover.converter.imports.Phase;
import io.drover.converter.imports.Progress;
import io.drover.routes.event.Origin;
import io.drover.routes.event.TraceContext;
import io.drover.routes.imports.Tracing;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.autoconfigure.AutoConfiguredOpenTelemetrySdk;
import io.opentelemetry.sdk.autoconfigure.spi.ConfigProperties;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * A span for each import, with a child for each of its phases; none for parts, of which there are
 * thousands. Camel's own tracing is not used for that reason: every chunk is an exchange.
 */
final class OpenTelemetryTracing implements Tracing {
  private static final long PATIENCE_SECONDS = 5;
  private static final String NAME = "drover";

  /** What Drover has nothing to say on, and how the exporter that it has with it talks. */
  private static final Map<String, String> DEFAULTS =
      Map.of("otel.service.name", NAME, "otel.exporter.otlp.protocol", "http/protobuf");

  private static final Map<String, String> FIXED =
      Map.of("otel.metrics.exporter", "none", "otel.logs.exporter", "none");

  private final OpenTelemetrySdk sdk;
  private final Tracer tracer;

  /**
   * @param version of Drover
   * @throws RuntimeException if a variable says what cannot be done
   */
  OpenTelemetryTracing(String version) {
    ExporterLog.install();
    this.sdk =
        AutoConfiguredOpenTelemetrySdk.builder()
            .addPropertiesSupplier(() -> DEFAULTS)
            .addPropertiesCustomizer(OpenTelemetryTracing::fixed)
            // spans are sent when the imports have ended, and not by another hook meanwhile
            .disableShutdownHook()
            .build()
            .getOpenTelemetrySdk();
    this.tracer = sdk.getTracer("io.drover", version);
  }

  private static Map<String, String> fixed(ConfigProperties given) {
    Map<String, String> changed = new HashMap<>(FIXED);
    String named = given.getMap("otel.resource.attributes").get("service.name");
    if (named != null && NAME.equals(given.getString("otel.service.name"))) {
      // a default of ours must not hide what somebody has set in the other place
      changed.put("otel.service.name", named);
    }
    return changed;
  }

  @Override
  public Trace begin(ImportRequest request, Origin origin) {
    SpanBuilder builder =
        tracer
            .spanBuilder("import")
            .setSpanKind(origin.trace().isPresent() ? SpanKind.CONSUMER : SpanKind.INTERNAL)
            .setAttribute("drover.import.id", request.importId())
            .setAttribute("drover.source.scheme", scheme(request.source()))
            .setAttribute("drover.destination.bucket", request.destination().bucket());
    request.format().ifPresent(format -> builder.setAttribute("drover.format", format.label()));
    origin
        .trace()
        .ifPresentOrElse(trace -> builder.setParent(context(trace)), builder::setNoParent);
    return new ImportSpan(tracer, builder.startSpan());
  }

  private static String scheme(String source) {
    return source.matches("(?s)(s3|https?)://.*")
        ? source.substring(0, source.indexOf(':'))
        : source.equals("-") ? "stdin" : "file";
  }

  private static Context context(TraceContext trace) {
    return W3CTraceContextPropagator.getInstance().extract(Context.root(), trace, GETTER);
  }

  private static final TextMapGetter<TraceContext> GETTER =
      new TextMapGetter<>() {
        @Override
        public Iterable<String> keys(TraceContext carrier) {
          return List.of(TraceContext.PARENT, TraceContext.STATE);
        }

        @Override
        public String get(TraceContext carrier, String key) {
          return key.equals(TraceContext.PARENT)
              ? carrier.traceparent()
              : key.equals(TraceContext.STATE) ? carrier.tracestate() : null;
        }
      };

  @Override
  public void close() {
    sdk.shutdown().join(PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  /** One import. */
  private static final class ImportSpan implements Trace {
    private final Tracer tracer;
    private final Span span;
    private Span phase = Span.getInvalid();

    ImportSpan(Tracer tracer, Span span) {
      this.tracer = tracer;
      this.span = span;
    }

    /** Also of a span that is not sampled: then the events say so. */
    @Override
    public Optional<TraceContext> context() {
      SpanContext own = span.getSpanContext();
      TraceFlags flags = own.getTraceFlags();
      return TraceContext.read(
          "00-" + own.getTraceId() + "-" + own.getSpanId() + "-" + flags.asHex(),
          text(own.getTraceState()));
    }

    private static String text(TraceState state) {
      return state.asMap().entrySet().stream()
          .map(member -> member.getKey() + "=" + member.getValue())
          .collect(Collectors.joining(","));
    }

    @Override
    public void phase(Phase next) {
      phase.end();
      phase = tracer.spanBuilder(next.label()).setParent(Context.root().with(span)).startSpan();
    }

    @Override
    public void end(Progress progress, int attempt, Optional<ImportException> failure) {
      span.setAttribute("drover.attempt", attempt)
          .setAttribute("drover.virtual_size", progress.virtualSize())
          .setAttribute("drover.bytes.data", progress.data())
          .setAttribute("drover.bytes.zero", progress.zero())
          .setAttribute("drover.bytes.read", progress.read())
          .setAttribute("drover.bytes.sent", progress.sent())
          .setAttribute("drover.bytes.copied", progress.copied())
          .setAttribute("drover.parts", progress.partsTotal());
      failure.ifPresent(
          cause -> {
            // the name alone: messages quote names of files and servers
            phase.setAttribute("error.type", cause.code().name()).setStatus(StatusCode.ERROR);
            span.setAttribute("error.type", cause.code().name())
                .setStatus(StatusCode.ERROR, cause.code().name());
          });
      phase.end();
      span.end();
    }
  }
}
