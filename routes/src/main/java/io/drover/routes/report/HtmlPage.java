package io.drover.routes.report;

import io.drover.routes.config.ByteSize;
import java.io.IOException;
import java.io.InputStream;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * The report for people: one page without any other file. What was not written here is text, and
 * becomes no markup.
 */
final class HtmlPage {
  /** A browser takes no more than this with pleasure. */
  private static final int MOST_ROWS = 20_000;

  private final Writer out;
  private final ResultLog log;
  private final BatchTotals totals;
  private final List<Throughput.Point> points;
  private long rows;

  HtmlPage(Writer out, ResultLog log, BatchTotals totals, List<Throughput.Point> points) {
    this.out = out;
    this.log = log;
    this.totals = totals;
    this.points = points;
  }

  void write(String title, String list, String version, Instant started, Instant ended)
      throws IOException {
    out.write("<!doctype html>\n<html lang=en><meta charset=utf-8>\n");
    out.write(
        "<meta http-equiv=Content-Security-Policy content=\"default-src 'none'; style-src"
            + " 'unsafe-inline'\">\n<meta name=viewport content=\"width=device-width\">\n");
    out.write("<title>" + text(title + " " + list) + "</title>\n<style>\n" + style());
    out.write("</style>\n<header><h1>" + text(title) + " <code>" + text(list) + "</code></h1>\n");
    double seconds = points.get(points.size() - 1).seconds();
    out.write(
        "<p class=quiet>"
            + text(started + " to " + ended)
            + ", "
            + Charts.clock(Math.max(seconds, Duration.between(started, ended).toSeconds()))
            + " · drover "
            + text(version)
            + "</p>\n");
    if (totals.interrupted()) {
      out.write(
          "<p class=alarm>It was stopped before the list ended: the same command again goes on.</p>\n");
    }
    out.write("</header>\n<section class=cards>");
    card(Long.toString(totals.images()), "images");
    for (Map.Entry<String, Long> each : totals.results().entrySet()) {
      card(each.getValue().toString(), each.getKey());
    }
    card(ByteSize.print(totals.bytes().logical()), "of disks");
    card(ByteSize.print(totals.bytes().data()), "data");
    out.write("</section>\n<section><h2>Throughput</h2>");
    out.write(Charts.throughput(points));
    out.write("</section>\n<section><h2>Where the bytes went</h2>");
    out.write(Charts.bytes(totals));
    out.write("</section>\n");
    problems();
    images();
    out.write("</html>\n");
  }

  private void card(String number, String name) throws IOException {
    out.write("<div class=\"card " + text(name) + "\"><b>" + text(number) + "</b>");
    out.write(text(name) + "</div>");
  }

  private void problems() throws IOException {
    if (totals.errors().isEmpty()) {
      return;
    }
    out.write(
        "<section><h2>What did not work</h2><table><thead><tr><th>line<th>source<th>result<th>error<th>what to do</thead>\n");
    rows = 0;
    log.forEach(
        result -> {
          if (result.error() != null && rows++ < MOST_ROWS) {
            out.write("<tr><td class=n>" + result.line() + "<td>" + text(result.source()));
            out.write("<td class=" + text(result.result()) + ">" + text(result.result()));
            out.write("<td><code>" + text(result.error().code()) + "</code>");
            out.write("<td>" + text(result.error().message()) + "\n");
          }
        });
    out.write("</table>");
    omitted();
    out.write("</section>\n");
  }

  private void images() throws IOException {
    out.write(
        "<section><h2>Images</h2><table><thead><tr><th>line<th>source<th>destination<th>result"
            + "<th>disk<th>data<th>sent<th>on the server<th>time<th>digest of the"
            + " disk</thead>\n");
    rows = 0;
    log.forEach(
        result -> {
          if (rows++ < MOST_ROWS) {
            row(result);
          }
        });
    out.write("</table>");
    omitted();
    out.write("</section>\n");
  }

  private void omitted() throws IOException {
    if (rows > MOST_ROWS) {
      out.write("<p class=quiet>" + (rows - MOST_ROWS) + " more stand in the JSON report.</p>");
    }
  }

  private void row(BatchResult result) throws IOException {
    out.write("<tr><td class=n>" + result.line() + "<td>" + text(result.source()));
    out.write("<td>" + text(result.destination()));
    out.write("<td class=" + text(result.result()) + ">" + text(result.result()));
    if (result.error() != null) {
      out.write(" <code>" + text(result.error().code()) + "</code>");
    }
    BatchResult.Bytes bytes = result.bytes();
    if (bytes == null) {
      out.write("<td><td><td><td>");
    } else {
      for (long each : new long[] {bytes.logical(), bytes.data(), bytes.sent(), bytes.copied()}) {
        out.write("<td class=n>" + ByteSize.print(each));
      }
    }
    out.write("<td class=n>" + Charts.clock(result.seconds()));
    out.write("<td class=digest>" + text(result.digest() == null ? "" : result.digest()) + "\n");
  }

  private static String style() throws IOException {
    try (InputStream in = HtmlPage.class.getResourceAsStream("report.css")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  /** Text as text, in content and in attributes. */
  static String text(String text) {
    StringBuilder safe = new StringBuilder(text.length() + 16);
    for (int index = 0; index < text.length(); index++) {
      char each = text.charAt(index);
      switch (each) {
        case '&' -> safe.append("&amp;");
        case '<' -> safe.append("&lt;");
        case '>' -> safe.append("&gt;");
        case '"' -> safe.append("&quot;");
        case '\'' -> safe.append("&#39;");
        default -> safe.append(each);
      }
    }
    return safe.toString();
  }
}
