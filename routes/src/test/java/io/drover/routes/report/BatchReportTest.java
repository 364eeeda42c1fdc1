package io.drover.routes.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BatchReportTest {
  private static final String HOSTILE = "<script>alert(1)</script>\"'&<img src=x onerror=y>.raw";

  @TempDir private Path directory;

  @Test
  void bothFormsHaveEveryImageAndTextStaysText() throws Exception {
    BatchTally tally = new BatchTally();
    Path base = directory.resolve("r");
    try (BatchReport report = new BatchReport(base, "drover batch", HOSTILE, "1")) {
      for (BatchResult each : List.of(good(1), refused(2), good(3))) {
        tally.add(each);
        report.add(each);
      }
      Throughput throughput = new Throughput();
      throughput.add(new Throughput.Point(1, 1 << 20, 1 << 10, 2));
      report.finish(tally.totals(), throughput);
    }
    String html = Files.readString(directory.resolve("r.html"));
    assertFalse(html.contains("<script"), "markup");
    assertFalse(html.contains("<img"), "markup");
    assertTrue(html.contains("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;"));
    assertTrue(html.contains("<svg"));
    for (String loads : List.of("<link", "url(", "@import", "href=")) {
      assertFalse(html.contains(loads), "a page of its own loads nothing");
    }
    JsonNode json = new ObjectMapper().readTree(directory.resolve("r.json").toFile());
    assertEquals(3, json.get("totals").get("images").intValue());
    assertEquals(2, json.get("totals").get("results").get("imported").intValue());
    assertEquals(1, json.get("totals").get("errors").get("QCOW2_L1").intValue());
    assertEquals(200, json.get("totals").get("bytes").get("logical").intValue());
    List<BatchResult> read = new ArrayList<>();
    BatchReport.read(directory.resolve("r.json"), read::add);
    assertEquals(List.of(good(1), refused(2), good(3)), read);
    try (var files = Files.list(directory)) {
      assertEquals(2, files.count(), "nothing else is left");
    }
  }

  @Test
  void twoBatchesDoNotWriteOneReport() throws Exception {
    Path base = directory.resolve("r");
    try (BatchReport report = new BatchReport(base, "drover batch", "l", "1")) {
      assertThrows(IOException.class, () -> new BatchReport(base, "drover batch", "l", "1"));
      report.finish(BatchTotals.NONE, new Throughput());
    }
    new BatchReport(base, "drover batch", "l", "1").close();
  }

  @Test
  void theExitCodeSaysWhatHelps() {
    assertEquals(0, totals().exitCode());
    assertEquals(0, totals(good(1)).exitCode());
    assertEquals(1, totals(good(1), with(failed())).exitCode());
    assertEquals(3, totals(with(failed()), refused(2)).exitCode());
    assertEquals(4, totals(with(failed()), refused(2), with(paused())).exitCode());
    assertEquals(4, totals(refused(2)).cutShort().exitCode());
  }

  @Test
  void aLongRunHasNoMorePointsThanAChartCanShow() {
    Throughput throughput = new Throughput();
    for (int second = 1; second <= 100_000; second++) {
      throughput.add(new Throughput.Point(second, second * 10L, second, second));
    }
    List<Throughput.Point> points = throughput.points();
    assertTrue(points.size() > 100 && points.size() <= 401, "" + points.size());
    assertEquals(0, points.get(0).seconds());
    assertTrue(points.get(points.size() - 1).seconds() > 99_000);
  }

  private static BatchTotals totals(BatchResult... results) {
    BatchTally tally = new BatchTally();
    for (BatchResult each : results) {
      tally.add(each);
    }
    return tally.totals();
  }

  private static BatchResult good(long line) {
    return new BatchResult(
        line,
        HOSTILE,
        "s3://images/" + line + "/",
        "id" + line,
        BatchResult.IMPORTED,
        null,
        "sha256-4m:00",
        new BatchResult.Bytes(100, 60, 40, 60, 40),
        null,
        1.5);
  }

  private static BatchResult refused(long line) {
    return BatchResult.failed(
        line,
        HOSTILE,
        "s3://images/" + line + "/",
        "id" + line,
        ImportException.refused(ErrorCode.QCOW2_L1, "<b>bad</b>"));
  }

  private static ImportException failed() {
    return ImportException.failed(ErrorCode.TARGET_CORRUPTED, "x", null);
  }

  private static ImportException paused() {
    return ImportException.resumable(ErrorCode.TARGET_UNAVAILABLE, "x", null);
  }

  private static BatchResult with(ImportException error) {
    return BatchResult.failed(9, "a", "b", "c", error);
  }
}
