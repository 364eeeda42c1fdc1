package io.drover.routes.queue;

import io.drover.converter.error.ImportException;
import io.drover.converter.error.Outcome;
import io.drover.routes.config.ConfigException;
import io.drover.routes.config.Key;
import io.drover.routes.config.Settings;
import io.drover.routes.web.WebAnswer;
import io.drover.routes.web.WebRequest;
import io.drover.routes.web.WebServer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Map;
import org.apache.kafka.common.KafkaException;

/**
 * {@code POST /notifications}: S3 notifications pushed over HTTP, with a bearer token (RFC 6750).
 * Answered once Kafka has the requests, so that the sender tries again otherwise.
 */
public final class NotificationEndpoint {
  private static final int LEAST_TOKEN = 16;

  private final Notifications notifications;
  private final byte[] expected;

  /**
   * @throws ConfigException if the token cannot be read, or could be guessed
   */
  public NotificationEndpoint(Settings settings, Notifications notifications)
      throws ConfigException {
    String token = settings.text(Key.NOTIFICATIONS_TOKEN);
    if (settings.isSet(Key.NOTIFICATIONS_TOKEN_FILE)) {
      try {
        token = Files.readString(Path.of(settings.text(Key.NOTIFICATIONS_TOKEN_FILE))).strip();
      } catch (IOException e) {
        throw new ConfigException(Key.NOTIFICATIONS_TOKEN_FILE.key() + " cannot be read: " + e);
      }
    }
    if (token.length() < LEAST_TOKEN) {
      throw new ConfigException(
          Key.NOTIFICATIONS_TOKEN.key() + ": a token has " + LEAST_TOKEN + " characters or more");
    }
    this.notifications = notifications;
    this.expected = ("Bearer " + token).getBytes(StandardCharsets.UTF_8);
  }

  /** Whether a token is configured; without one nothing is taken over HTTP. */
  public static boolean wanted(Settings settings) {
    return settings.isSet(Key.NOTIFICATIONS_TOKEN) || settings.isSet(Key.NOTIFICATIONS_TOKEN_FILE);
  }

  public void on(WebServer web) {
    web.handle("POST", "/notifications", this::take);
  }

  private WebAnswer take(WebRequest request) throws IOException {
    byte[] given = request.header("Authorization").orElse("").getBytes(StandardCharsets.UTF_8);
    // in a time that does not tell how much of it was right
    if (!MessageDigest.isEqual(expected, given)) {
      return WebAnswer.text(401, "a bearer token is needed").with("WWW-Authenticate", "Bearer");
    }
    try {
      int sent = notifications.take(request.body(StrictJson.MOST_BYTES));
      return WebAnswer.json(202, Map.of("requests", sent));
    } catch (ImportException e) {
      return WebAnswer.text(
          e.outcome() == Outcome.RESUMABLE ? 503 : 400, e.code() + ": " + e.getMessage());
    } catch (KafkaException e) {
      return WebAnswer.text(503, "Kafka does not take requests just now; send it again");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return WebAnswer.text(503, "stopping");
    }
  }
}
