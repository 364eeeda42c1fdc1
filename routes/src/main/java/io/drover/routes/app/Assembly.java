package io.drover.routes.app;

import io.drover.converter.error.Printable;
import io.drover.converter.imports.Importer;
import io.drover.converter.imports.LeaseTerms;
import io.drover.converter.imports.MemoryBudget;
import io.drover.converter.imports.WorkerId;
import io.drover.converter.object.ObjectStore;
import io.drover.routes.config.ConfigException;
import io.drover.routes.config.Key;
import io.drover.routes.config.Settings;
import io.drover.routes.event.EventJournal;
import io.drover.routes.event.ImportEvent;
import io.drover.routes.imports.ActiveImports;
import io.drover.routes.imports.ImportRun;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.apache.camel.impl.DefaultCamelContext;

/**
 * What an application is put together from, as its settings say.
 *
 * @param intakes whether it is a service
 */
record Assembly(Settings settings, boolean intakes) {
  /** What Camel waits for routes that do not stop. */
  static final Duration ROUTES_STOP = Duration.ofSeconds(5);

  /** A bounded pool: its threads are the lanes of all imports together. */
  ExecutorService lanes() throws ConfigException {
    return Executors.newFixedThreadPool(settings.number(Key.PARALLEL, 1, 1_000), laneThreads());
  }

  MemoryBudget budget() throws ConfigException {
    long bytes = settings.bytes(Key.MEMORY);
    if (bytes < 1) {
      throw new ConfigException(
          Key.MEMORY.key() + ": no import does without memory; say 64M or more");
    }
    return new MemoryBudget(bytes);
  }

  Importer importer(ObjectStore store, MemoryBudget budget) throws ConfigException {
    String zeroPrefix = settings.text(Key.ZERO_PREFIX);
    return new Importer(
            store,
            budget,
            zeroPrefix.equals("none") ? "" : zeroPrefix,
            settings.duration(Key.RETRY_BUDGET))
        .withLeases(leases());
  }

  /** A person waits for another worker; a service has other work, and comes back. */
  private LeaseTerms leases() throws ConfigException {
    try {
      return new LeaseTerms(settings.duration(Key.LEASE), !intakes);
    } catch (IllegalArgumentException e) {
      throw new ConfigException(Key.LEASE.key() + ": " + e.getMessage());
    }
  }

  ActiveImports active(Consumer<ImportEvent> events) throws ConfigException {
    return new ActiveImports(
        events,
        settings.duration(Key.PROGRESS_INTERVAL),
        new ImportRun.Limits(
            settings.duration(Key.MAX_DURATION), settings.duration(Key.STALL_TIMEOUT)));
  }

  /** Intakes find again what was not told at its end; a command must keep it. */
  EventJournal journal() throws ConfigException {
    return new EventJournal(
        settings.stateDirectory(System.getenv()),
        settings.text(Key.KAFKA_BROKERS),
        settings.text(Key.KAFKA_EVENTS),
        !intakes);
  }

  /** How events name this process. */
  String worker() {
    return settings.isSet(Key.WORKER_NAME)
        ? Printable.text(settings.text(Key.WORKER_NAME), 128)
        : WorkerId.self().label();
  }

  static DefaultCamelContext context() {
    DefaultCamelContext camel = new DefaultCamelContext();
    camel.disableJMX();
    // bodies are records over buffers; a cache would copy disks into memory
    camel.setStreamCaching(false);
    camel.setMessageHistory(false);
    camel.setAllowUseOriginalMessage(false);
    camel.setLoadTypeConverters(false);
    camel.getShutdownStrategy().setTimeout(ROUTES_STOP.toSeconds());
    camel.getShutdownStrategy().setLogInflightExchangesOnTimeout(false);
    return camel;
  }

  private static ThreadFactory laneThreads() {
    AtomicInteger number = new AtomicInteger();
    return task -> {
      Thread thread = new Thread(task, "lane-" + number.incrementAndGet());
      thread.setDaemon(true);
      return thread;
    };
  }
}
