package io.drover.routes.observe;

import io.drover.routes.kafka.KafkaClients;
import io.drover.routes.kafka.KafkaTrouble;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.ListShareGroupOffsetsSpec;
import org.apache.kafka.clients.admin.SharePartitionOffsetInfo;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How many requests no worker is done with, those that are being worked on included: the lag that
 * the broker tells of the share group (KIP-1226). Thread-safe.
 */
public final class RequestLag implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RequestLag.class);
  private static final int ANSWER_MILLIS = 5_000;
  private static final Duration INTERVAL = Duration.ofSeconds(10);

  private final KafkaClients clients;
  private final String group;
  private final Watch watch;
  private volatile double lag = Double.NaN;

  /** The watching thread's own. */
  private Admin admin;

  /** Begins to ask. */
  public RequestLag(KafkaClients clients, String group) {
    this.clients = clients;
    this.group = group;
    this.watch = new Watch(new Look(), INTERVAL, INTERVAL);
  }

  /** NaN while it is not known. */
  public double requests() {
    return watch.trouble().isPresent() ? Double.NaN : lag;
  }

  @Override
  public void close() {
    watch.close();
  }

  private final class Look implements Component {
    @Override
    public String name() {
      return "queue";
    }

    @Override
    public void look() throws Exception {
      try {
        lag = ask();
      } catch (ExecutionException | KafkaException e) {
        lag = Double.NaN;
        // readiness and whoever takes requests warn of it
        LOG.debug("queue: {}", KafkaTrouble.of(e).line());
        release();
      }
    }

    private long ask() throws ExecutionException, InterruptedException {
      if (admin == null) {
        Map<String, Object> properties = clients.properties("drover-lag");
        properties.put(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, ANSWER_MILLIS);
        properties.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, ANSWER_MILLIS);
        admin = Admin.create(properties);
      }
      Map<TopicPartition, SharePartitionOffsetInfo> starts =
          admin
              .listShareGroupOffsets(Map.of(group, new ListShareGroupOffsetsSpec()))
              .partitionsToOffsetInfo(group)
              .get();
      long sum = 0;
      for (SharePartitionOffsetInfo start : starts.values()) {
        // null where nobody has taken anything yet, empty where the broker does not count
        // (KIP-1226)
        sum += start == null ? 0 : start.lag().orElse(0L);
      }
      return sum;
    }

    @Override
    public void release() {
      if (admin != null) {
        admin.close(Duration.ZERO);
        admin = null;
      }
    }
  }
}
