import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;

/** Bars of the measurements, a group for each image, as one SVG without any other file. */
final class Chart {
  private static final int LABEL = 190;
  private static final int WIDTH = 360;
  private static final int VALUE = 130;
  private static final int ROW = 22;
  private static final String[] COLOURS = {"#0b6e99", "#c7762b", "#7a7a7a", "#9a6fb0", "#5b8c5a"};

  private final List<Measurement> measurements;
  private final List<String> contenders = new ArrayList<>();
  private final StringBuilder svg = new StringBuilder();

  private Chart(List<Measurement> measurements) {
    this.measurements = measurements;
    for (Measurement each : measurements) {
      if (!contenders.contains(each.contender())) {
        contenders.add(each.contender());
      }
    }
  }

  static String of(List<Measurement> measurements, String title) {
    return new Chart(measurements).draw(title);
  }

  private String draw(String title) {
    int column = LABEL + WIDTH + VALUE;
    int height = 60;
    List<String> workloads = measurements.stream().map(Measurement::workload).distinct().toList();
    for (String workload : workloads) {
      height += 34 + ROW * of(workload).size();
    }
    svg.append("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"")
        .append(3 * column)
        .append("\" height=\"")
        .append(height)
        .append("\" font-family=\"sans-serif\" font-size=\"13\">\n")
        .append("<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n");
    text(10, 24, 16, title);
    int y = 44;
    for (String workload : workloads) {
      y = group(workload, y, column);
    }
    return svg.append("</svg>\n").toString();
  }

  private List<Measurement> of(String workload) {
    return measurements.stream().filter(each -> each.workload().equals(workload)).toList();
  }

  private int group(String workload, int top, int column) {
    List<Measurement> rows = of(workload);
    text(10, top + 18, 14, workload);
    bars(rows, 0, top + 26, "s wall", Measurement::wall);
    bars(rows, column, top + 26, "s CPU", Measurement::cpu);
    bars(rows, 2 * column, top + 26, "MiB sent", row -> row.up() / 1048576.0);
    return top + 34 + ROW * rows.size();
  }

  private void bars(
      List<Measurement> rows, int left, int top, String unit, ToDoubleFunction<Measurement> value) {
    double most = rows.stream().mapToDouble(value).max().orElse(1);
    int y = top;
    for (Measurement row : rows) {
      double length = most == 0 ? 0 : value.applyAsDouble(row) / most * WIDTH;
      text(left + 10, y + 15, 12, row.contender());
      svg.append(
          String.format(
              "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/>%n",
              left + LABEL,
              y + 3,
              Math.max(1, length),
              ROW - 6,
              COLOURS[contenders.indexOf(row.contender()) % COLOURS.length]));
      text(
          (int) (left + LABEL + length + 5),
          y + 15,
          12,
          String.format("%.1f %s", value.applyAsDouble(row), unit));
      y += ROW;
    }
  }

  private void text(int x, int y, int size, String text) {
    svg.append(
        String.format(
            "<text x=\"%d\" y=\"%d\" font-size=\"%d\" fill=\"#222\">%s</text>%n",
            x, y, size, text.replace("&", "&amp;").replace("<", "&lt;")));
  }
}
