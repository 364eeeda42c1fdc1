import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An S3 server that takes disks of any size and keeps of them nothing but their length: what an
 * import costs its client, without what it costs a server's disks. Objects of up to 16 MiB that
 * come in one piece are kept; all others read as zeros. Signatures are not looked at.
 */
final class ForgetfulServer implements AutoCloseable {
  private static final int KEPT = 16 << 20;
  private static final Pattern PART = Pattern.compile("<PartNumber>(\\d+)</PartNumber>");
  private static final Pattern RANGE = Pattern.compile("bytes=(\\d+)-(\\d+)");

  /** A part or an object; {@code content} null where it was forgotten. */
  private record Stored(long size, String etag, String crc32c, Headers metadata, byte[] content) {}

  private record Upload(String key, Headers metadata, Map<Integer, Stored> parts) {}

  private final HttpServer server;
  private final Map<String, Stored> objects = new ConcurrentHashMap<>();
  private final Map<String, Upload> uploads = new ConcurrentHashMap<>();
  private final AtomicLong names = new AtomicLong();
  private final AtomicLong received = new AtomicLong();
  private final AtomicLong requests = new AtomicLong();

  ForgetfulServer() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 64);
    server.setExecutor(Executors.newCachedThreadPool());
    server.createContext("/", this::answer);
    server.start();
  }

  int port() {
    return server.getAddress().getPort();
  }

  /** Removes objects whose "/bucket/key" begins so. */
  void remove(String prefix) {
    objects.keySet().removeIf(key -> key.startsWith(prefix));
  }

  /** Bytes of bodies so far. */
  long received() {
    return received.get();
  }

  long requests() {
    return requests.get();
  }

  @Override
  public void close() {
    server.stop(0);
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      requests.incrementAndGet();
      Map<String, String> query = query(exchange.getRequestURI().getRawQuery());
      String key = exchange.getRequestURI().getPath();
      boolean bucket = key.indexOf('/', 1) < 0 || key.indexOf('/', 1) == key.length() - 1;
      switch (exchange.getRequestMethod()) {
        case "PUT" -> put(exchange, key, query);
        case "POST" -> post(exchange, key, query);
        case "DELETE" -> {
          if (query.containsKey("uploadId")) {
            uploads.remove(query.get("uploadId"));
          } else {
            objects.remove(key);
          }
          send(exchange, 204, new byte[0]);
        }
        default -> {
          if (bucket) {
            xml(exchange, list(query));
          } else if (query.containsKey("uploadId")) {
            xml(exchange, "<ListPartsResult><IsTruncated>false</IsTruncated></ListPartsResult>");
          } else {
            get(exchange, key);
          }
        }
      }
    }
  }

  private void put(HttpExchange exchange, String key, Map<String, String> query)
      throws IOException {
    Headers headers = exchange.getRequestHeaders();
    String crc = headers.getFirst("x-amz-checksum-crc32c");
    if (query.containsKey("partNumber")) {
      Upload upload = uploads.get(query.get("uploadId"));
      if (upload == null) {
        error(exchange, 404, "NoSuchUpload");
        return;
      }
      String source = headers.getFirst("x-amz-copy-source");
      Stored part =
          source == null
              ? new Stored(drain(exchange.getRequestBody(), null), etag(), crc, null, null)
              : new Stored(copied(headers), etag(), null, null, null);
      upload.parts().put(Integer.parseInt(query.get("partNumber")), part);
      if (source == null) {
        tell(exchange, part);
        send(exchange, 200, new byte[0]);
      } else {
        xml(exchange, "<CopyPartResult><ETag>" + part.etag() + "</ETag></CopyPartResult>");
      }
      return;
    }
    if ("*".equals(headers.getFirst("If-None-Match")) && objects.containsKey(key)) {
      error(exchange, 412, "PreconditionFailed");
      return;
    }
    String match = headers.getFirst("If-Match");
    Stored before = objects.get(key);
    if (match != null && (before == null || !before.etag().equals(match))) {
      error(exchange, 412, "PreconditionFailed");
      return;
    }
    ByteArrayOutputStream kept = new ByteArrayOutputStream();
    long size = drain(exchange.getRequestBody(), kept);
    Stored object =
        new Stored(size, etag(), crc, metadata(headers), size > KEPT ? null : kept.toByteArray());
    objects.put(key, object);
    tell(exchange, object);
    send(exchange, 200, new byte[0]);
  }

  private static long copied(Headers headers) {
    Matcher range = RANGE.matcher(headers.getFirst("x-amz-copy-source-range"));
    if (!range.matches()) {
      throw new IllegalArgumentException("a copy without a range");
    }
    return Long.parseLong(range.group(2)) - Long.parseLong(range.group(1)) + 1;
  }

  private void post(HttpExchange exchange, String key, Map<String, String> query)
      throws IOException {
    if (query.containsKey("uploads")) {
      String id = "upload-" + names.incrementAndGet();
      uploads.put(
          id, new Upload(key, metadata(exchange.getRequestHeaders()), new ConcurrentHashMap<>()));
      xml(
          exchange,
          "<InitiateMultipartUploadResult><UploadId>"
              + id
              + "</UploadId></InitiateMultipartUploadResult>");
      return;
    }
    Upload upload = uploads.remove(query.get("uploadId"));
    if (upload == null) {
      error(exchange, 404, "NoSuchUpload");
      return;
    }
    String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
    long size = 0;
    for (Matcher part = PART.matcher(body); part.find(); ) {
      size += upload.parts().get(Integer.parseInt(part.group(1))).size();
    }
    Stored object = new Stored(size, etag(), null, upload.metadata(), null);
    objects.put(key, object);
    xml(
        exchange,
        "<CompleteMultipartUploadResult><ETag>"
            + object.etag()
            + "</ETag></CompleteMultipartUploadResult>");
  }

  private void get(HttpExchange exchange, String key) throws IOException {
    Stored object = objects.get(key);
    if (object == null) {
      error(exchange, 404, "NoSuchKey");
      return;
    }
    tell(exchange, object);
    object.metadata().forEach((name, values) -> exchange.getResponseHeaders().put(name, values));
    exchange
        .getResponseHeaders()
        .set(
            "Last-Modified",
            DateTimeFormatter.RFC_1123_DATE_TIME.format(ZonedDateTime.now(ZoneOffset.UTC)));
    if (exchange.getRequestMethod().equals("HEAD")) {
      exchange.getResponseHeaders().set("Content-Length", Long.toString(object.size()));
      exchange.sendResponseHeaders(200, -1);
      return;
    }
    String asked = exchange.getRequestHeaders().getFirst("Range");
    Matcher range = RANGE.matcher(asked == null ? "" : asked);
    long from = range.matches() ? Long.parseLong(range.group(1)) : 0;
    long to =
        range.matches()
            ? Math.min(Long.parseLong(range.group(2)), object.size() - 1)
            : object.size() - 1;
    int length = Math.toIntExact(to - from + 1);
    byte[] bytes =
        object.content() == null
            ? new byte[length]
            : Arrays.copyOfRange(object.content(), (int) from, (int) to + 1);
    if (range.matches()) {
      exchange
          .getResponseHeaders()
          .set("Content-Range", "bytes " + from + "-" + to + "/" + object.size());
    }
    send(exchange, range.matches() ? 206 : 200, bytes);
  }

  private String list(Map<String, String> query) {
    if (query.containsKey("uploads")) {
      return "<ListMultipartUploadsResult><IsTruncated>false</IsTruncated></ListMultipartUploadsResult>";
    }
    return "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>";
  }

  private static void tell(HttpExchange exchange, Stored object) {
    exchange.getResponseHeaders().set("ETag", object.etag());
    if (object.crc32c() != null) {
      exchange.getResponseHeaders().set("x-amz-checksum-crc32c", object.crc32c());
    }
  }

  private static Headers metadata(Headers request) {
    Headers metadata = new Headers();
    request.forEach(
        (name, values) -> {
          if (name.toLowerCase().startsWith("x-amz-meta-")) {
            metadata.put(name, values);
          }
        });
    return metadata;
  }

  /** No MD5: it has a dash, as that of objects made of parts. */
  private String etag() {
    return String.format("\"%032x-1\"", names.incrementAndGet());
  }

  private long drain(InputStream body, OutputStream kept) throws IOException {
    byte[] buffer = new byte[1 << 16];
    long bytes = 0;
    for (int read = body.read(buffer); read >= 0; read = body.read(buffer)) {
      bytes += read;
      if (kept != null && bytes <= KEPT) {
        kept.write(buffer, 0, read);
      }
    }
    received.addAndGet(bytes);
    return bytes;
  }

  private static Map<String, String> query(String raw) {
    Map<String, String> query = new HashMap<>();
    for (String pair : raw == null ? new String[0] : raw.split("&")) {
      int equals = pair.indexOf('=');
      query.put(
          equals < 0 ? pair : pair.substring(0, equals),
          equals < 0 ? "" : URLDecoder.decode(pair.substring(equals + 1), StandardCharsets.UTF_8));
    }
    return new TreeMap<>(query);
  }

  private static void error(HttpExchange exchange, int status, String code) throws IOException {
    send(
        exchange,
        status,
        ("<Error><Code>" + code + "</Code></Error>").getBytes(StandardCharsets.UTF_8));
  }

  private static void xml(HttpExchange exchange, String body) throws IOException {
    exchange.getResponseHeaders().set("Content-Type", "application/xml");
    send(exchange, 200, body.getBytes(StandardCharsets.UTF_8));
  }

  private static void send(HttpExchange exchange, int status, byte[] body) throws IOException {
    exchange.getRequestBody().transferTo(OutputStream.nullOutputStream());
    boolean none = body.length == 0 || exchange.getRequestMethod().equals("HEAD");
    exchange.sendResponseHeaders(status, none ? -1 : body.length);
    if (!none) {
      exchange.getResponseBody().write(body);
    }
  }
}
