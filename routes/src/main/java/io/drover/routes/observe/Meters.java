package io.drover.routes.observe;

import io.drover.converter.imports.MemoryBudget;
import io.drover.converter.imports.StageTimes;
import io.drover.routes.event.EventType;
import io.drover.routes.event.ImportEvent;
import io.drover.routes.web.WebAnswer;
import io.drover.routes.web.WebServer;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;

/**
 * {@code /observe/metrics}: how much this process does, in Prometheus' text format. Bytes and ends
 * of imports are counted from the process's own events, so that they say what the events say and
 * cost the lanes nothing. Thread-safe.
 */
public final class Meters implements Consumer<ImportEvent>, AutoCloseable {
  private static final Set<EventType> ENDS =
      EnumSet.of(EventType.COMPLETED, EventType.FAILED, EventType.CANCELLED, EventType.PAUSED);

  /** More imports than one service has under way or paused. */
  private static final int MOST_COUNTED = 10_000;

  private static final String BYTES = "drover.bytes";
  private static final String IMPORTS = "drover.imports";
  private static final String RETRIES = "drover.import.retries";

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final JvmGcMetrics garbage = new JvmGcMetrics();

  /**
   * Bytes that were counted, the most of each kind, of each import that has not come to its end; of
   * one that is gone on with, what an interrupted part had got is counted and comes again.
   */
  private final Map<String, long[]> counted =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, long[]> eldest) {
          return size() > MOST_COUNTED;
        }
      };

  /** What {@link ImportEvent.Bytes} counts, in its order. */
  private enum Kind {
    LOGICAL,
    DATA,
    ZERO,
    READ,
    SENT,
    COPIED
  }

  public Meters(StageTimes stages, MemoryBudget budget) {
    // of Micrometer's, these two have names that Prometheus' own check complains of
    registry
        .config()
        .meterFilter(MeterFilter.denyNameStartsWith("process.cpu.time"))
        .meterFilter(MeterFilter.denyNameStartsWith("system.cpu.count"));
    for (Kind kind : Kind.values()) {
      bytes(kind);
    }
    for (EventType end : ENDS) {
      if (end != EventType.FAILED) {
        // failures have names, and there is no series before the first of a name
        ends(end, "");
      }
    }
    for (StageTimes.Stage stage : StageTimes.Stage.values()) {
      String name = stage.name().toLowerCase(Locale.ROOT);
      FunctionCounter.builder("drover.stage", stages, all -> all.nanos(stage) / 1e9)
          .baseUnit("seconds")
          .tag("stage", name)
          .description("Time that lanes have spent, of all lanes together")
          .register(registry);
      FunctionCounter.builder("drover.stage.bytes", stages, all -> all.bytes(stage))
          .tag("stage", name)
          .description("Guest bytes that have gone through")
          .register(registry);
    }
    Timer parts =
        Timer.builder("drover.part.send")
            .description("From the first byte of a part to the server's answer, retries included")
            .serviceLevelObjectives(
                Arrays.stream(new long[] {10, 30, 100, 300, 1_000, 3_000, 10_000, 60_000, 600_000})
                    .mapToObj(Duration::ofMillis)
                    .toArray(Duration[]::new))
            .register(registry);
    stages.onPart(nanos -> parts.record(nanos, TimeUnit.NANOSECONDS));
    gauge("drover.memory.used.bytes", "Part buffers in use", budget::used);
    gauge("drover.memory.limit.bytes", "Budget for part buffers", budget::limit);
    new JvmMemoryMetrics().bindTo(registry);
    new JvmThreadMetrics().bindTo(registry);
    new ProcessorMetrics().bindTo(registry);
    new UptimeMetrics().bindTo(registry);
    garbage.bindTo(registry);
  }

  /** Adds a number that goes up and down; asked for at each scrape. */
  public void gauge(String name, String description, DoubleSupplier value) {
    Gauge.builder(name, value::getAsDouble)
        .strongReference(true)
        .description(description)
        .register(registry);
  }

  /** Takes an event of this process. */
  @Override
  public synchronized void accept(ImportEvent event) {
    long[] now = bytes(event.bytes());
    long[] before = counted.computeIfAbsent(event.importId(), any -> new long[now.length]);
    if (event.type() != EventType.RESUMED) {
      for (Kind kind : Kind.values()) {
        long more = now[kind.ordinal()] - before[kind.ordinal()];
        if (more > 0) {
          bytes(kind).increment(more);
        }
      }
    }
    // what was done by an earlier run, or is done again, was counted
    for (int index = 0; index < now.length; index++) {
      before[index] = Math.max(before[index], now[index]);
    }
    if (event.type() == EventType.RETRYING) {
      Counter.builder(RETRIES)
          .description("How often an import said that it tries again")
          .tag("error", event.error() == null ? "" : event.error().code())
          .register(registry)
          .increment();
    }
    if (ENDS.contains(event.type())) {
      if (event.type().terminal()) {
        counted.remove(event.importId());
      }
      boolean failed = event.type() != EventType.COMPLETED && event.error() != null;
      ends(event.type(), failed ? event.error().code() : "").increment();
    }
  }

  private Counter bytes(Kind kind) {
    return Counter.builder(BYTES)
        .tag("kind", kind.name().toLowerCase(Locale.ROOT))
        .description("Bytes of imports, as their manifests count them")
        .register(registry);
  }

  private Counter ends(EventType type, String error) {
    return Counter.builder(IMPORTS)
        .tag("state", type.name().toLowerCase(Locale.ROOT))
        .tag("error", error)
        .description("Imports that came to an end or pause, by the error's name")
        .register(registry);
  }

  private static long[] bytes(ImportEvent.Bytes bytes) {
    return new long[] {
      bytes.logical(), bytes.data(), bytes.zero(), bytes.read(), bytes.sent(), bytes.copied()
    };
  }

  /** Answers on that server. */
  public void on(WebServer server) {
    server.handle(
        "GET",
        "/observe/metrics",
        request ->
            WebAnswer.of(
                200,
                "text/plain; version=0.0.4; charset=utf-8",
                scrape().getBytes(StandardCharsets.UTF_8)));
  }

  String scrape() {
    return registry.scrape();
  }

  @Override
  public void close() {
    garbage.close();
    registry.close();
  }
}
