package io.drover.routes.cli;

import io.drover.converter.manifest.SoftwareVersion;
import io.drover.converter.object.ObjectStore;
import io.drover.routes.app.DroverApp;
import io.drover.routes.config.ConfigException;
import io.drover.routes.config.Key;
import io.drover.routes.config.Settings;
import io.drover.routes.drop.DropRoute;
import io.drover.routes.follow.EventFollower;
import io.drover.routes.follow.ImportStates;
import io.drover.routes.kafka.KafkaClients;
import io.drover.routes.observe.BucketComponent;
import io.drover.routes.observe.Component;
import io.drover.routes.observe.FolderComponent;
import io.drover.routes.observe.HealthEndpoint;
import io.drover.routes.observe.KafkaComponent;
import io.drover.routes.observe.Meters;
import io.drover.routes.observe.RequestLag;
import io.drover.routes.page.Page;
import io.drover.routes.queue.NotificationEndpoint;
import io.drover.routes.web.WebServer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What can be seen of a service that runs: health, metrics, and how imports stand. */
final class Observation implements AutoCloseable {
  /** Ended imports that the page shows. */
  private static final int MOST_ENDED = 2_000;

  private final HealthEndpoint health;
  private final Meters meters;
  private final Page page;
  private final Optional<ServiceActions> actions;
  private final Optional<EventFollower> follower;
  private final Optional<RequestLag> lag;
  private final ImportStates states = new ImportStates(MOST_ENDED);

  private Observation(Settings settings, DroverApp app, Optional<DropRoute> drop)
      throws ConfigException {
    this.meters = new Meters(app.stages(), app.memory());
    meters.gauge("drover.imports.active", "Imports under way", () -> app.active().list().size());
    meters.gauge("drover.events.unsent", "Events that Kafka does not have yet", app::unsentEvents);
    this.actions =
        ServiceActions.of(
            settings,
            app,
            states,
            drop,
            (action, importId, address, status) ->
                app.audit().ifPresent(log -> log.asked(action, importId, address, status)));
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
            app.store(),
            () ->
                Map.of(
                    "worker",
                    app.worker(),
                    "version",
                    SoftwareVersion.text(),
                    "actions",
                    actions.isPresent()));
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

  /**
   * Begins to look, and answers on that server.
   *
   * @param drop the service's drop folder, where it has one
   */
  static Observation start(
      Settings settings, DroverApp app, Optional<DropRoute> drop, WebServer web)
      throws ConfigException {
    Observation observation = new Observation(settings, app, drop);
    observation.health.on(web);
    observation.meters.on(web);
    observation.page.on(web);
    observation.actions.ifPresent(actions -> actions.on(web));
    return observation;
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
    actions.ifPresent(ServiceActions::close);
    page.close();
    health.close();
    lag.ifPresent(RequestLag::close);
    meters.close();
  }
}
