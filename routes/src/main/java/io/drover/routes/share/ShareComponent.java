package io.drover.routes.share;

import io.drover.routes.kafka.KafkaClients;
import java.util.Map;
import org.apache.camel.Consumer;
import org.apache.camel.Endpoint;
import org.apache.camel.Processor;
import org.apache.camel.Producer;
import org.apache.camel.support.DefaultComponent;
import org.apache.camel.support.DefaultEndpoint;

/**
 * {@code share:NAME}: exchanges whose body is a {@code ConsumerRecord<byte[], byte[]>}. All
 * settings are given to the component: an endpoint's URI is logged.
 */
public final class ShareComponent extends DefaultComponent {
  /** Name of the component, and scheme of its endpoints. */
  public static final String SCHEME = "share";

  /** Property of the exchange: the {@link Verdict}. */
  public static final String VERDICT = "drover.verdict";

  /**
   * Property of the exchange, a {@code Boolean}: whether the broker gives the record to nobody
   * again after this.
   */
  public static final String LAST_DELIVERY = "drover.last-delivery";

  private final KafkaClients clients;
  private final ShareSettings settings;

  public ShareComponent(KafkaClients clients, ShareSettings settings) {
    this.clients = clients;
    this.settings = settings;
  }

  @Override
  protected Endpoint createEndpoint(String uri, String name, Map<String, Object> parameters) {
    return new ShareEndpoint(uri, this);
  }

  private static final class ShareEndpoint extends DefaultEndpoint {
    private final ShareComponent component;

    ShareEndpoint(String uri, ShareComponent component) {
      super(uri, component);
      this.component = component;
    }

    @Override
    public Producer createProducer() {
      throw new UnsupportedOperationException("records are taken here, not sent");
    }

    @Override
    public Consumer createConsumer(Processor processor) {
      return new ShareConsumer(this, processor, component.clients, component.settings);
    }
  }
}
