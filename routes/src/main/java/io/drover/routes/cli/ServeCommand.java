package io.drover.routes.cli;

import io.drover.converter.imports.ImportOptions;
import io.drover.converter.imports.UnfinishedImports;
import io.drover.converter.object.ObjectStore;
import io.drover.routes.app.DroverApp;
import io.drover.routes.config.ConfigException;
import io.drover.routes.config.Key;
import io.drover.routes.config.Settings;
import io.drover.routes.drop.DropRoute;
import io.drover.routes.drop.DropSettings;
import io.drover.routes.drop.SweepRoute;
import io.drover.routes.kafka.KafkaClients;
import io.drover.routes.kafka.RecordSender;
import io.drover.routes.queue.NotificationEndpoint;
import io.drover.routes.queue.NotificationRoute;
import io.drover.routes.queue.Notifications;
import io.drover.routes.queue.RequestRoute;
import io.drover.routes.request.ImportTerms;
import io.drover.routes.web.WebServer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.apache.camel.RoutesBuilder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code drover serve}: runs until it is stopped. */
@Command(
    name = "serve",
    mixinStandardHelpOptions = true,
    description = "Import what is dropped into the folder or asked for on Kafka, until stopped.")
final class ServeCommand implements Callable<Integer> {
  private static final Logger LOG = LoggerFactory.getLogger(ServeCommand.class);

  /** By the custom of shells, 128 and the number of SIGTERM. */
  private static final int EXIT_TERMINATED = 143;

  @Mixin private CommonOptions common;

  @Option(names = "--inbox", paramLabel = "DIR", description = "Folder to watch (drover.inbox)")
  private String inbox;

  @Option(
      names = "--destination",
      paramLabel = "TEMPLATE",
      description = "Where imports go (drover.destination)")
  private String destination;

  @Override
  public Integer call() throws Exception {
    Settings settings = common.settings().with(Key.INBOX, inbox).with(Key.DESTINATION, destination);
    if (!settings.isSet(Key.INBOX) && !takesRequests(settings)) {
      throw new ConfigException(
          "nothing to serve: set drover.inbox, by --inbox DIR or in the configuration file, or"
              + " drover.kafka.brokers for requests");
    }
    CountDownLatch stopped = new CountDownLatch(1);
    ObjectStore store = CommonOptions.store(settings);
    Optional<DropRoute> drop =
        settings.isSet(Key.INBOX) ? Optional.of(dropRoute(settings)) : Optional.empty();
    DroverApp app = DroverApp.start(settings, store, intakes(settings, store, drop));
    WebServer web = web(settings, app);
    Observation observation = Observation.start(settings, app, drop, web);
    if (settings.isSet(Key.KAFKA_BROKERS) && NotificationEndpoint.wanted(settings)) {
      RecordSender sender = new RecordSender(KafkaClients.of(settings), "drover-pushed");
      new NotificationEndpoint(settings, new Notifications(settings, store, sender)).on(web);
    }
    Thread hook =
        new Thread(
            () -> {
              Interruption.endAtNextSignal(EXIT_TERMINATED);
              LOG.info("stopping: imports under way are gone on with at the next start");
              web.close();
              app.close();
              observation.close();
              stopped.countDown();
            },
            "stop");
    Runtime.getRuntime().addShutdownHook(hook);
    if (settings.isSet(Key.INBOX)) {
      LOG.info(
          "watching {}; imports go to {}",
          settings.text(Key.INBOX),
          settings.text(Key.DESTINATION));
    }
    if (takesRequests(settings)) {
      LOG.info(
          "taking requests from {}, in group {}",
          settings.text(Key.KAFKA_REQUESTS),
          settings.text(Key.REQUESTS_GROUP));
    }
    LOG.info("health at http://{}:{}/observe/health", settings.text(Key.HTTP_HOST), web.port());
    stopped.await();
    return 0;
  }

  private static WebServer web(Settings settings, DroverApp app) throws ConfigException {
    String host = settings.text(Key.HTTP_HOST);
    int port = settings.number(Key.HTTP_PORT, 0, 65_535);
    try {
      return WebServer.start(host, port);
    } catch (IOException e) {
      app.close();
      throw new ConfigException(
          "drover.http.port "
              + port
              + " on "
              + host
              + " cannot be listened on: "
              + e.getMessage()
              + "; choose another one, 0 for any that is free");
    }
  }

  private static boolean takesRequests(Settings settings) throws ConfigException {
    return settings.isSet(Key.KAFKA_BROKERS) && settings.flag(Key.REQUESTS_ENABLED);
  }

  private static RoutesBuilder[] intakes(
      Settings settings, ObjectStore store, Optional<DropRoute> drop) throws Exception {
    List<RoutesBuilder> intakes = new ArrayList<>();
    drop.ifPresent(intakes::add);
    if (takesRequests(settings)) {
      intakes.add(new RequestRoute(settings, store));
    }
    if (settings.isSet(Key.KAFKA_BROKERS) && settings.isSet(Key.NOTIFICATIONS_TOPIC)) {
      RecordSender sender = new RecordSender(KafkaClients.of(settings), "drover-notifications");
      intakes.add(
          new NotificationRoute(
              settings.text(Key.NOTIFICATIONS_TOPIC),
              settings.text(Key.REQUESTS_GROUP) + "-notifications",
              new Notifications(settings, store, sender),
              sender,
              settings.text(Key.KAFKA_DEAD_LETTER)));
    }
    Duration age = settings.duration(Key.SWEEP_AGE);
    if (!age.isZero()) {
      intakes.add(
          new SweepRoute(new UnfinishedImports(store), settings.text(Key.DESTINATION), age));
    }
    return intakes.toArray(RoutesBuilder[]::new);
  }

  /** The drop folder's route, by these settings. */
  static DropRoute dropRoute(Settings settings) throws Exception {
    ImportOptions options =
        ImportTerms.options(settings, Optional.empty(), ImportOptions.Existing.ACCEPT_SAME);
    return new DropRoute(dropSettings(settings), options, ImportTerms.policy(settings));
  }

  private static DropSettings dropSettings(Settings settings) throws ConfigException {
    try {
      return new DropSettings(
          Path.of(settings.text(Key.INBOX)),
          settings.flag(Key.INBOX_RECURSIVE),
          settings.duration(Key.INBOX_DELAY),
          settings.duration(Key.INBOX_SETTLE),
          settings.text(Key.INBOX_DONE_FILE),
          settings.text(Key.DESTINATION),
          settings.number(Key.JOBS, 1, 1_000));
    } catch (IllegalArgumentException e) {
      throw new ConfigException("drop folder: " + e.getMessage());
    }
  }
}
