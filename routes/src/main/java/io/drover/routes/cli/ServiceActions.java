package io.drover.routes.cli;

import io.drover.converter.error.ImportException;
import io.drover.converter.error.Outcome;
import io.drover.routes.app.DroverApp;
import io.drover.routes.config.ConfigException;
import io.drover.routes.config.Key;
import io.drover.routes.config.Settings;
import io.drover.routes.drop.DropRoute;
import io.drover.routes.event.CancelRequest;
import io.drover.routes.follow.ImportState;
import io.drover.routes.follow.ImportStates;
import io.drover.routes.kafka.KafkaClients;
import io.drover.routes.page.Actions;
import io.drover.routes.queue.RequestAgain;
import io.drover.routes.web.WebServer;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** What a service does for its page, where the operator allows it. Thread-safe. */
final class ServiceActions implements AutoCloseable {
  private static final int MOST_REMEMBERED = 1_000;

  private final ImportStates states;
  private final Optional<DropRoute> drop;
  private final RequestAgain requests;
  private final Actions actions;

  /** By import that is to be done again: the last event of the run before. */
  private final Map<String, Long> retried =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Long> eldest) {
          return size() > MOST_REMEMBERED;
        }
      };

  private ServiceActions(
      Settings settings,
      DroverApp app,
      ImportStates states,
      Optional<DropRoute> drop,
      Actions.Witness witness)
      throws ConfigException {
    KafkaClients clients = KafkaClients.of(settings);
    String topic = settings.text(Key.KAFKA_REQUESTS);
    this.states = states;
    this.drop = drop;
    this.requests = new RequestAgain(settings, app.store());
    this.actions =
        new Actions(
            token(settings),
            importId -> CancelRequest.send(clients, topic, importId),
            this::retry,
            witness);
  }

  /**
   * Empty where the operator wants none.
   *
   * @param states of imports that might be done again
   * @param drop the service's drop folder
   */
  static Optional<ServiceActions> of(
      Settings settings,
      DroverApp app,
      ImportStates states,
      Optional<DropRoute> drop,
      Actions.Witness witness)
      throws ConfigException {
    if (!settings.flag(Key.HTTP_ACTIONS)) {
      return Optional.empty();
    }
    if (!settings.isSet(Key.KAFKA_BROKERS)) {
      throw new ConfigException(
          Key.HTTP_ACTIONS.key() + " asks on Kafka: set " + Key.KAFKA_BROKERS.key() + ", too");
    }
    return Optional.of(new ServiceActions(settings, app, states, drop, witness));
  }

  /** Answers on that server. */
  void on(WebServer web) {
    actions.on(web);
  }

  private synchronized void retry(String importId) throws IOException, Actions.Refused {
    ImportState state =
        states
            .find(importId)
            .orElseThrow(() -> new Actions.Refused("no such import is known here"));
    if (state.status() != ImportState.Status.FAILED
        && state.status() != ImportState.Status.CANCELLED) {
      throw new Actions.Refused("only what has failed or was cancelled is done again");
    }
    long last = state.last().sequence();
    if (Long.valueOf(last).equals(retried.get(importId))) {
      throw new Actions.Refused("that was asked for already");
    }
    if (!again(importId, state.last().attempt())) {
      throw new Actions.Refused(
          "it came neither from this service's drop folder nor by a request that Kafka still has");
    }
    retried.put(importId, last);
  }

  private boolean again(String importId, int attempts) throws IOException, Actions.Refused {
    try {
      return drop.isPresent() && drop.get().retry(importId) || requests.send(importId, attempts);
    } catch (FileAlreadyExistsException e) {
      throw new Actions.Refused("another file of that name waits in the drop folder");
    } catch (ImportException e) {
      if (e.outcome() == Outcome.REFUSED) {
        throw new Actions.Refused(e.code() + ": " + e.getMessage());
      }
      throw e;
    }
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

  @Override
  public void close() {
    requests.close();
  }
}
