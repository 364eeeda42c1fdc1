package io.drover.routes.app;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.imports.ImportRequest;
import io.drover.converter.imports.Importer;
import io.drover.converter.imports.MemoryBudget;
import io.drover.converter.imports.StageTimes;
import io.drover.converter.manifest.Manifest;
import io.drover.converter.manifest.SoftwareVersion;
import io.drover.converter.object.ObjectStore;
import io.drover.routes.audit.AuditLog;
import io.drover.routes.config.ConfigException;
import io.drover.routes.config.Key;
import io.drover.routes.config.Settings;
import io.drover.routes.event.EventOutbox;
import io.drover.routes.event.EventRoute;
import io.drover.routes.event.ImportEvent;
import io.drover.routes.event.Origin;
import io.drover.routes.imports.ActiveImports;
import io.drover.routes.imports.ImportRoute;
import io.drover.routes.imports.Tracing;
import io.drover.routes.kafka.KafkaClients;
import io.drover.routes.kafka.KafkaTrouble;
import io.drover.routes.trace.TracingSetup;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.camel.CamelExecutionException;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.Route;
import org.apache.camel.RoutesBuilder;
import org.apache.camel.impl.DefaultCamelContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A running Drover: a Camel context with the import route, and the event route where there is a
 * Kafka. Command line and service differ only in the intakes that they add. Thread-safe.
 */
public final class DroverApp implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(DroverApp.class);

  /** All others are intakes. */
  private static final Set<String> OWN_ROUTES =
      Set.of(ImportRoute.ID, ImportRoute.LANE_ID, EventRoute.ID);

  private static final Duration LEAST_STOP = Duration.ofSeconds(1);

  private final Settings settings;
  private final ObjectStore store;
  private final DefaultCamelContext camel;
  private final ProducerTemplate template;
  private final ExecutorService lanes;
  private final EventOutbox outbox;
  private final ActiveImports active;
  private final String worker;
  private final MemoryBudget budget;
  private final Importer importer;
  private final CountDownLatch started = new CountDownLatch(1);
  private final Tracing tracing;
  private final Optional<AuditLog> audit;
  private final List<Consumer<ImportEvent>> listeners = new CopyOnWriteArrayList<>();

  private DroverApp(Settings settings, ObjectStore store, boolean intakes) throws Exception {
    this.settings = settings;
    this.store = store;
    Assembly assembly = new Assembly(settings, intakes);
    this.lanes = assembly.lanes();
    this.camel = Assembly.context();
    this.template = camel.createProducerTemplate();
    this.outbox =
        settings.isSet(Key.KAFKA_BROKERS) ? new EventOutbox(assembly.journal(), this::send) : null;
    this.worker = assembly.worker();
    // a command that nobody listens to need not ask the store how often it was run
    Consumer<ImportEvent> events =
        outbox == null && !intakes && !settings.isSet(Key.AUDIT_FILE)
            ? ActiveImports.NOBODY
            : this::publish;
    this.active = assembly.active(events);
    this.budget = assembly.budget();
    this.importer = assembly.importer(store, budget);
    this.tracing = TracingSetup.of(System.getenv(), SoftwareVersion.text());
    this.audit = AuditLog.of(settings, SoftwareVersion.text(), active::sourceIdentity);
    audit.ifPresent(listeners::add);
    camel.addRoutes(new ImportRoute(importer, active, tracing, lanes));
    // for intakes that end single imports
    camel.getRegistry().bind("active", active);
    if (outbox != null) {
      // for intakes that must know when an import's end is told
      camel.getRegistry().bind("events", outbox);
      camel.addRoutes(new EventRoute(KafkaClients.of(settings), settings.text(Key.KAFKA_EVENTS)));
    } else {
      LOG.info("no Kafka address is given: no events are sent");
    }
  }

  /** There may be events of an earlier process before there are routes. */
  private void send(ImportEvent event) throws InterruptedException {
    started.await();
    template.sendBody(EventRoute.ENDPOINT, event);
  }

  /** Where the operator wants it written down what imports were asked for, and how they ended. */
  public Optional<AuditLog> audit() {
    return audit;
  }

  private void publish(ImportEvent unnamed) {
    ImportEvent event = unnamed.by(worker);
    if (outbox != null) {
      outbox.publish(event);
    }
    for (Consumer<ImportEvent> listener : listeners) {
      listener.accept(event);
    }
  }

  /**
   * Tells of every event of this process from now on, if it has intakes or a Kafka.
   *
   * @param listener must be quick, and must not throw
   */
  public void listen(Consumer<ImportEvent> listener) {
    listeners.add(listener);
  }

  /** How events name this process. */
  public String worker() {
    return worker;
  }

  /** Of the part buffers. */
  public MemoryBudget memory() {
    return budget;
  }

  /** What imports spend their time on. */
  public StageTimes stages() {
    return importer.stages();
  }

  /**
   * Starts the routes.
   *
   * @param store where imports go; closed with this
   * @param intakes routes that feed the import route
   */
  public static DroverApp start(Settings settings, ObjectStore store, RoutesBuilder... intakes)
      throws Exception {
    DroverApp app = new DroverApp(settings, store, intakes.length > 0);
    try {
      for (RoutesBuilder intake : intakes) {
        app.camel.addRoutes(intake);
      }
      app.camel.start();
      app.started.countDown();
      return app;
    } catch (Exception e) {
      app.close();
      throw e;
    }
  }

  /**
   * Adds the route of a one-shot command, which is no intake of a service: nobody finds again what
   * it leaves untold.
   */
  public void add(RoutesBuilder route) throws Exception {
    camel.addRoutes(route);
  }

  /** Sends to a route that was added, and waits until it is through. */
  public void send(String endpoint, Object body) {
    template.sendBody(endpoint, body);
  }

  /** Runs one import on the route and waits for its end. */
  public Manifest run(ImportRequest request) throws ImportException {
    try {
      return template.requestBodyAndHeader(
          ImportRoute.ENDPOINT,
          request,
          ImportRoute.ORIGIN,
          Origin.ofCommand(System.getenv()),
          Manifest.class);
    } catch (CamelExecutionException e) {
      if (e.getCause() instanceof ImportException named) {
        throw named;
      }
      throw ImportException.failed(
          ErrorCode.INTERNAL, "this is a defect of Drover: " + e.getCause(), e);
    }
  }

  public ActiveImports active() {
    return active;
  }

  public ObjectStore store() {
    return store;
  }

  /** Whether the routes are up. */
  public boolean running() {
    return camel.isStarted();
  }

  /** Events that Kafka does not have yet. */
  public int unsentEvents() {
    return outbox == null ? 0 : outbox.depth();
  }

  /**
   * Stops: imports abort and none begins any more, intakes end; then waits a while for Kafka to
   * take the last events.
   */
  @Override
  public void close() {
    active.cancelAll();
    stopIntakes();
    active.giveUpAll();
    if (outbox != null) {
      flush();
      outbox.close();
      // a record on the wire to a broker that is away: it was waited for already
      stop(EventRoute.ID, Duration.ofMillis(1));
    }
    camel.stop();
    active.close();
    tracing.close();
    lanes.shutdownNow();
    try {
      store.close();
    } catch (java.io.IOException e) {
      LOG.warn("closing the object store: {}", e.toString());
    }
    audit.ifPresent(AuditLog::close);
  }

  /**
   * Tells the end of imports that do not stop; to be called when nobody waits for them any more.
   */
  public void giveUp() {
    active.giveUpAll();
    if (outbox != null) {
      flush();
    }
  }

  /** Before the last events are sent, since an import on its way out tells of it. */
  private void stopIntakes() {
    long deadline = System.nanoTime() + intakesStop().toNanos();
    for (Route route : camel.getRoutes()) {
      if (!OWN_ROUTES.contains(route.getRouteId())) {
        stop(route.getRouteId(), Duration.ofNanos(deadline - System.nanoTime()));
      }
    }
  }

  private void stop(String route, Duration patience) {
    try {
      camel
          .getRouteController()
          .stopRoute(route, Math.max(1, patience.toMillis()), TimeUnit.MILLISECONDS);
    } catch (Exception e) {
      LOG.warn("stopping route {}: {}", route, e.toString());
    }
  }

  /** What the wait for Kafka and {@link #Assembly.ROUTES_STOP} leave of the grace period. */
  private Duration intakesStop() {
    Duration rest =
        duration(Key.GRACE_PERIOD)
            .minus(Assembly.ROUTES_STOP)
            .minus(duration(Key.KAFKA_FLUSH_TIMEOUT));
    return rest.compareTo(LEAST_STOP) < 0 ? LEAST_STOP : rest;
  }

  private void flush() {
    try {
      int left = outbox.flush(duration(Key.KAFKA_FLUSH_TIMEOUT));
      if (left > 0) {
        LOG.warn(
            "Kafka at {} takes no events: {}. {} were not delivered, {}",
            settings.text(Key.KAFKA_BROKERS),
            outbox.trouble().map(KafkaTrouble::line).orElse("it does not answer"),
            left,
            outbox.fate());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private Duration duration(Key key) {
    try {
      return settings.duration(key);
    } catch (ConfigException e) {
      throw new AssertionError("the settings were checked at start", e);
    }
  }
}
