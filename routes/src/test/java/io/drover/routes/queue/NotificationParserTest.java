package io.drover.routes.queue;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NotificationParserTest {
  private static List<NotificationParser.Created> parse(String json) throws ImportException {
    return NotificationParser.parse(json.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
  }

  private static String message(String event, String object) {
    return "{'Records':["
        + message1(event, object)
        + "],'EventName':'s3:ObjectCreated:Put','Key':'uploads/x'}";
  }

  private static String message1(String event, String object) {
    return "{'eventVersion':'2.1','eventSource':'aws:s3','eventName':'"
        + event
        + "','userIdentity':{'principalId':'x'},'s3':{'s3SchemaVersion':'1.0','bucket':{'name':"
        + "'uploads'},'object':"
        + object
        + "}}";
  }

  @ParameterizedTest
  @CsvSource({
    "a.raw, a.raw",
    "my+disk.raw, my disk.raw",
    "my%2Bdisk.raw, my+disk.raw",
    "a%252Fb.raw, a%2Fb.raw",
    "%C3%BC/b.qcow2, ü/b.qcow2"
  })
  void decodesKeysOnce(String key, String expected) throws Exception {
    String object = "{'key':'" + key + "','size':1,'eTag':'abc','sequencer':'01'}";
    assertEquals(
        List.of(new NotificationParser.Created("uploads", expected, "abc", "abc")),
        parse(message("ObjectCreated:CompleteMultipartUpload", object)));
    assertEquals(1, parse(message("s3:ObjectCreated:Put", object)).size());
  }

  @Test
  void aVersionCountsMoreThanAnETag() throws Exception {
    assertEquals(
        List.of(new NotificationParser.Created("uploads", "a.raw", "v1", "abc")),
        parse(
            message("ObjectCreated:Put", "{'key':'a.raw','eTag':'\\\"abc\\\"','versionId':'v1'}")));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'Service':'Amazon S3','Event':'s3:TestEvent','Bucket':'uploads'}",
        "{'Records':[]}"
      })
  void whatTellsOfNothing(String json) throws Exception {
    assertEquals(List.of(), parse(json));
  }

  @Test
  void removalsAndFoldersAreNoImages() throws Exception {
    assertEquals(List.of(), parse(message("ObjectRemoved:Delete", "{'key':'a.raw'}")));
    assertEquals(List.of(), parse(message("ObjectCreated:Put", "{'key':'folder/','size':0}")));
    assertEquals(List.of(), parse(message("ReducedRedundancyLostObject", "{'key':'a.raw'}")));
  }

  @Test
  void fiveHundredAtOnce() throws Exception {
    String records =
        IntStream.range(0, 500)
            .mapToObj(number -> message1("ObjectCreated:Put", "{'key':'" + number + ".raw'}"))
            .collect(Collectors.joining(","));
    assertEquals(500, parse("{'Records':[" + records + "]}").size());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{'Records':7}",
        "{'Records':[{'eventName':'ObjectCreated:Put'}]}",
        "{'Records':[{'eventName':'ObjectCreated:Put','s3':{'bucket':{'name':'b'},'object':{'key':"
            + "'%zz'}}}]}",
        "{'Records':[{'eventName':'ObjectCreated:Put','s3':{'bucket':{'name':'b'},'object':{'key':"
            + "'a%00b'}}}]}"
      })
  void refusesWhatIsNone(String json) {
    ImportException e = assertThrows(ImportException.class, () -> parse(json));
    assertEquals(ErrorCode.REQUEST_INVALID, e.code());
  }
}
