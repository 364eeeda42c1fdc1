package io.drover.routes.observe;

import io.drover.routes.kafka.KafkaClients;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** A Kafka that answers and has the topics; asking does not create them. */
public final class KafkaComponent implements Component {
  private static final int ANSWER_MILLIS = 3_000;

  private final KafkaClients clients;
  private final List<String> topics;

  /** Kept while it works; the looking thread's own. */
  private Admin admin;

  public KafkaComponent(KafkaClients clients, List<String> topics) {
    this.clients = clients;
    this.topics = List.copyOf(topics);
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
    } catch (ExecutionException e) {
      // a client that is made anew waits for nothing and looks the name up again
      release();
      if (e.getCause() instanceof UnknownTopicOrPartitionException) {
        throw new Unusable("a topic does not exist");
      }
      if (e.getCause() instanceof TimeoutException) {
        throw new Unusable("it does not answer");
      }
      throw e;
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
