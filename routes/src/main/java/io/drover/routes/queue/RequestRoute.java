package io.drover.routes.queue;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.error.Outcome;
import io.drover.converter.error.Printable;
import io.drover.converter.imports.ImportRequest;
import io.drover.converter.object.ObjectStore;
import io.drover.routes.config.ConfigException;
import io.drover.routes.config.Key;
import io.drover.routes.config.Settings;
import io.drover.routes.event.EventOutbox;
import io.drover.routes.event.ImportLog;
import io.drover.routes.imports.ActiveImports;
import io.drover.routes.imports.ImportRoute;
import io.drover.routes.kafka.KafkaClients;
import io.drover.routes.kafka.RecordSender;
import io.drover.routes.share.ShareComponent;
import io.drover.routes.share.ShareSettings;
import io.drover.routes.share.Verdict;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.apache.camel.Exchange;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.support.service.ServiceSupport;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.header.Header;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * From the topic of requests to the import route, one record for each job slot. A record is done
 * when Kafka has the import's last event; what stops for a passing reason goes back, for this
 * worker or another one.
 */
public final class RequestRoute extends RouteBuilder {
  public static final String ID = "requests";

  private static final Logger LOG = LoggerFactory.getLogger(RequestRoute.class);

  /** Header of a copy: how often the broker's count of deliveries was begun anew. */
  static final String ROUNDS = "drover_rounds";

  /** Header of a request that was sent again: runs of the import that were told of before. */
  static final String ATTEMPTS = "drover_attempts";

  private static final int MOST_ROUNDS = 20;
  private static final Duration LOOK = Duration.ofMillis(100);
  private static final Duration CATCH_UP = Duration.ofSeconds(20);

  private final KafkaClients clients;
  private final String topic;
  private final ShareSettings share;
  private final Duration pause;
  private final RequestParser parser;
  private final RecordSender sender;
  private final DeadLetters deadLetters;
  private ActiveImports active;
  private EventOutbox events;
  private Cancellations cancellations;
  private ProducerTemplate imports;

  /**
   * @param store of sources that are objects
   */
  public RequestRoute(Settings settings, ObjectStore store) throws ConfigException {
    this.clients = KafkaClients.of(settings);
    this.topic = settings.text(Key.KAFKA_REQUESTS);
    this.share =
        new ShareSettings(
            topic,
            settings.text(Key.REQUESTS_GROUP),
            settings.number(Key.JOBS, 1, 1_000),
            settings.duration(Key.REQUESTS_LOCK));
    // as long as another worker's lease could last
    this.pause = settings.duration(Key.LEASE).dividedBy(2);
    this.parser = new RequestParser(settings, store);
    this.sender = new RecordSender(clients, "drover-dead-letter");
    this.deadLetters = new DeadLetters(sender, settings.text(Key.KAFKA_DEAD_LETTER));
  }

  @Override
  public void configure() throws Exception {
    errorHandler(noErrorHandler());
    events = getContext().getRegistry().findSingleByType(EventOutbox.class);
    active = getContext().getRegistry().findSingleByType(ActiveImports.class);
    imports = getContext().createProducerTemplate();
    cancellations = new Cancellations(clients, topic, active::cancel);
    getContext().addService(closing());
    getContext().addComponent(ShareComponent.SCHEME, new ShareComponent(clients, share));
    from(ShareComponent.SCHEME + ":requests").routeId(ID).process(this::take);
  }

  private ServiceSupport closing() {
    return new ServiceSupport() {
      @Override
      protected void doStop() {
        cancellations.close();
        sender.close();
      }
    };
  }

  @SuppressWarnings("unchecked")
  private void take(Exchange exchange) throws InterruptedException {
    ConsumerRecord<byte[], byte[]> message =
        (ConsumerRecord<byte[], byte[]>) exchange.getMessage().getBody();
    exchange.setProperty(ShareComponent.VERDICT, Verdict.RELEASE);
    boolean last = exchange.getProperty(ShareComponent.LAST_DELIVERY, false, Boolean.class);
    try {
      exchange.setProperty(ShareComponent.VERDICT, verdict(message, last));
    } catch (KafkaException e) {
      LOG.warn("{}: Kafka: {}; the request goes back", Message.of(message).place(), e.toString());
      pause(pause);
    }
  }

  private Verdict verdict(ConsumerRecord<byte[], byte[]> message, boolean last)
      throws InterruptedException {
    Request request;
    try {
      request = parser.parse(Message.of(message));
      if (last && request instanceof Request.Import) {
        sendAgain(message);
        return Verdict.ACCEPT;
      }
    } catch (ImportException e) {
      LOG.warn(
          "{}: {}: {}; see the dead letters",
          Message.of(message).place(),
          e.code(),
          e.getMessage());
      deadLetters.send(message, e);
      return Verdict.ACCEPT;
    }
    // cancellations are for whoever has the import, and were read by all
    return request instanceof Request.Import wanted ? logged(wanted, message) : Verdict.ACCEPT;
  }

  /**
   * The broker gives a record out a few times only, and then to nobody: before that, a copy takes
   * its place. Nothing of an import is lost with it, as the id is what counts.
   */
  private void sendAgain(ConsumerRecord<byte[], byte[]> message)
      throws ImportException, InterruptedException {
    int rounds = number(message, ROUNDS) + 1;
    if (rounds > MOST_ROUNDS) {
      throw ImportException.refused(
          ErrorCode.INTERNAL,
          "the request was begun more than "
              + MOST_ROUNDS
              + " times the group's share.delivery.count.limit, and has come to no end: does it"
              + " end the workers? Send it again once that is found");
    }
    ProducerRecord<byte[], byte[]> copy =
        new ProducerRecord<>(message.topic(), message.key(), message.value());
    for (Header header : message.headers()) {
      if (!Set.of(ROUNDS, Place.FIRST).contains(header.key())) {
        copy.headers().add(header);
      }
    }
    // it stands behind a cancellation that came meanwhile, which holds nevertheless
    copy.headers().add(Place.FIRST, Place.of(message).written());
    copy.headers().add(ROUNDS, Integer.toString(rounds).getBytes(StandardCharsets.UTF_8));
    sender.send(copy);
  }

  /** Anybody may have written it: 0 for what is no small number. */
  private static int number(ConsumerRecord<byte[], byte[]> message, String name) {
    Header header = message.headers().lastHeader(name);
    String text =
        header == null || header.value() == null || header.value().length > 3
            ? ""
            : new String(header.value(), StandardCharsets.UTF_8);
    return text.matches("[0-9]{1,3}") ? Integer.parseInt(text) : 0;
  }

  @SuppressWarnings("try") // the scope is there meanwhile; nobody calls it
  private Verdict logged(Request.Import wanted, ConsumerRecord<byte[], byte[]> message)
      throws InterruptedException {
    try (ImportLog.Scope scope = ImportLog.of(wanted.importId())) {
      return run(wanted, message);
    }
  }

  private Verdict run(Request.Import wanted, ConsumerRecord<byte[], byte[]> message)
      throws InterruptedException {
    ImportRequest request = wanted.request();
    if (!cancellations.await(CATCH_UP)) {
      LOG.warn("import {}: cancellations cannot be read yet; beginning it", request.importId());
    }
    BooleanSupplier cancelled = () -> cancellations.cancelled(request.importId(), message);
    Exchange ended =
        imports.send(
            ImportRoute.ENDPOINT,
            exchange -> {
              exchange.getMessage().setBody(request);
              exchange.getMessage().setHeader(ImportRoute.CANCELLED, cancelled);
              exchange.getMessage().setHeader(ImportRoute.ORIGIN, wanted.origin());
              exchange.getMessage().setHeader(ImportRoute.ATTEMPTS, number(message, ATTEMPTS));
            });
    Exception failure = ended.getException();
    if (failure == null
        || failure instanceof ImportException named && named.outcome() != Outcome.RESUMABLE) {
      return told(request.importId()) ? Verdict.ACCEPT : Verdict.RELEASE;
    }
    LOG.info(
        "import {}: goes back: {}",
        request.importId(),
        Printable.text(String.valueOf(failure.getMessage()), 1024));
    boolean held = failure instanceof ImportException named && named.code() == ErrorCode.LEASE_HELD;
    // who has met another worker's lease has waited already
    pause(held ? LOOK : pause);
    return Verdict.RELEASE;
  }

  /** Waits until Kafka has the import's last event, or until this worker is to stop. */
  private boolean told(String importId) throws InterruptedException {
    CountDownLatch sent = new CountDownLatch(1);
    events.whenSent(importId, sent::countDown);
    while (!sent.await(LOOK.toMillis(), TimeUnit.MILLISECONDS)) {
      if (active.stopping()) {
        return sent.await(1, TimeUnit.SECONDS);
      }
    }
    return true;
  }

  private void pause(Duration time) throws InterruptedException {
    long end = System.nanoTime() + time.toNanos();
    while (!active.stopping() && System.nanoTime() < end) {
      Thread.sleep(LOOK.toMillis());
    }
  }
}
