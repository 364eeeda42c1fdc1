package io.drover.routes.report;

import io.drover.routes.config.ByteSize;
import java.util.List;
import java.util.Locale;

/** The report's charts as SVG; their colours are the page's. */
final class Charts {
  private static final int WIDTH = 720;
  private static final int HEIGHT = 200;
  private static final int LEFT = 86;
  private static final int BOTTOM = 26;
  private static final int TOP = 14;

  private Charts() {}

  /** Bytes a second over the time of the run. */
  static String throughput(List<Throughput.Point> points) {
    if (points.get(points.size() - 1).logical() == 0) {
      return "<p class=quiet>Nothing moved.</p>";
    }
    double seconds = points.get(points.size() - 1).seconds();
    double top = 1;
    for (int index = 1; index < points.size(); index++) {
      top = Math.max(top, Math.max(rate(points, index), sent(points, index)));
    }
    StringBuilder line = new StringBuilder();
    StringBuilder wire = new StringBuilder();
    for (int index = 1; index < points.size(); index++) {
      double from = x(points.get(index - 1).seconds(), seconds);
      double to = x(points.get(index).seconds(), seconds);
      step(line, index, from, to, y(rate(points, index), top));
      step(wire, index, from, to, y(sent(points, index), top));
    }
    StringBuilder svg = new StringBuilder();
    svg.append(
        String.format(
            Locale.ROOT,
            "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"Throughput over time\">",
            WIDTH,
            HEIGHT));
    for (int quarter = 0; quarter <= 4; quarter++) {
      double value = top * quarter / 4;
      double y = y(value, top);
      svg.append(
          String.format(
              Locale.ROOT,
              "<line class=grid x1=%d x2=%d y1=%.1f y2=%.1f />"
                  + "<text x=%d y=%.1f text-anchor=end>%s/s</text>",
              LEFT,
              WIDTH,
              y,
              y,
              LEFT - 8,
              y + 4,
              ByteSize.print(Math.round(value))));
      svg.append(
          String.format(
              Locale.ROOT,
              "<text x=%.1f y=%d text-anchor=%s>%s</text>",
              x(seconds * quarter / 4, seconds),
              HEIGHT - 8,
              quarter == 0 ? "start" : quarter == 4 ? "end" : "middle",
              clock(seconds * quarter / 4)));
    }
    svg.append("<path class=logical d=\"").append(line).append("\"/>");
    svg.append("<path class=sent d=\"").append(wire).append("\"/></svg>");
    return svg.append(
            "<p class=key><span class=logical></span>disk done <span class=sent></span>on the"
                + " wire</p>")
        .toString();
  }

  private static void step(StringBuilder path, int index, double from, double to, double y) {
    path.append(
        String.format(Locale.ROOT, "%s%.1f %.1fH%.1f", index == 1 ? "M" : "L", from, y, to));
  }

  private static double rate(List<Throughput.Point> points, int index) {
    Throughput.Point a = points.get(index - 1);
    Throughput.Point b = points.get(index);
    return Math.max(0, b.logical() - a.logical()) / Math.max(0.001, b.seconds() - a.seconds());
  }

  private static double sent(List<Throughput.Point> points, int index) {
    Throughput.Point a = points.get(index - 1);
    Throughput.Point b = points.get(index);
    return Math.max(0, b.sent() - a.sent()) / Math.max(0.001, b.seconds() - a.seconds());
  }

  private static double x(double at, double seconds) {
    return LEFT + (WIDTH - LEFT) * at / Math.max(0.001, seconds);
  }

  private static double y(double value, double top) {
    return HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * Math.min(1, value / top);
  }

  /** One bar of what became of the bytes. */
  static String bytes(BatchTotals totals) {
    long sent = totals.bytes().sent();
    long copied = totals.bytes().copied();
    long skipped = totals.skippedBytes();
    double all = Math.max(1, (double) sent + copied + skipped);
    StringBuilder svg = new StringBuilder();
    svg.append(
        "<svg viewBox=\"0 0 720 28\" role=\"img\" aria-label=\"Where the bytes went\""
            + " preserveAspectRatio=none>");
    double x = 0;
    String[] classes = {"sent", "copied", "skipped"};
    long[] values = {sent, copied, skipped};
    for (int index = 0; index < values.length; index++) {
      double width = WIDTH * values[index] / all;
      svg.append(
          String.format(
              Locale.ROOT,
              "<rect class=%s x=%.1f y=0 width=%.1f height=28 />",
              classes[index],
              x,
              width));
      x += width;
    }
    svg.append("</svg><p class=key>");
    String[] names = {"sent", "filled on the server", "done before"};
    for (int index = 0; index < values.length; index++) {
      svg.append(
          String.format(
              Locale.ROOT,
              "<span class=%s></span>%s %s (%.0f %%) ",
              classes[index],
              names[index],
              ByteSize.print(values[index]),
              100 * values[index] / all));
    }
    return svg.append("</p>").toString();
  }

  /** {@code 12 s} or {@code 1:02:03}. */
  static String clock(double seconds) {
    long whole = Math.round(seconds);
    if (seconds < 10) {
      return String.format(Locale.ROOT, "%.1f s", seconds);
    }
    return whole < 60
        ? whole + " s"
        : String.format(Locale.ROOT, "%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60);
  }
}
