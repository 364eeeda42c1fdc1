package io.drover.routes.queue;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

/** A collector: takes spans by OTLP over HTTP, as protocol buffers. */
final class SpanReceiver implements AutoCloseable {
  private final HttpServer server;
  private final List<ReceivedSpan> spans = new CopyOnWriteArrayList<>();

  /**
   * @param status 0 unset, 2 error
   * @param attributes texts and numbers, as text
   */
  record ReceivedSpan(
      String service,
      String traceId,
      String spanId,
      String parentId,
      String name,
      long nanos,
      long status,
      Map<String, String> attributes) {}

  SpanReceiver() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/v1/traces", this::take);
    server.start();
  }

  URI endpoint() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
  }

  List<ReceivedSpan> spans() {
    return spans;
  }

  private void take(HttpExchange exchange) throws IOException {
    try (exchange) {
      byte[] body = exchange.getRequestBody().readAllBytes();
      boolean known =
          "application/x-protobuf".equals(exchange.getRequestHeaders().getFirst("Content-Type"));
      if (known) {
        for (Field resource : fields(body)) {
          resource(fields(resource.bytes()));
        }
      }
      exchange.sendResponseHeaders(known ? 200 : 415, -1);
    }
  }

  /** {@code opentelemetry.proto.trace.v1.ResourceSpans}. */
  private void resource(List<Field> resource) {
    String service = "";
    for (Field each : resource) {
      if (each.number() == 1) {
        service = attributes(fields(each.bytes()), 1).getOrDefault("service.name", "");
      }
    }
    for (Field scope : resource) {
      if (scope.number() == 2) {
        for (Field span : fields(scope.bytes())) {
          if (span.number() == 2) {
            spans.add(span(service, fields(span.bytes())));
          }
        }
      }
    }
  }

  private static ReceivedSpan span(String service, List<Field> fields) {
    Map<Integer, Field> last = new HashMap<>();
    fields.forEach(each -> last.put(each.number(), each));
    long status = 0;
    if (last.containsKey(15)) {
      for (Field each : fields(last.get(15).bytes())) {
        status = each.number() == 3 ? each.value() : status;
      }
    }
    return new ReceivedSpan(
        service,
        HexFormat.of().formatHex(last.get(1).bytes()),
        HexFormat.of().formatHex(last.get(2).bytes()),
        last.containsKey(4) ? HexFormat.of().formatHex(last.get(4).bytes()) : "",
        new String(last.get(5).bytes(), StandardCharsets.UTF_8),
        last.get(8).value() - last.get(7).value(),
        status,
        attributes(fields, 9));
  }

  /** {@code KeyValue}s with that number; only text and integers have a value here. */
  private static Map<String, String> attributes(List<Field> fields, int number) {
    Map<String, String> attributes = new HashMap<>();
    for (Field each : fields) {
      if (each.number() != number) {
        continue;
      }
      String key = "";
      String value = "";
      for (Field part : fields(each.bytes())) {
        if (part.number() == 1) {
          key = new String(part.bytes(), StandardCharsets.UTF_8);
        } else {
          for (Field any : fields(part.bytes())) {
            value =
                any.number() == 1
                    ? new String(any.bytes(), StandardCharsets.UTF_8)
                    : Long.toString(any.value());
          }
        }
      }
      attributes.put(key, value);
    }
    return attributes;
  }

  /**
   * @param value of numbers
   * @param bytes of texts and messages
   */
  private record Field(int number, long value, byte[] bytes) {}

  /** A message of protocol buffers, one level of it. */
  private static List<Field> fields(byte[] message) {
    ByteBuffer in = ByteBuffer.wrap(message).order(ByteOrder.LITTLE_ENDIAN);
    List<Field> fields = new ArrayList<>();
    while (in.hasRemaining()) {
      long tag = number(in);
      int number = (int) (tag >>> 3);
      switch ((int) (tag & 7)) {
        case 0 -> fields.add(new Field(number, number(in), new byte[0]));
        case 1 -> fields.add(new Field(number, in.getLong(), new byte[0]));
        case 5 -> fields.add(new Field(number, in.getInt(), new byte[0]));
        case 2 -> {
          byte[] bytes = new byte[(int) number(in)];
          in.get(bytes);
          fields.add(new Field(number, 0, bytes));
        }
        default -> throw new IllegalArgumentException("wire type of " + tag);
      }
    }
    return fields;
  }

  private static long number(ByteBuffer in) {
    long value = 0;
    int shift = 0;
    while (true) {
      byte next = in.get();
      value |= (long) (next & 0x7f) << shift;
      if (next >= 0) {
        return value;
      }
      shift += 7;
    }
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
