package io.drover.routes.event;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.cloudevents.core.builder.CloudEventBuilder;
import io.cloudevents.kafka.CloudEventSerializer;
import io.drover.routes.kafka.KafkaClients;
import java.net.URI;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.Properties;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.component.kafka.DefaultKafkaClientFactory;
import org.apache.camel.component.kafka.KafkaComponent;
import org.apache.camel.component.kafka.KafkaConfiguration;
import org.apache.camel.component.kafka.KafkaConstants;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;

/** Sends one event to Kafka; the caller gets the broker's answer. */
public final class EventRoute extends RouteBuilder {
  /** Where {@link ImportEvent}s go in. */
  public static final String ENDPOINT = "direct:event";

  public static final String ID = "event";

  /** Extension attribute: who tells the event. */
  public static final String WORKER = "worker";

  /** Extension attribute: {@link ImportEvent#diskMap()}. */
  public static final String DISK_MAP = "diskmap";

  private static final String SEQUENCE = "sequence";
  private static final URI SOURCE = URI.create("urn:drover");
  private static final ObjectMapper JSON = new ObjectMapper();

  private final KafkaClients clients;
  private final String topic;

  /**
   * @param topic of the events
   */
  public EventRoute(KafkaClients clients, String topic) {
    this.clients = clients;
    this.topic = topic;
  }

  @Override
  public void configure() {
    KafkaComponent kafka = new KafkaComponent(getContext());
    KafkaConfiguration configuration = new KafkaConfiguration();
    configuration.setBrokers(clients.brokers());
    configuration.setClientId("drover-events");
    configuration.setRequestRequiredAcks("all");
    configuration.setEnableIdempotence(true);
    configuration.setLingerMs(0);
    // short, since the outbox tries again: a broker that is away must not hold its thread
    configuration.setMaxBlockMs(5_000);
    configuration.setRequestTimeoutMs(5_000);
    configuration.setDeliveryTimeoutMs(15_000);
    configuration.setValueSerializer(CloudEventSerializer.class.getName());
    kafka.setConfiguration(configuration);
    // a broker whose name does not resolve fails the first event, not the start
    kafka.setLazyStartProducer(true);
    kafka.setKafkaClientFactory(new PromptProducers(clients));
    getContext().addComponent("kafka", kafka);

    from(ENDPOINT)
        .routeId(ID)
        .errorHandler(noErrorHandler())
        .process(EventRoute::toCloudEvent)
        .to("kafka:" + topic);
  }

  private static void toCloudEvent(Exchange exchange) throws JsonProcessingException {
    ImportEvent event = exchange.getMessage().getBody(ImportEvent.class);
    CloudEventBuilder cloudEvent =
        CloudEventBuilder.v1()
            .withId(event.id())
            .withSource(SOURCE)
            .withType(event.type().label())
            .withSubject(event.importId())
            .withTime(event.time().atOffset(ZoneOffset.UTC))
            .withExtension(SEQUENCE, String.format("%020d", event.sequence()))
            .withData("application/json", JSON.writeValueAsBytes(event));
    if (event.worker() != null) {
      cloudEvent.withExtension(WORKER, event.worker());
    }
    if (event.diskMap() != null) {
      cloudEvent.withExtension(DISK_MAP, event.diskMap());
    }
    Message message = exchange.getMessage();
    message.removeHeaders("*");
    message.setHeader(KafkaConstants.KEY, event.importId());
    event
        .origin()
        .trace()
        .ifPresent(
            trace -> {
              // as attributes for who reads events, as headers for who traces messages
              cloudEvent.withExtension(TraceContext.PARENT, trace.traceparent());
              message.setHeader(TraceContext.PARENT, trace.traceparent());
              if (!trace.tracestate().isEmpty()) {
                cloudEvent.withExtension(TraceContext.STATE, trace.tracestate());
                message.setHeader(TraceContext.STATE, trace.tracestate());
              }
            });
    message.setBody(cloudEvent.build());
  }

  /**
   * Producers that close at once. Camel closes without a limit, which waits for a broker that is
   * away until the record under way expires; at that time the outbox has waited already.
   */
  private static final class PromptProducers extends DefaultKafkaClientFactory {
    private final KafkaClients clients;

    PromptProducers(KafkaClients clients) {
      this.clients = clients;
    }

    @Override
    public Consumer<?, ?> getConsumer(Properties properties) {
      properties.putAll(clients.properties("drover-notifications"));
      return super.getConsumer(properties);
    }

    @Override
    public Producer<?, ?> getProducer(Properties properties) {
      // here and not in the endpoint, whose URI is logged
      properties.putAll(clients.properties("drover-events"));
      return new KafkaProducer<>(properties) {
        @Override
        public void close() {
          close(Duration.ZERO);
        }
      };
    }
  }
}
