package io.drover.routes.queue;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.image.ImageFormat;
import io.drover.converter.imports.ImportRequest;
import io.drover.routes.config.Key;
import io.drover.routes.config.Settings;
import io.drover.routes.e2e.Servers;
import io.drover.routes.event.TraceContext;
import java.nio.ByteBuffer;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RequestParserTest {
  private static final String GOOD =
      "{'source':'s3://uploads/a.qcow2','destination':'s3://images/a/'}".replace('\'', '"');

  @TempDir Path directory;
  private Path root;
  private RequestParser parser;

  @BeforeEach
  void parser() throws Exception {
    root = Files.createDirectory(directory.resolve("root"));
    parser = parser(Map.of());
  }

  private RequestParser parser(Map<Key, String> more) throws Exception {
    Settings settings =
        Settings.load(null, Map.of(), Map.of())
            .with(Key.REQUESTS_SOURCE_ROOTS, root.toString())
            .with(Key.REQUESTS_SOURCE_BUCKETS, "uploads, second")
            .with(Key.REQUESTS_DESTINATION_BUCKETS, "images");
    for (Map.Entry<Key, String> each : more.entrySet()) {
      settings = settings.with(each.getKey(), each.getValue());
    }
    return new RequestParser(settings, Servers.unusedStore());
  }

  private static Message binary(byte[] value, String... headers) {
    Map<String, String> all = new HashMap<>();
    all.put("ce_specversion", "1.0");
    all.put("ce_type", "drover.import.requested");
    all.put("ce_id", "vm-1");
    all.put("ce_source", "/test");
    all.put("content-type", "application/json");
    for (int index = 0; index < headers.length; index += 2) {
      all.put(headers[index], headers[index + 1]);
    }
    all.values().removeIf(String::isEmpty);
    return new Message("drover.requests-0-1", all, value);
  }

  private static byte[] bytes(String json) {
    return json.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
  }

  private ImportRequest imported(Message message) throws ImportException {
    return assertInstanceOf(Request.Import.class, parser.parse(message)).request();
  }

  private ErrorCode refused(Message message) {
    ImportException e = assertThrows(ImportException.class, () -> parser.parse(message));
    assertTrue(e.getMessage().length() < 1200 && !e.getMessage().contains("\n"), e.getMessage());
    return e.code();
  }

  private ErrorCode refused(String json) {
    return refused(binary(bytes(json)));
  }

  @Test
  void readsBinaryMode() throws Exception {
    ImportRequest request = imported(binary(bytes(GOOD)));
    assertEquals("vm-1", request.importId());
    assertEquals("s3://uploads/a.qcow2", request.source());
    assertEquals("s3://images/a/", request.destination().uri());
    assertEquals(ImageFormat.QCOW2, request.format().orElseThrow());
  }

  @Test
  void readsStructuredModeWithTheSameResult() throws Exception {
    String event =
        "{'specversion':'1.0','type':'drover.import.requested','id':'vm-1','source':'/x','data':"
            + GOOD
            + "}";
    Message structured =
        new Message(
            "t-0-0",
            Map.of("content-type", "application/cloudevents+json; charset=UTF-8"),
            bytes(event));
    ImportRequest request = imported(structured);
    assertEquals("vm-1", request.importId());
    assertEquals(imported(binary(bytes(GOOD))).options(), request.options());
    assertEquals(imported(binary(bytes(GOOD))).destination(), request.destination());
  }

  @Test
  void readsAllFields() throws Exception {
    ImportRequest request =
        imported(
            binary(
                bytes(
                    "{'source':'s3://second/x','format':'raw','destination':'s3://images/b',"
                        + "'options':{'cluster_size':'128k','data_file_raw':'off'},"
                        + "'checksum':'sha256:"
                        + "A".repeat(64)
                        + "'}")));
    assertEquals(128 << 10, request.options().clusterSize().getAsInt());
    assertEquals("a".repeat(64), request.options().sourceSha256().orElseThrow());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        " ",
        "null",
        "[]",
        "\"x\"",
        "1e999999999",
        "{",
        "{\"source\":",
        "{} {}",
        "\uFEFF{}",
        "{'source':'a','source':'b'}",
        "{'source':1e9999999999999999999999999999999999999999999}",
        "{'a':NaN}",
        "{a:1}",
        "{/**/}",
        "\0Avro\2frame"
      })
  void refusesWhatIsNoJsonObject(String value) {
    assertEquals(ErrorCode.REQUEST_MALFORMED, refused(value));
  }

  @Test
  void refusesATombstone() {
    assertEquals(ErrorCode.REQUEST_INVALID, refused(binary(null)));
  }

  @Test
  void refusesDepth() {
    String deep = "{'source':" + "[".repeat(20_000) + "]".repeat(20_000) + "}";
    assertEquals(ErrorCode.REQUEST_MALFORMED, refused(deep));
  }

  @Test
  void refusesSize() {
    assertEquals(ErrorCode.REQUEST_TOO_LARGE, refused(binary(new byte[StrictJson.MOST_BYTES + 1])));
    String large = "{'source':'" + "x".repeat(900 << 10) + "'}";
    assertEquals(ErrorCode.REQUEST_MALFORMED, refused(large));
  }

  @Test
  void refusesOtherEncodings() {
    for (Charset charset : new Charset[] {StandardCharsets.UTF_16, StandardCharsets.UTF_16LE}) {
      assertEquals(ErrorCode.REQUEST_MALFORMED, refused(binary(GOOD.getBytes(charset))));
    }
    assertEquals(
        ErrorCode.REQUEST_MALFORMED,
        refused(binary(new byte[] {'{', '"', (byte) 0xC3, (byte) 0x28, '"', '}'})));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "ce_specversion | '' | REQUEST_MALFORMED",
        "ce_specversion | 2.0 | REQUEST_UNSUPPORTED_VERSION",
        "ce_type | drover.import.requested.v2 | REQUEST_UNSUPPORTED_VERSION",
        "ce_type | '' | REQUEST_MALFORMED",
        "ce_id | '' | REQUEST_MALFORMED",
        "ce_id | ../../etc | REQUEST_INVALID",
        "ce_id | ${sysenv:AWS_SECRET_ACCESS_KEY} | REQUEST_INVALID",
        "content-type | application/avro | REQUEST_MALFORMED",
        "content-type | application/cloudevents+avro | REQUEST_UNSUPPORTED_VERSION"
      })
  void refusesWrongEnvelopes(String header, String value, ErrorCode code) {
    assertEquals(code, refused(binary(bytes(GOOD), header, value)));
  }

  /** Headers that would steer a Camel component are headers like any other: nobody looks. */
  @Test
  void takesNothingFromOtherHeaders() throws Exception {
    ImportRequest request =
        imported(
            binary(
                bytes(GOOD),
                "camelfilename",
                "/etc/passwd",
                "camelhttpuri",
                "http://169.254.169.254/",
                "camelkafkaoverridetopic",
                "drover.events"));
    assertEquals("s3://uploads/a.qcow2", request.source());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'destination':'s3://images/a/'} | REQUEST_INVALID",
        "{'source':'s3://uploads/a.raw'} | REQUEST_INVALID",
        "{'source':7,'destination':'s3://images/a/'} | REQUEST_INVALID",
        "{'source':['a'],'destination':'s3://images/a/'} | REQUEST_INVALID",
        "{'source':'s3://uploads/a.raw','destination':'s3://images/a/','uri':'exec:ls'} |"
            + " REQUEST_INVALID",
        "{'source':'s3://uploads/a','destination':'s3://images/a/'} | REQUEST_INVALID",
        "{'source':'s3://uploads/a','destination':'s3://images/a/','format':'vmdk'} |"
            + " REQUEST_INVALID",
        "{'source':'s3://uploads/a.raw','destination':'s3://images/a/','options':'x'} |"
            + " REQUEST_INVALID",
        "{'source':'s3://uploads/a.raw','destination':'s3://images/a/','options':{'x':'y'}} |"
            + " REQUEST_INVALID",
        "{'source':'s3://uploads/a.raw','destination':'s3://images/a/','options':{'cluster_size':"
            + "1e999999999}} | REQUEST_INVALID",
        "{'source':'s3://uploads/a.raw','destination':'s3://images/a/','checksum':'md5:0'} |"
            + " REQUEST_INVALID",
        "{'source':'s3://others/a.raw','destination':'s3://images/a/'} | SOURCE_OUTSIDE_ROOT",
        "{'source':'s3://uploads/a.raw','destination':'s3://others/a/'} | TARGET_DENIED",
        "{'source':'s3://arn:aws:s3:::b/a.raw','destination':'s3://images/a/'} |"
            + " SOURCE_NAME_INVALID",
        "{'source':'s3://uploads/a.raw','destination':'s3://images/../a/'} | TARGET_NAME_INVALID",
        "{'source':'s3://uploads/a.raw','destination':'file:/tmp/'} | TARGET_NAME_INVALID",
        "{'source':'s3://uploads/a.raw','destination':'s3://arn:aws:s3:::x/'} |"
            + " TARGET_NAME_INVALID",
        "{'source':'-','destination':'s3://images/a/','format':'raw'} | SOURCE_SCHEME",
        "{'source':'exec:ls','destination':'s3://images/a/','format':'raw'} | SOURCE_SCHEME",
        "{'source':'file:/etc/passwd','destination':'s3://images/a/','format':'raw'} |"
            + " SOURCE_SCHEME",
        "{'source':'jndi:ldap://x/a','destination':'s3://images/a/','format':'raw'} |"
            + " SOURCE_SCHEME",
        "{'source':'${sysenv:HOME}/a.raw','destination':'s3://images/a/'} | SOURCE_OUTSIDE_ROOT",
        "{'source':'/etc/passwd','destination':'s3://images/a/','format':'raw'} |"
            + " SOURCE_OUTSIDE_ROOT",
        "{'source':'a.raw','destination':'s3://images/a/'} | SOURCE_OUTSIDE_ROOT",
        "{'source':'http://169.254.169.254/a.raw','destination':'s3://images/a/'} |"
            + " SOURCE_OUTSIDE_ROOT",
        "{'source':'http://[::1]/a.raw','destination':'s3://images/a/'} | SOURCE_OUTSIDE_ROOT",
        "{'source':'http://localhost:9000/a.raw','destination':'s3://images/a/'} |"
            + " SOURCE_OUTSIDE_ROOT",
        "{'source':'http://10.0.0.1/a.raw','destination':'s3://images/a/'} | SOURCE_OUTSIDE_ROOT",
        "{'source':'gopher://x/a.raw','destination':'s3://images/a/'} | SOURCE_SCHEME",
        "{'source':'/a\\u0000b.raw','destination':'s3://images/a/'} | SOURCE_NAME_INVALID"
      })
  void refusesByName(String json, ErrorCode code) {
    assertEquals(code, refused(json));
  }

  @Test
  void localFilesAreBelowARootAfterLinks() throws Exception {
    Path file = Files.write(root.resolve("a.raw"), new byte[512]);
    Path outside = Files.write(directory.resolve("b.raw"), new byte[512]);
    Path link = Files.createSymbolicLink(root.resolve("link.raw"), outside);
    imported(binary(bytes(local(file)))).opener().open().close();
    assertEquals(ErrorCode.SOURCE_OUTSIDE_ROOT, refused(local(link)));
    assertEquals(ErrorCode.SOURCE_OUTSIDE_ROOT, refused(local(outside)));
    assertEquals(ErrorCode.SOURCE_OUTSIDE_ROOT, refused(local(root.resolve("../b.raw"))));
    // what is swapped after the look
    ImportRequest looked = imported(binary(bytes(local(file))));
    Files.delete(file);
    Files.createSymbolicLink(file, outside);
    ImportException e = assertThrows(ImportException.class, () -> looked.opener().open());
    assertEquals(ErrorCode.SOURCE_OUTSIDE_ROOT, e.code());
  }

  private static String local(Path path) {
    return "{'source':'" + path + "','destination':'s3://images/a/'}";
  }

  @Test
  void privateAddressesCanBeAllowed() throws Exception {
    parser = parser(Map.of(Key.REQUESTS_ALLOW_PRIVATE, "true"));
    String json = "{'source':'http://10.0.0.1/a.raw','destination':'s3://images/a/'}";
    assertEquals("http://10.0.0.1/a.raw", imported(binary(bytes(json))).source());
  }

  @Test
  void readsCancellations() throws Exception {
    String type = "drover.import.cancel";
    assertEquals(
        new Request.Cancel("vm-7"),
        parser.parse(binary(bytes("{'importId':'vm-7'}"), "ce_type", type)));
    assertEquals(
        new Request.Cancel("vm-8"),
        parser.parse(binary(null, "ce_type", type, "ce_subject", "vm-8")));
    assertEquals(ErrorCode.REQUEST_INVALID, refused(binary(bytes("{}"), "ce_type", type)));
    assertEquals(
        ErrorCode.REQUEST_INVALID,
        refused(binary(bytes("{'importId':'a'}"), "ce_type", type, "ce_subject", "b")));
  }

  /** Whatever comes, it ends in a request or in a named refusal. */
  @Test
  void survivesDamage() {
    Random random = new Random(42);
    for (int round = 0; round < 20_000; round++) {
      byte[] value = GOOD.getBytes(StandardCharsets.UTF_8);
      for (int change = random.nextInt(4); change >= 0; change--) {
        value[random.nextInt(value.length)] = (byte) random.nextInt();
      }
      Message message = binary(ByteBuffer.wrap(value).array());
      try {
        parser.parse(message);
      } catch (ImportException e) {
        assertTrue(e.getMessage().length() < 1200, e.getMessage());
      }
    }
  }

  @Test
  void theTraceIsTheEventsOrElseTheMessages() throws Exception {
    String own = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    String carried = own.replace("b7ad", "ffff");
    assertEquals(own, trace(binary(bytes(GOOD), "ce_traceparent", own, "traceparent", carried)));
    assertEquals(carried, trace(binary(bytes(GOOD), "traceparent", carried)));
    assertEquals(
        carried, trace(binary(bytes(GOOD), "ce_traceparent", "x", "traceparent", carried)));
    assertEquals("", trace(binary(bytes(GOOD))));
    String event =
        "{'specversion':'1.0','type':'drover.import.requested','source':'/a','id':'vm-1',"
            + "'traceparent':'"
            + own
            + "','data':"
            + GOOD
            + "}";
    assertEquals(own, trace(binary(bytes(event), "content-type", "application/cloudevents+json")));
    assertEquals(
        "",
        trace(
            binary(
                bytes(event.replace("'" + own + "'", "7")),
                "content-type",
                "application/cloudevents+json")));
  }

  private String trace(Message message) throws ImportException {
    return assertInstanceOf(Request.Import.class, parser.parse(message))
        .origin()
        .trace()
        .map(TraceContext::traceparent)
        .orElse("");
  }
}
