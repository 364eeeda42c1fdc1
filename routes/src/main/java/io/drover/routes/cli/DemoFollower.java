package io.drover.routes.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.drover.routes.config.ByteSize;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.camel.Exchange;
import org.apache.camel.builder.RouteBuilder;

/** Reads the event topic as any consumer would, and prints each event in a line. */
final class DemoFollower extends RouteBuilder {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final String topic;
  private final PrintWriter out;

  /** The last event of each import that ended, by the source's name. */
  private final Map<String, JsonNode> ended = new ConcurrentHashMap<>();

  DemoFollower(String topic, PrintWriter out) {
    this.topic = topic;
    this.out = out;
  }

  Map<String, JsonNode> ended() {
    return ended;
  }

  @Override
  public void configure() {
    from("kafka:" + topic + "?autoOffsetReset=earliest&groupId=demo")
        .routeId("demo-follower")
        .process(this::print);
  }

  private void print(Exchange exchange) throws IOException {
    byte[] type = exchange.getMessage().getHeader("ce_type", byte[].class);
    JsonNode event = JSON.readTree(exchange.getMessage().getBody(String.class));
    String name = event.path("source").asText();
    String label = new String(type, StandardCharsets.UTF_8);
    out.printf("    %-23s %-14s %s%n", label, name, detail(label, event));
    out.flush();
    if (label.endsWith(".completed") || label.endsWith(".failed")) {
      ended.put(name, event);
    }
  }

  private static String detail(String label, JsonNode event) {
    if (label.endsWith(".failed")) {
      return event.path("error").path("code").asText();
    }
    if (label.endsWith(".accepted")) {
      return "to " + event.path("destination").asText();
    }
    JsonNode bytes = event.path("bytes");
    return String.format(
        "%5.1f%%  %s of %s, %s data, %s sent",
        event.path("percent").asDouble(),
        ByteSize.print(bytes.path("logical").asLong()),
        ByteSize.print(event.path("virtualSize").asLong()),
        ByteSize.print(bytes.path("data").asLong()),
        ByteSize.print(bytes.path("sent").asLong()));
  }
}
