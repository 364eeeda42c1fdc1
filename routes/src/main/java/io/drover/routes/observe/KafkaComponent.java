package io.drover.routes.observe;

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

  private final String brokers;
  private final List<String> topics;

  /** Kept while it works; the looking thread's own. */
  private Admin admin;

  /**
   * @param brokers HOST:PORT, comma separated
   */
  public KafkaComponent(String brokers, List<String> topics) {
    this.brokers = brokers;
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
        admin =
            Admin.create(
                Map.of(
                    AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, brokers,
                    AdminClientConfig.CLIENT_ID_CONFIG, "drover-health",
                    AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, ANSWER_MILLIS,
                    AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, ANSWER_MILLIS));
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
