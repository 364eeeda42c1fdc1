package io.drover.routes.cli;

import io.drover.converter.imports.ImportSession;
import io.drover.converter.object.ObjectStore;
import io.drover.routes.app.DroverApp;
import io.drover.routes.audit.AuditLog;
import io.drover.routes.config.ConfigException;
import io.drover.routes.config.Key;
import io.drover.routes.config.Settings;
import io.drover.routes.event.CancelRequest;
import io.drover.routes.follow.EventFollower;
import io.drover.routes.follow.ImportStates;
import io.drover.routes.imports.ImportRun;
import io.drover.routes.kafka.KafkaClients;
import io.drover.routes.observe.BucketComponent;
import io.drover.routes.observe.Component;
import io.drover.routes.observe.FolderComponent;
import io.drover.routes.observe.HealthEndpoint;
import io.drover.routes.observe.KafkaComponent;
import io.drover.routes.observe.Meters;
import io.drover.routes.observe.RequestLag;
import io.drover.routes.page.Actions;
import io.drover.routes.page.Page;
import io.drover.routes.queue.NotificationEndpoint;
import io.drover.routes.web.WebServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What can be seen of a service that runs: health, metrics, and how imports stand. */
final class Observation implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Observation.class);

  /** Ended imports that the page shows. */
  private static final int MOST_ENDED = 2_000;

  private final HealthEndpoint health;
  private final Meters meters;
  private final Page page;
  private final Optional<Actions> actions;
  private final Optional<AuditLog> audit;
  private final Optional<EventFollower> follower;
  private final Optional<RequestLag> lag;
  private final ImportStates states = new ImportStates(MOST_ENDED);

  private Observation(Settings settings, DroverApp app) throws ConfigException {
    this.actions = actions(settings);
    this.meters = new Meters(app.stages(), app.memory());
    meters.gauge("drover.imports.active", "Imports under way", () -> app.active().list().size());
    meters.gauge("drover.events.unsent", "Events that Kafka does not have yet", app::unsentEvents);
    this.audit = audit(settings, app);
    audit.ifPresent(app::listen);
    app.listen(meters);
    app.listen(states);
    this.health =
        new HealthEndpoint(
            app::running,
            () -> app.active().list().size(),
            app::unsentEvents,
            components(settings, app.store()));
    this.lag =
        settings.isSet(Key.KAFKA_BROKERS) && settings.flag(Key.REQUESTS_ENABLED)
            ? Optional.of(
                new RequestLag(KafkaClients.of(settings), settings.text(Key.REQUESTS_GROUP)))
            : Optional.empty();
    lag.ifPresent(
        each ->
            meters.gauge(
                "drover.requests.open", "Requests that no worker is done with", each::requests));
    meters.gauge("drover.ready", "1 if imports would work", () -> health.ready() ? 1 : 0);
    this.page =
        new Page(
            states,
            app.active(),
            app.store(),
            () ->
                Map.of(
                    "worker",
                    app.worker(),
                    "version",
                    Version.text(),
                    "actions",
                    actions.isPresent()));
    app.listen(page.local());
    this.follower =
        settings.isSet(Key.KAFKA_BROKERS)
            ? Optional.of(
                EventFollower.start(
                    KafkaClients.of(settings),
                    settings.text(Key.KAFKA_EVENTS),
                    Optional.empty(),
                    states))
            : Optional.empty();
  }

  /** Begins to look, and answers on that server. */
  static Observation start(Settings settings, DroverApp app, WebServer web) throws ConfigException {
    Observation observation = new Observation(settings, app);
    observation.health.on(web);
    observation.meters.on(web);
    observation.page.on(web);
    observation.actions.ifPresent(actions -> actions.on(web));
    return observation;
  }

  private static Optional<AuditLog> audit(Settings settings, DroverApp app) throws ConfigException {
    if (!settings.isSet(Key.AUDIT_FILE)) {
      return Optional.empty();
    }
    Path file = settings.stateDirectory(System.getenv()).resolve(settings.text(Key.AUDIT_FILE));
    try {
      return Optional.of(
          AuditLog.open(
              file,
              Version.text(),
              importId ->
                  app.active().list().stream()
                      .filter(run -> run.request().importId().equals(importId))
                      .findAny()
                      .flatMap(ImportRun::opened)
                      .map(ImportSession::sourceIdentity)
                      .orElse(Map.of())));
    } catch (IOException e) {
      throw new ConfigException(Key.AUDIT_FILE.key() + ": " + file + " cannot be written: " + e);
    }
  }

  private static Optional<Actions> actions(Settings settings) throws ConfigException {
    if (!settings.flag(Key.HTTP_ACTIONS)) {
      return Optional.empty();
    }
    if (!settings.isSet(Key.KAFKA_BROKERS)) {
      throw new ConfigException(
          Key.HTTP_ACTIONS.key() + " asks on Kafka: set " + Key.KAFKA_BROKERS.key() + ", too");
    }
    KafkaClients clients = KafkaClients.of(settings);
    String topic = settings.text(Key.KAFKA_REQUESTS);
    return Optional.of(
        new Actions(token(settings), importId -> CancelRequest.send(clients, topic, importId)));
  }

  private static String token(Settings settings) throws ConfigException {
    String file = settings.text(Key.HTTP_TOKEN_FILE);
    if (file.isEmpty()) {
      throw new ConfigException(
          Key.HTTP_ACTIONS.key() + " needs a token: set " + Key.HTTP_TOKEN_FILE.key());
    }
    try {
      String token = Files.readString(Path.of(file)).strip();
      if (token.length() >= Actions.SHORTEST_TOKEN) {
        return token;
      }
      throw new ConfigException(
          Key.HTTP_TOKEN_FILE.key() + ": fewer than " + Actions.SHORTEST_TOKEN + " characters");
    } catch (IOException e) {
      throw new ConfigException(Key.HTTP_TOKEN_FILE.key() + " cannot be read: " + e);
    }
  }

  private static List<Component> components(Settings settings, ObjectStore store)
      throws ConfigException {
    long leastFree = settings.bytes(Key.LEAST_FREE);
    List<Component> components = new ArrayList<>();
    if (settings.isSet(Key.KAFKA_BROKERS)) {
      components.add(kafka(settings));
    }
    bucket(settings.text(Key.DESTINATION))
        .ifPresent(bucket -> components.add(new BucketComponent(store, bucket)));
    if (settings.isSet(Key.INBOX)) {
      Path inbox = Path.of(settings.text(Key.INBOX));
      components.add(new FolderComponent("inbox", inbox, leastFree, false));
    }
    Path state = settings.stateDirectory(System.getenv());
    components.add(new FolderComponent("state", state, leastFree, true));
    return components;
  }

  /** All that the routes of these settings read and write. */
  private static Component kafka(Settings settings) throws ConfigException {
    boolean requests = settings.flag(Key.REQUESTS_ENABLED);
    boolean notifications =
        settings.isSet(Key.NOTIFICATIONS_TOPIC) || NotificationEndpoint.wanted(settings);
    List<String> topics = new ArrayList<>(List.of(settings.text(Key.KAFKA_EVENTS)));
    if (requests || notifications || settings.flag(Key.HTTP_ACTIONS)) {
      topics.add(settings.text(Key.KAFKA_REQUESTS));
    }
    if (requests || settings.isSet(Key.NOTIFICATIONS_TOPIC)) {
      topics.add(settings.text(Key.KAFKA_DEAD_LETTER));
    }
    if (settings.isSet(Key.NOTIFICATIONS_TOPIC)) {
      topics.add(settings.text(Key.NOTIFICATIONS_TOPIC));
    }
    return new KafkaComponent(KafkaClients.of(settings), topics, requests);
  }

  /** Empty where the bucket's name is not the same for all imports. */
  private static Optional<String> bucket(String template) {
    if (!template.startsWith("s3://")) {
      return Optional.empty();
    }
    String rest = template.substring("s3://".length());
    String bucket = rest.contains("/") ? rest.substring(0, rest.indexOf('/')) : rest;
    return bucket.isEmpty() || bucket.contains("{") ? Optional.empty() : Optional.of(bucket);
  }

  @Override
  public void close() {
    follower.ifPresent(EventFollower::close);
    page.close();
    health.close();
    lag.ifPresent(RequestLag::close);
    meters.close();
    try {
      if (audit.isPresent()) {
        audit.get().close();
      }
    } catch (IOException e) {
      LOG.warn("closing the audit file: {}", e.toString());
    }
  }
}
