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

/** A Kafka that answers and has what is needed; asking does not create topics. */
public final class KafkaComponent implements Component {
  private static final int ANSWER_MILLIS = 3_000;

  private final KafkaClients clients;
  private final List<String> topics;
  private final boolean shareGroups;

  /** Kept while it works; the looking thread's own. */
  private Admin admin;

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
      if (shareGroups && !KafkaClients.haveShareGroups(admin)) {
        throw new Unusable(
            KafkaTrouble.NO_SHARE_GROUPS.reason(), KafkaTrouble.NO_SHARE_GROUPS.line());
      }
    } catch (ExecutionException | KafkaException e) {
      // a client that is made anew waits for nothing and looks the name up again
      release();
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
