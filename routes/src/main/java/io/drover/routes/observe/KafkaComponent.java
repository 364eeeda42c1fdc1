package io.drover.routes.observe;

import io.drover.routes.kafka.KafkaClients;
import io.drover.routes.kafka.KafkaTrouble;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.TimeoutException;

/** A Kafka that answers and has what is needed; asking does not create topics. */
public final class KafkaComponent implements Component {
  private static final int ANSWER_MILLIS = 3_000;

  private final KafkaClients clients;
  private final List<String> topics;
  private final boolean shareGroups;

  /**
   * Looks that a client may take to connect; with TLS and a user, or far away, one is not enough.
   */
  private static final int MOST_LATE = 3;

  /** Kept while it works; the looking thread's own. */
  private Admin admin;

  /** Looks in turn that brought no answer in time. */
  private int late;

  /**
   * @param shareGroups whether these are needed, too
   */
  public KafkaComponent(KafkaClients clients, List<String> topics, boolean shareGroups) {
    this.clients = clients;
    this.topics = List.copyOf(topics);
    this.shareGroups = shareGroups;
  }

  @Override
  public String name() {
    return "kafka";
  }

  @Override
  public void look() throws Exception {
    try {
      if (admin == null) {
        Map<String, Object> properties = clients.properties("drover-health");
        properties.put(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, ANSWER_MILLIS);
        properties.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, ANSWER_MILLIS);
        admin = Admin.create(properties);
      }
      // asks a broker every time
      admin.describeTopics(topics).allTopicNames().get();
      boolean lacking = shareGroups && !KafkaClients.haveShareGroups(admin);
      late = 0;
      if (lacking) {
        throw new Unusable(
            KafkaTrouble.NO_SHARE_GROUPS.reason(), KafkaTrouble.NO_SHARE_GROUPS.line());
      }
    } catch (ExecutionException | KafkaException e) {
      late = e.getCause() instanceof TimeoutException ? late + 1 : MOST_LATE;
      if (late >= MOST_LATE) {
        // a client that is made anew waits for nothing and looks the name up again
        release();
        late = 0;
      }
      KafkaTrouble trouble = KafkaTrouble.of(e);
      throw new Unusable(trouble.reason(), trouble.line());
    }
  }

  @Override
  public void release() {
    if (admin != null) {
      admin.close(Duration.ZERO);
      admin = null;
    }
  }
}
