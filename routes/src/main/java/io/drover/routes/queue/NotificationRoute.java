package io.drover.routes.queue;

import io.drover.converter.error.ImportException;
import io.drover.converter.error.Outcome;
import io.drover.routes.kafka.RecordSender;
import org.apache.camel.Exchange;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.component.kafka.KafkaConstants;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** From a topic of S3 notifications to the topic of requests: short work, for camel-kafka. */
public final class NotificationRoute extends RouteBuilder {
  private static final Logger LOG = LoggerFactory.getLogger(NotificationRoute.class);

  private final String topic;
  private final String group;
  private final Notifications notifications;
  private final DeadLetters deadLetters;

  /**
   * @param topic of the notifications
   * @param group of the workers that read them
   * @param deadLetters topic of what is none
   */
  public NotificationRoute(
      String topic,
      String group,
      Notifications notifications,
      RecordSender sender,
      String deadLetters) {
    this.topic = topic;
    this.group = group;
    this.notifications = notifications;
    this.deadLetters = new DeadLetters(sender, deadLetters);
  }

  @Override
  public void configure() {
    errorHandler(noErrorHandler());
    // a record that fails for a passing reason is read again; an offset moves when it is done
    from("kafka:"
            + topic
            + "?groupId="
            + group
            + "&autoOffsetReset=earliest&breakOnFirstError=true&maxPollRecords=10"
            + "&valueDeserializer=org.apache.kafka.common.serialization.ByteArrayDeserializer"
            + "&keyDeserializer=org.apache.kafka.common.serialization.ByteArrayDeserializer")
        .routeId("notifications")
        .process(this::take);
  }

  private void take(Exchange exchange) throws Exception {
    byte[] value = (byte[]) exchange.getMessage().getBody();
    try {
      notifications.take(value);
    } catch (ImportException e) {
      if (e.outcome() == Outcome.RESUMABLE) {
        throw e;
      }
      LOG.warn("a notification is none: {}: {}; see the dead letters", e.code(), e.getMessage());
      deadLetters.send(
          new ConsumerRecord<>(
              topic,
              exchange.getMessage().getHeader(KafkaConstants.PARTITION, 0, Integer.class),
              exchange.getMessage().getHeader(KafkaConstants.OFFSET, 0L, Long.class),
              null,
              value),
          e);
    }
  }
}
