package io.drover.routes.cli;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.object.ObjectStore;
import io.drover.routes.app.DroverApp;
import io.drover.routes.batch.Treatment;
import io.drover.routes.config.ConfigException;
import io.drover.routes.config.Key;
import io.drover.routes.config.Settings;
import io.drover.routes.follow.EventFollower;
import io.drover.routes.kafka.KafkaClients;
import io.drover.routes.submit.Endings;
import io.drover.routes.submit.RequestSender;
import io.drover.routes.submit.SubmitTreatment;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** The two ends of Kafka that {@code drover batch --submit} holds. */
record Submission(
    RequestSender requests, EventFollower follower, Endings endings, Treatment treatment)
    implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /**
   * Begins to follow, so that no end is missed.
   *
   * @throws ImportException {@code TARGET_UNAVAILABLE} if the events cannot be read
   */
  static Submission start(Settings settings, ObjectStore store, DroverApp app)
      throws ConfigException, ImportException, InterruptedException {
    if (!settings.isSet(Key.KAFKA_BROKERS)) {
      throw new ConfigException("--submit needs a Kafka: --kafka HOST:PORT");
    }
    String brokers = settings.text(Key.KAFKA_BROKERS);
    String events = settings.text(Key.KAFKA_EVENTS);
    KafkaClients clients = KafkaClients.of(settings);
    Endings endings = new Endings();
    EventFollower follower =
        EventFollower.start(clients, events, Optional.of(Instant.now()), endings);
    if (!follower.awaitCaughtUp(PATIENCE)) {
      String why = follower.trouble().orElse("no answer");
      follower.close();
      throw ImportException.resumable(
          ErrorCode.TARGET_UNAVAILABLE,
          "the events on " + events + " at " + brokers + " cannot be followed: " + why,
          null);
    }
    RequestSender requests = new RequestSender(clients, settings.text(Key.KAFKA_REQUESTS));
    return new Submission(
        requests,
        follower,
        endings,
        new SubmitTreatment(store, requests, endings, () -> app.active().stopping()));
  }

  @Override
  public void close() {
    requests.close();
    follower.close();
  }
}
