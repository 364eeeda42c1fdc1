package io.drover.routes.doctor;

import io.drover.converter.doctor.Finding;
import io.drover.converter.error.Printable;
import io.drover.routes.config.ConfigException;
import io.drover.routes.config.Key;
import io.drover.routes.config.Settings;
import io.drover.routes.kafka.KafkaClients;
import io.drover.routes.kafka.KafkaTrouble;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.Node;

/** Whether the broker answers, and has the topics; changes nothing. */
public final class KafkaExamination {
  private static final String AREA = "kafka";
  private static final int TIMEOUT_MILLIS = 10_000;

  private final String brokers;
  private final Settings settings;
  private final List<Finding> findings = new ArrayList<>();

  private KafkaExamination(Settings settings) {
    this.brokers = settings.text(Key.KAFKA_BROKERS);
    this.settings = settings;
  }

  public static List<Finding> examine(Settings settings) throws InterruptedException {
    KafkaExamination examination = new KafkaExamination(settings);
    examination.run();
    return examination.findings;
  }

  private void run() throws InterruptedException {
    if (brokers.isEmpty()) {
      findings.add(
          Finding.note(AREA, "broker", "none is configured (--kafka): imports emit no events"));
      return;
    }
    try (Admin admin = admin()) {
      Collection<Node> nodes = admin.describeCluster().nodes().get();
      findings.add(
          Finding.ok(AREA, "broker", brokers + " answers, " + nodes.size() + " in the cluster"));
      topics(admin.listTopics().names().get());
      shareGroups(KafkaClients.haveShareGroups(admin));
    } catch (ConfigException e) {
      findings.add(Finding.fail(AREA, "settings", e.getMessage()));
    } catch (ExecutionException | KafkaException e) {
      findings.add(
          Finding.fail(
              AREA,
              "broker",
              brokers
                  + " cannot be asked: "
                  + KafkaTrouble.of(e).line()
                  + "; imports go on without it, and their last event is kept until it is back"));
    }
  }

  private Admin admin() throws ConfigException {
    Map<String, Object> properties = KafkaClients.of(settings).properties("drover-doctor");
    properties.put(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, TIMEOUT_MILLIS / 2);
    properties.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, TIMEOUT_MILLIS);
    return Admin.create(properties);
  }

  private void topics(Set<String> there) {
    for (Key key : List.of(Key.KAFKA_EVENTS, Key.KAFKA_REQUESTS, Key.KAFKA_DEAD_LETTER)) {
      String topic = settings.text(key);
      if (there.contains(topic)) {
        findings.add(Finding.ok(AREA, "topic " + topic, "exists"));
      } else {
        findings.add(
            Finding.note(
                AREA,
                "topic " + topic,
                "does not exist: create it (kafka-topics.sh --create --topic "
                    + Printable.text(topic)
                    + "), unless the broker makes topics on first use"));
      }
    }
  }

  private void shareGroups(boolean there) {
    if (there) {
      findings.add(Finding.ok(AREA, "share groups", "known to the broker"));
    } else {
      findings.add(Finding.note(AREA, "share groups", KafkaTrouble.NO_SHARE_GROUPS.line()));
    }
  }
}
