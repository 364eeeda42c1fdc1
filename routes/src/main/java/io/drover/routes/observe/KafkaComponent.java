package io.drover.routes.observe;

import io.drover.routes.kafka.KafkaClients;
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

  /**
   */
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
    // a new connection each time: one that is kept would answer from what it knows
    Map<String, Object> properties = clients.properties("drover-health");
    properties.put(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, ANSWER_MILLIS);
    properties.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, ANSWER_MILLIS);
    try (Admin admin = Admin.create(properties)) {
      admin.describeTopics(topics).allTopicNames().get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof UnknownTopicOrPartitionException) {
        throw new Unusable("a topic does not exist");
      }
      if (e.getCause() instanceof TimeoutException) {
        throw new Unusable("it does not answer");
      }
      throw e;
    }
  }
}
