package io.drover.routes.kafka;

import io.drover.converter.error.Printable;
import io.drover.routes.config.Key;
import javax.net.ssl.SSLException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.SaslAuthenticationException;
import org.apache.kafka.common.errors.SslAuthenticationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.errors.UnsupportedSaslMechanismException;
import org.apache.kafka.common.errors.UnsupportedVersionException;

/**
 * Why Kafka cannot be used, in words. Brokers and clients never put a password into what they say.
 *
 * @param reason short, without anything of the configuration; may be told to anybody
 * @param detail what client or broker said, escaped, on one line
 * @param advice what to do; empty where nobody knows
 */
public record KafkaTrouble(String reason, String detail, String advice) {
  private static final int MOST_TEXT = 512;

  /** What requests on Kafka need is not there. */
  public static final KafkaTrouble NO_SHARE_GROUPS =
      new KafkaTrouble(
          "the brokers have no share groups, which requests need",
          "the feature share.version is off",
          "use Kafka 4.2 or newer and switch it on (kafka-features.sh upgrade --feature"
              + " share.version=1), or set "
              + Key.REQUESTS_ENABLED.key()
              + "=false");

  /** Of what a client has thrown, however it is wrapped. */
  public static KafkaTrouble of(Throwable thrown) {
    Throwable cause = kafkas(thrown);
    String said = Printable.text(said(cause), MOST_TEXT);
    if (cause instanceof UnsupportedSaslMechanismException) {
      return new KafkaTrouble(
          "the brokers do not take this way to log in",
          said,
          "look at " + Key.KAFKA_SASL_MECHANISM.key());
    }
    if (cause instanceof SaslAuthenticationException) {
      return new KafkaTrouble(
          "the brokers refuse the user or the password",
          said,
          "look at " + Key.KAFKA_USERNAME.key() + " and " + Key.KAFKA_PASSWORD_FILE.key());
    }
    if (cause instanceof SslAuthenticationException) {
      return tls(cause);
    }
    if (cause instanceof AuthorizationException) {
      return new KafkaTrouble(
          "the user may not do what Drover needs", said, "give it the brokers' ACLs for that");
    }
    if (cause instanceof UnsupportedVersionException) {
      return new KafkaTrouble(
          "the brokers do not know what is asked of them", said, "are they of an old version?");
    }
    if (cause instanceof UnknownTopicOrPartitionException) {
      return new KafkaTrouble("a topic does not exist", said, "create it");
    }
    if (cause instanceof TimeoutException
        || cause instanceof java.util.concurrent.TimeoutException) {
      return new KafkaTrouble(
          "it does not answer",
          said,
          "look at "
              + Key.KAFKA_BROKERS.key()
              + ", and whether the brokers want another "
              + Key.KAFKA_SECURITY_PROTOCOL.key());
    }
    return new KafkaTrouble(
        "it cannot be used; the log says why",
        Printable.text(root(cause).toString(), MOST_TEXT),
        "");
  }

  private static KafkaTrouble tls(Throwable cause) {
    Throwable root = root(cause);
    String said = Printable.text(said(root), MOST_TEXT);
    String trust = "set " + Key.KAFKA_TRUSTSTORE.key() + " to a PEM file of their authority";
    if (untrusted(cause)) {
      return new KafkaTrouble("the brokers' certificate is not trusted", said, trust);
    }
    if (root instanceof java.security.cert.CertificateException) {
      return new KafkaTrouble(
          "the brokers' certificate is not good for their address",
          said,
          "name the brokers as their certificates do, or " + trust);
    }
    return new KafkaTrouble(
        "TLS with the brokers fails", said, "look at " + Key.KAFKA_SECURITY_PROTOCOL.key());
  }

  /** Camel, futures and Kafka's own clients wrap what happened. */
  private static Throwable kafkas(Throwable thrown) {
    Throwable found = thrown;
    for (Throwable each = thrown; each != null; each = each.getCause()) {
      if (each instanceof SSLException) {
        break;
      }
      if (each instanceof KafkaException || each instanceof java.util.concurrent.TimeoutException) {
        found = each;
      }
    }
    return found;
  }

  private static boolean untrusted(Throwable thrown) {
    for (Throwable each = thrown; each != null; each = each.getCause()) {
      if (each instanceof java.security.cert.CertPathBuilderException
          || each instanceof java.security.cert.CertPathValidatorException
          // a trust store without authorities
          || each instanceof java.security.InvalidAlgorithmParameterException) {
        return true;
      }
    }
    return false;
  }

  private static Throwable root(Throwable thrown) {
    Throwable root = thrown;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return root;
  }

  private static String said(Throwable cause) {
    return cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
  }

  /** All of it, on one line, for logs. */
  public String line() {
    return advice.isEmpty() ? detail : reason + ": " + detail + "; " + advice;
  }
}
