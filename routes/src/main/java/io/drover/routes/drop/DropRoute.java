package io.drover.routes.drop;

import io.drover.converter.error.ImportException;
import io.drover.converter.error.Outcome;
import io.drover.converter.error.Printable;
import io.drover.converter.image.ImageFormat;
import io.drover.converter.image.ReadPolicy;
import io.drover.converter.imports.ImportOptions;
import io.drover.converter.imports.ImportRequest;
import io.drover.converter.storage.FileSource;
import io.drover.converter.storage.SymbolicLinks;
import io.drover.routes.event.EventOutbox;
import io.drover.routes.event.ImportLog;
import io.drover.routes.event.Origin;
import io.drover.routes.imports.ImportRoute;
import io.drover.routes.request.DestinationTemplate;
import java.io.File;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.camel.Exchange;
import org.apache.camel.InvalidPayloadException;
import org.apache.camel.Processor;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.Service;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.component.file.FileComponent;
import org.apache.camel.component.file.FileEndpoint;
import org.apache.camel.support.service.ServiceSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * From the drop folder to the import route. camel-file looks; {@link ClaimStrategy} claims; a queue
 * hands the claimed file to as many imports at a time as may run; what becomes of the file follows
 * from the outcome. Camel's own move options are not used: they evaluate expressions over names.
 */
public final class DropRoute extends RouteBuilder {
  private static final Logger LOG = LoggerFactory.getLogger(DropRoute.class);
  private static final String CLAIMED = ClaimStrategy.CLAIMED;
  private static final long RETRY_MILLIS = 30_000;

  private final DropSettings settings;
  private final ImportOptions options;
  private final ReadPolicy policy;
  private final DropFolder folder;
  private final DestinationTemplate template;

  /** Null where there is no Kafka. */
  private EventOutbox events;

  /**
   * @param options of every import from this folder
   * @throws ImportException if the folder or the template cannot be used
   */
  public DropRoute(DropSettings settings, ImportOptions options, ReadPolicy policy)
      throws ImportException {
    this.settings = settings;
    this.options = options;
    this.policy = policy;
    this.folder = new DropFolder(settings.inbox());
    this.template = new DestinationTemplate(settings.destination());
  }

  /**
   * Puts a file that failed back into the inbox, to be imported once more.
   *
   * @return whether a file of this folder failed as that import
   * @throws FileAlreadyExistsException if another file has its place
   */
  public boolean retry(String importId) throws IOException {
    Optional<Path> back = folder.retry(importId);
    if (back.isPresent() && !settings.doneSuffix().isEmpty()) {
      Path marker = back.get().resolveSibling(back.get().getFileName() + settings.doneSuffix());
      Files.write(marker, new byte[0]);
    }
    return back.isPresent();
  }

  @Override
  public void configure() throws Exception {
    errorHandler(noErrorHandler());
    events = getContext().getRegistry().findSingleByType(EventOutbox.class);
    folder.lock();
    getContext().addService(unlocking());
    // no more claims than imports that can start: what waits, waits in the inbox
    String queue =
        "seda:drop?size="
            + settings.jobs()
            + "&concurrentConsumers="
            + settings.jobs()
            + "&blockWhenFull=true";

    // what an earlier run claimed, and what failed for a passing reason
    from("timer:unfinished?delay=0&period=" + RETRY_MILLIS)
        .routeId("drop-unfinished")
        .process(exchange -> exchange.getMessage().setBody(folder.unfinished()))
        .split(body())
        .to(queue);

    from(watch(queue)).routeId("drop").setBody(exchangeProperty(CLAIMED)).to(queue);

    from(queue)
        .routeId("drop-import")
        .doTry()
        .process(logged(this::request))
        .to(ImportRoute.ENDPOINT)
        .process(logged(this::done))
        .doCatch(Exception.class)
        .process(logged(this::fail))
        .end();
  }

  private Service unlocking() {
    return new ServiceSupport() {
      @Override
      protected void doStop() throws IOException {
        folder.unlock();
      }
    };
  }

  private FileEndpoint watch(String queue) throws Exception {
    FileComponent component = getContext().getComponent("file", FileComponent.class);
    File inbox = folder.inbox().toFile();
    // built by hand: a folder's name is no URI, and may hold what URIs interpret
    FileEndpoint endpoint = new FileEndpoint("file:inbox", component);
    endpoint.setCamelContext(getContext());
    endpoint.setFile(inbox);
    endpoint.getConfiguration().setDirectory(inbox.getPath());
    endpoint.setRecursive(settings.recursive());
    endpoint.setAutoCreate(false);
    endpoint.setDelay(Math.max(1, settings.delay().toMillis()));
    endpoint.setInitialDelay(0);
    endpoint.setReadLock("none");
    endpoint.setEagerMaxMessagesPerPoll(false);
    ProducerTemplate folders = getContext().createProducerTemplate();
    DropFilter filter =
        new DropFilter(
            settings, folder -> take(folder).ifPresent(taken -> folders.sendBody(queue, taken)));
    endpoint.setFilter(filter);
    endpoint.setPollStrategy(filter.rounds());
    endpoint.setProcessStrategy(new ClaimStrategy(folder, filter));
    return endpoint;
  }

  /** So that a folder, or a link to one, is refused like a file; camel-file knows no such entry. */
  private Optional<Claimed> take(Path entry) {
    try {
      return folder.claim(entry);
    } catch (IOException e) {
      LOG.warn(
          "drop folder: {} cannot be claimed: {}",
          Printable.text(entry.toString()),
          Printable.text(e.toString()));
      return Optional.empty();
    }
  }

  @SuppressWarnings("try") // the scope is there while the step runs; nobody calls it
  private static Processor logged(Processor step) {
    return exchange -> {
      Claimed claimed =
          claimed(exchange) == null
              ? exchange.getMessage().getMandatoryBody(Claimed.class)
              : claimed(exchange);
      try (ImportLog.Scope scope = ImportLog.of(claimed.importId())) {
        step.process(exchange);
      }
    };
  }

  private void request(Exchange exchange) throws InvalidPayloadException, IOException {
    Claimed claimed = exchange.getMessage().getMandatoryBody(Claimed.class);
    exchange.setProperty(CLAIMED, claimed);
    exchange.getMessage().setHeader(ImportRoute.ATTEMPT, folder.beginAttempt(claimed));
    Path path = claimed.path();
    exchange.getMessage().setHeader(ImportRoute.ORIGIN, origin(path));
    exchange
        .getMessage()
        .setBody(
            new ImportRequest(
                claimed.importId(),
                claimed.place().toString(),
                () -> FileSource.open(path, SymbolicLinks.REFUSE),
                ImageFormat.ofExtension(claimed.name()),
                template.fill(claimed.place(), claimed.importId()),
                options,
                policy));
  }

  /** Whoever the file belongs to has dropped it, as far as a file system can tell. */
  private static Origin origin(Path path) {
    Map<String, String> askedBy = new LinkedHashMap<>();
    askedBy.put("by", "drop folder");
    try {
      Object uid = Files.getAttribute(path, "unix:uid", LinkOption.NOFOLLOW_LINKS);
      askedBy.put("uid", uid.toString());
      String owner = Files.getOwner(path, LinkOption.NOFOLLOW_LINKS).getName();
      askedBy.put("owner", Printable.text(owner, 256));
    } catch (IOException | UnsupportedOperationException e) {
      // the import will say so if the file is not there
      LOG.debug("{}: {}", Printable.text(path.toString()), e.toString());
    }
    return new Origin(askedBy, Optional.empty());
  }

  private void done(Exchange exchange) {
    Claimed claimed = claimed(exchange);
    whenTold(claimed, () -> folder.done(claimed));
  }

  private void fail(Exchange exchange) {
    Exception caught = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Exception.class);
    Claimed claimed = claimed(exchange);
    if (caught instanceof ImportException cause && cause.outcome() != Outcome.RESUMABLE) {
      whenTold(claimed, () -> folder.failed(claimed, cause));
      return;
    }
    release(claimed, caught);
  }

  /**
   * Files it once Kafka has the import's last event. Until then the claim is what survives a kill:
   * the next start finds the import committed, and tells it again.
   */
  private void whenTold(Claimed claimed, Filing filing) {
    Runnable file =
        () -> {
          try {
            filing.run();
          } catch (IOException | RuntimeException e) {
            release(claimed, e);
          }
        };
    if (events == null) {
      file.run();
    } else {
      events.whenSent(claimed.importId(), file);
    }
  }

  @FunctionalInterface
  private interface Filing {
    void run() throws IOException;
  }

  private void release(Claimed claimed, Exception reason) {
    LOG.warn(
        "import {}: {} stays claimed and is tried again: {}",
        claimed.importId(),
        Printable.text(claimed.place().toString()),
        Printable.text("" + reason.getMessage()));
    folder.release(claimed);
  }

  private static Claimed claimed(Exchange exchange) {
    return exchange.getProperty(CLAIMED, Claimed.class);
  }
}
