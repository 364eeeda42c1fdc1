package io.drover.routes.batch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.drover.converter.error.ErrorCode;
import io.drover.routes.config.ConfigException;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ListFileTest {
  @Test
  void aCsvHasItsColumnsInAnyOrder() throws Exception {
    List<Listed> entries =
        read(
            "\uFEFFdestination,source,#owner,options,format,checksum\r\n"
                + "s3://b-b/x/,a.bin,me,\"cluster_size=64k,data_file_raw=off\",raw,\r\n"
                + "\r\n"
                + ",\"with, comma and \"\"quotes\"\".raw\"\r\n");
    assertEquals(
        new Listed.Wish(
            2,
            "a.bin",
            "a.bin",
            "raw",
            "s3://b-b/x/",
            null,
            Map.of("cluster_size", "64k", "data_file_raw", "off")),
        entries.get(0));
    assertEquals(
        Listed.Wish.found(4, "with, comma and \"quotes\".raw", "with, comma and \"quotes\".raw"),
        entries.get(1));
    assertEquals(2, entries.size());
  }

  @Test
  void jsonLinesHaveTheSameNames() throws Exception {
    List<Listed> entries =
        read(
            "{\"source\":\"two\\nlines.raw\",\"checksum\":null,\"#note\":[1]}\n"
                + "{\"source\":\"b.qcow2\",\"options\":{\"cluster_size\":65536}}\n"
                + "{\"source\":\"c.raw\",\"options\":\"cluster_size=1M\"}");
    assertEquals(Listed.Wish.found(1, "two\nlines.raw", "two\nlines.raw"), entries.get(0));
    assertEquals(Map.of("cluster_size", "65536"), ((Listed.Wish) entries.get(1)).options());
    assertEquals(Map.of("cluster_size", "1M"), ((Listed.Wish) entries.get(2)).options());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "source\n\"never closed\nb.raw\n",
        "source\na.raw,more\nb.raw\n",
        "source,format\n,raw\nb.raw\n",
        "source,options\na.raw,cluster_size\nb.raw\n",
        "{\"source\":\"0.raw\"}\n{\"source\":\n{\"source\":\"b.raw\"}",
        "{\"source\":\"0.raw\"}\n[]\n{\"source\":\"b.raw\"}",
        "{\"source\":\"0.raw\"}\n{\"source\":\"a.raw\"} x\n{\"source\":\"b.raw\"}",
        "{\"source\":\"0.raw\"}\n{\"source\":\"a.raw\",\"source\":\"c.raw\"}\n{\"source\":\"b.raw\"}",
        "{\"source\":\"0.raw\"}\n{\"source\":\"a.raw\",\"fromat\":\"raw\"}\n{\"source\":\"b.raw\"}",
        "{\"source\":\"0.raw\"}\n{\"source\":7}\n{\"source\":\"b.raw\"}",
        "{\"source\":\"0.raw\"}\n{\"source\":\"a.raw\",\"options\":{\"x\":[]}}\n{\"source\":\"b.raw\"}",
      })
  void oneLineThatIsWrongLeavesTheNextAlone(String text) throws Exception {
    List<Listed> entries = read(text);
    Listed.Unreadable wrong = (Listed.Unreadable) entries.get(entries.size() - 2);
    assertEquals(2, wrong.line());
    assertEquals(ErrorCode.REQUEST_INVALID, wrong.error().code());
    assertTrue(
        wrong.error().getMessage().startsWith("line 2 of the list: "), wrong.error().getMessage());
    assertEquals("b.raw", ((Listed.Wish) entries.get(entries.size() - 1)).source());
  }

  @Test
  void whatIsNoTextOrFarTooLongIsOneBadLine() throws Exception {
    byte[] head = "source\n".getBytes(StandardCharsets.UTF_8);
    byte[] text = new byte[head.length + Lines.LIMIT + 10 + 4];
    System.arraycopy(head, 0, text, 0, head.length);
    java.util.Arrays.fill(text, head.length, text.length - 4, (byte) 'x');
    text[text.length - 4] = '\n';
    text[text.length - 3] = (byte) 0xFF;
    text[text.length - 2] = '\n';
    text[text.length - 1] = 'a';
    List<Listed> entries = read(text);
    assertTrue(((Listed.Unreadable) entries.get(0)).error().getMessage().contains("65536 bytes"));
    assertTrue(((Listed.Unreadable) entries.get(1)).error().getMessage().contains("no UTF-8"));
    assertEquals(Listed.Wish.found(4, "a", "a"), entries.get(2));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "\n\n", "destination\n", "source,fromat\n", "source,source\n", "\"source\n"})
  void aListWithoutAHeaderIsNone(String text) {
    assertThrows(ConfigException.class, () -> read(text));
  }

  private static List<Listed> read(String text) throws Exception {
    return read(text.getBytes(StandardCharsets.UTF_8));
  }

  private static List<Listed> read(byte[] text) throws Exception {
    List<Listed> entries = new ArrayList<>();
    try (ListFile list = new ListFile(new ByteArrayInputStream(text))) {
      list.forEachRemaining(entries::add);
    }
    return entries;
  }
}
