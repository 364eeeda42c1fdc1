package io.drover.routes.share;

import io.drover.routes.kafka.KafkaClients;
import io.drover.routes.kafka.KafkaTrouble;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The group as the broker knows it, and how its members behave. Thread-safe. */
final class ShareGroup {
  private static final Logger LOG = LoggerFactory.getLogger(ShareGroup.class);
  private static final String DELIVERIES = "share.delivery.count.limit";

  /** By the broker's default. */
  private static final int DEFAULT_DELIVERIES = 5;

  private static final int TIMEOUT_MILLIS = 10_000;

  private final KafkaClients clients;
  private final ShareSettings settings;
  private int deliveries = DEFAULT_DELIVERIES;
  private boolean prepared;
  private String told = "";

  ShareGroup(KafkaClients clients, ShareSettings settings) {
    this.clients = clients;
    this.settings = settings;
  }

  /**
   * Looks for the topic and, once, sets up the group: a new one begins with what is there already,
   * not with what comes next.
   *
   * @return whether there is a topic
   */
  synchronized boolean ready() {
    if (prepared) {
      return true;
    }
    Map<String, Object> properties = clients.properties("drover-requests-admin");
    properties.put(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, TIMEOUT_MILLIS / 2);
    properties.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, TIMEOUT_MILLIS);
    try (Admin admin = Admin.create(properties)) {
      admin.describeTopics(List.of(settings.topic())).allTopicNames().get();
      if (!KafkaClients.haveShareGroups(admin)) {
        tell(
            "no requests are taken from "
                + settings.topic()
                + ": "
                + KafkaTrouble.NO_SHARE_GROUPS.line());
        return false;
      }
      set(admin, "share.auto.offset.reset", "earliest");
      set(admin, "share.record.lock.duration.ms", Long.toString(settings.lock().toMillis()));
      readDeliveries(admin);
      prepared = true;
    } catch (ExecutionException e) {
      if (!(e.getCause() instanceof UnknownTopicOrPartitionException)) {
        throw new KafkaException(e.getCause());
      }
      tell("there is no topic " + settings.topic() + ": no requests are taken until there is");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return prepared;
  }

  /** Once for all members. */
  synchronized void tell(String trouble) {
    if (!trouble.equals(told)) {
      told = trouble;
      LOG.warn("{}", trouble);
    }
  }

  /** A member takes requests. */
  synchronized void tellWell() {
    if (!told.isEmpty()) {
      told = "";
      LOG.info("requests are taken from {} again", settings.topic());
    }
  }

  /** An operator may have kept this right; then what the group is set to counts. */
  private void set(Admin admin, String name, String value) throws InterruptedException {
    ConfigResource group = new ConfigResource(ConfigResource.Type.GROUP, settings.group());
    Collection<AlterConfigOp> change =
        List.of(new AlterConfigOp(new ConfigEntry(name, value), AlterConfigOp.OpType.SET));
    try {
      admin.incrementalAlterConfigs(Map.of(group, change)).all().get();
    } catch (ExecutionException e) {
      LOG.warn(
          "group {}: {} is not set to {}: {}; set it with kafka-configs.sh",
          settings.group(),
          name,
          value,
          e.getCause().getMessage());
    }
  }

  private void readDeliveries(Admin admin) throws InterruptedException {
    ConfigResource group = new ConfigResource(ConfigResource.Type.GROUP, settings.group());
    try {
      ConfigEntry limit =
          admin.describeConfigs(List.of(group)).all().get().get(group).get(DELIVERIES);
      deliveries = limit == null ? deliveries : Integer.parseInt(limit.value());
    } catch (ExecutionException | NumberFormatException e) {
      LOG.debug("group {}: {} is not known: {}", settings.group(), DELIVERIES, e.toString());
    }
  }

  /** How often the broker gives one record out. */
  synchronized int deliveries() {
    return deliveries;
  }

  /** Of one member. */
  Map<String, Object> properties(String client) {
    Map<String, Object> properties = clients.properties(client);
    properties.put(ConsumerConfig.GROUP_ID_CONFIG, settings.group());
    properties.put("share.acknowledgement.mode", "explicit");
    properties.put("share.acquire.mode", "record_limit");
    properties.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 1);
    return properties;
  }
}
