package io.drover.routes.app;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.imports.ImportRequest;
import io.drover.converter.imports.Importer;
import io.drover.converter.imports.MemoryBudget;
import io.drover.converter.manifest.Manifest;
import io.drover.converter.object.ObjectStore;
import io.drover.routes.config.ConfigException;
import io.drover.routes.config.Key;
import io.drover.routes.config.Settings;
import io.drover.routes.event.EventOutbox;
import io.drover.routes.event.EventRoute;
import io.drover.routes.event.ImportEvent;
import io.drover.routes.imports.ActiveImports;
import io.drover.routes.imports.ImportRoute;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.apache.camel.CamelExecutionException;
import org.apache.camel.ProducerTemplate;
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

  private final Settings settings;
  private final ObjectStore store;
  private final DefaultCamelContext camel;
  private final ProducerTemplate template;
  private final ExecutorService lanes;
  private final EventOutbox outbox;
  private final ActiveImports active;

  private DroverApp(Settings settings, ObjectStore store) throws Exception {
    this.settings = settings;
    this.store = store;
    int parallel = settings.number(Key.PARALLEL, 1, 1_000);
    this.lanes = Executors.newFixedThreadPool(parallel, laneThreads());
    this.camel = context();
    this.template = camel.createProducerTemplate();
    this.outbox =
        settings.isSet(Key.KAFKA_BROKERS)
            ? new EventOutbox(event -> template.sendBody(EventRoute.ENDPOINT, event))
            : null;
    Consumer<ImportEvent> events = outbox == null ? event -> {} : outbox::publish;
    this.active =
        new ActiveImports(
            events, settings.duration(Key.PROGRESS_INTERVAL), settings.duration(Key.MAX_DURATION));
    MemoryBudget budget = new MemoryBudget(settings.bytes(Key.MEMORY));
    camel.addRoutes(new ImportRoute(new Importer(store, budget), active, lanes));
    if (outbox != null) {
      camel.addRoutes(
          new EventRoute(settings.text(Key.KAFKA_BROKERS), settings.text(Key.KAFKA_EVENTS)));
    } else {
      LOG.info("no Kafka address is given: no events are sent");
    }
  }

  /**
   * Starts the routes.
   *
   * @param store where imports go; closed with this
   * @param intakes routes that feed the import route
   */
  public static DroverApp start(Settings settings, ObjectStore store, RoutesBuilder... intakes)
      throws Exception {
    DroverApp app = new DroverApp(settings, store);
    try {
      for (RoutesBuilder intake : intakes) {
        app.camel.addRoutes(intake);
      }
      app.camel.start();
      return app;
    } catch (Exception e) {
      app.close();
      throw e;
    }
  }

  /** Runs one import on the route and waits for its end. */
  public Manifest run(ImportRequest request) throws ImportException {
    try {
      return template.requestBody(ImportRoute.ENDPOINT, request, Manifest.class);
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
   * Stops: intakes first, then imports, which abort; then waits a while for Kafka to take the last
   * events.
   */
  @Override
  public void close() {
    active.cancelAll();
    if (outbox != null) {
      flush();
      outbox.close();
    }
    camel.stop();
    active.close();
    lanes.shutdownNow();
    try {
      store.close();
    } catch (java.io.IOException e) {
      LOG.warn("closing the object store: {}", e.toString());
    }
  }

  private void flush() {
    try {
      Duration patience = settings.duration(Key.KAFKA_FLUSH_TIMEOUT);
      int left = outbox.flush(patience);
      if (left > 0) {
        LOG.warn(
            "Kafka at {} does not answer: {} events were not delivered",
            settings.text(Key.KAFKA_BROKERS),
            left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ConfigException e) {
      throw new AssertionError("the settings were checked at start", e);
    }
  }

  private static DefaultCamelContext context() {
    DefaultCamelContext camel = new DefaultCamelContext();
    camel.disableJMX();
    // bodies are records over buffers; a cache would copy disks into memory
    camel.setStreamCaching(false);
    camel.setMessageHistory(false);
    camel.setAllowUseOriginalMessage(false);
    camel.setLoadTypeConverters(false);
    camel.getShutdownStrategy().setTimeout(30);
    camel.getShutdownStrategy().setLogInflightExchangesOnTimeout(false);
    return camel;
  }

  private static java.util.concurrent.ThreadFactory laneThreads() {
    AtomicInteger number = new AtomicInteger();
    return task -> {
      Thread thread = new Thread(task, "lane-" + number.incrementAndGet());
      thread.setDaemon(true);
      return thread;
    };
  }
}
