package io.drover.routes.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;
import io.drover.routes.config.ByteSize;
import io.drover.routes.report.BatchResult;
import io.drover.routes.report.BatchTotals;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.Map;

/**
 * A line for each result on stdout, for people or for programs; failures on stderr. Thread-safe.
 */
final class BatchOutput {
  private static final ObjectWriter JSON = new ObjectMapper().writer();

  private final Output form;
  private final boolean quiet;
  private final PrintWriter out;
  private final PrintWriter err;

  BatchOutput(Output form, boolean quiet, PrintWriter out, PrintWriter err) {
    this.form = form;
    this.quiet = quiet;
    this.out = out;
    this.err = err;
  }

  void result(BatchResult result, BatchProgress progress) {
    if (result.error() != null) {
      progress.print(
          err,
          result.error().code()
              + ": line "
              + result.line()
              + (result.source().isEmpty() ? "" : ", " + result.source())
              + ": "
              + result.error().message());
    }
    if (form == Output.JSON) {
      progress.print(out, json(result));
    } else if (!quiet && result.error() == null) {
      progress.print(out, line(result));
    }
  }

  private static String line(BatchResult result) {
    StringBuilder line = new StringBuilder();
    line.append(String.format(Locale.ROOT, "%-9s %s", result.result(), result.source()));
    if (!result.source().equals(result.destination())) {
      line.append(" → ").append(result.destination());
    }
    BatchResult.Bytes bytes = result.bytes();
    line.append("  ").append(ByteSize.print(bytes.logical()));
    BatchResult.Plan plan = result.plan();
    if (plan != null) {
      line.append(", ").append(ByteSize.print(bytes.data())).append(" data, ");
      line.append(plan.upload() + plan.zero() + plan.reuse()).append(" parts, ");
      line.append(plan.requests()).append(" requests, ");
      line.append(ByteSize.print(bytes.sent())).append(" to send");
      line.append(plan.upperBound() ? " at most" : "");
      plan.warnings().forEach(warning -> line.append("; ").append(warning));
    } else if (result.result().equals(BatchResult.IMPORTED)) {
      line.append(
          String.format(
              Locale.ROOT, " in %.1f s, sent %s", result.seconds(), ByteSize.print(bytes.sent())));
    }
    return line.toString();
  }

  /**
   * The last word.
   *
   * @param bitsPerSecond to reckon a plan's time with; 0: none
   */
  void summary(BatchTotals totals, double seconds, long bitsPerSecond) {
    if (form == Output.JSON) {
      Map<String, Object> summary = new java.util.LinkedHashMap<>();
      summary.put("summary", totals);
      summary.put("seconds", seconds);
      summary.put("exitCode", totals.exitCode());
      if (bitsPerSecond > 0) {
        summary.put("transferSeconds", transferSeconds(totals, bitsPerSecond));
      }
      out.println(json(summary));
    } else if (!quiet) {
      human(totals, seconds, bitsPerSecond);
    }
    out.flush();
  }

  private void human(BatchTotals totals, double seconds, long bitsPerSecond) {
    out.printf(
        Locale.ROOT, "%d images: %s, in %.1f s%n", totals.images(), totals.counts(), seconds);
    BatchResult.Bytes bytes = totals.bytes();
    out.printf(
        "  disks         %s, of which %s data%n",
        ByteSize.print(bytes.logical()), ByteSize.print(bytes.data()));
    if (totals.count(BatchResult.PLANNED) == 0) {
      out.printf(
          "  sent          %s; %s filled on the server; %s done before%n",
          ByteSize.print(bytes.sent()),
          ByteSize.print(bytes.copied()),
          ByteSize.print(totals.skippedBytes()));
    } else {
      out.printf(
          "  to send       %s%s, in %d parts and %d requests%n",
          ByteSize.print(bytes.sent()),
          totals.plan().upperBounds() > 0 ? " at most" : "",
          totals.plan().parts(),
          totals.plan().requests());
      out.printf("  storage       %s more%n", ByteSize.print(bytes.sent() + bytes.copied()));
      if (bitsPerSecond > 0) {
        long time = transferSeconds(totals, bitsPerSecond);
        out.printf(
            Locale.ROOT,
            "  on the wire   %d:%02d:%02d at %s%n",
            time / 3600,
            time / 60 % 60,
            time % 60,
            Bandwidth.print(bitsPerSecond));
      }
    }
    totals.errors().forEach((name, count) -> out.printf(Locale.ROOT, "  %-13s %d%n", name, count));
  }

  private static long transferSeconds(BatchTotals totals, long bitsPerSecond) {
    return (long) Math.ceil(totals.bytes().sent() * 8.0 / bitsPerSecond);
  }

  private static String json(Object value) {
    try {
      return JSON.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new AssertionError("records of text and numbers", e);
    }
  }
}
