package io.drover.routes.cli;

import io.drover.converter.imports.Phase;
import io.drover.converter.imports.Progress;
import io.drover.routes.config.ByteSize;
import io.drover.routes.event.ImportEvent;
import io.drover.routes.imports.ActiveImports;
import io.drover.routes.imports.ImportRun;
import io.drover.routes.report.BatchTotals;
import io.drover.routes.report.Throughput;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * How far a batch is, on stderr: on a terminal a line for each image that is on its way and one for
 * all of them, drawn over themselves; elsewhere a line now and then. Also what writes down the
 * throughput. Thread-safe.
 */
final class BatchProgress implements AutoCloseable {
  private static final long DRAW_MILLIS = 200;
  private static final long SAMPLE_MILLIS = 1_000;
  private static final long LOG_MILLIS = 30_000;

  /** Of others, the rest is only summed up. */
  private static final int MOST_LINES = 16;

  private final ActiveImports active;
  private final Supplier<Collection<ImportEvent>> elsewhere;
  private final Supplier<BatchTotals> totals;
  private final Throughput throughput;

  /** Images of the whole list; negative where nobody counted them. */
  private final long expected;

  private final PrintWriter err;
  private final boolean terminal;
  private final long started = System.nanoTime();
  private final ScheduledExecutorService clock;
  private int drawn;
  private boolean closed;

  /**
   * @param elsewhere the latest events of imports that go on in other processes
   * @param shown whether anything is shown at all
   */
  BatchProgress(
      ActiveImports active,
      Supplier<Collection<ImportEvent>> elsewhere,
      Supplier<BatchTotals> totals,
      Throughput throughput,
      long expected,
      PrintWriter err,
      boolean terminal,
      boolean shown) {
    this.active = active;
    this.elsewhere = elsewhere;
    this.totals = totals;
    this.throughput = throughput;
    this.expected = expected;
    this.err = err;
    this.terminal = terminal;
    this.clock =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread thread = new Thread(task, "batch-progress");
              thread.setDaemon(true);
              return thread;
            });
    clock.scheduleWithFixedDelay(this::sample, SAMPLE_MILLIS, SAMPLE_MILLIS, TimeUnit.MILLISECONDS);
    if (shown) {
      long millis = terminal ? DRAW_MILLIS : LOG_MILLIS;
      clock.scheduleWithFixedDelay(this::draw, millis, millis, TimeUnit.MILLISECONDS);
    }
  }

  /** Prints lines that stay, above what is drawn over. */
  synchronized void print(PrintWriter out, String line) {
    erase();
    out.println(line);
    out.flush();
  }

  private void sample() {
    throughput.add(now());
  }

  private Throughput.Point now() {
    BatchTotals done = totals.get();
    long logical = done.bytes().logical();
    long sent = done.bytes().sent();
    for (ImportRun run : active.list()) {
      Progress progress = run.progress();
      logical += progress.logical();
      sent += progress.sent();
    }
    for (ImportEvent event : elsewhere.get()) {
      logical += event.bytes().logical();
      sent += event.bytes().sent();
    }
    return new Throughput.Point(seconds(), logical, sent, done.images());
  }

  private double seconds() {
    return Math.round((System.nanoTime() - started) / 1e7) / 100.0;
  }

  private synchronized void draw() {
    if (closed) {
      return;
    }
    List<String> lines = new ArrayList<>();
    if (terminal) {
      for (ImportRun run : active.list()) {
        lines.add(
            ProgressBar.line(
                ProgressBar.name(run.request().source()),
                run.progress(),
                run.bytesPerSecond(),
                run.etaSeconds()));
      }
      elsewhere.get().stream().limit(MOST_LINES).map(BatchProgress::line).forEach(lines::add);
    }
    lines.add(total());
    erase();
    int width = Terminal.columns() - 1;
    for (String line : lines) {
      err.println(terminal && line.length() > width ? line.substring(0, width) : line);
    }
    drawn = terminal ? lines.size() : 0;
    err.flush();
  }

  private static String line(ImportEvent event) {
    Progress progress =
        new Progress(
            Phase.TRANSFER,
            event.virtualSize(),
            event.bytes().logical(),
            event.bytes().data(),
            event.bytes().zero(),
            event.bytes().read(),
            event.bytes().sent(),
            event.bytes().copied(),
            event.parts().total(),
            event.parts().done());
    return ProgressBar.line(
        ProgressBar.name(event.source()),
        progress,
        event.bytesPerSecond() == null ? -1 : event.bytesPerSecond(),
        event.etaSeconds() == null ? -1 : event.etaSeconds());
  }

  private String total() {
    Throughput.Point now = now();
    BatchTotals done = totals.get();
    StringBuilder line = new StringBuilder();
    line.append(done.images());
    if (expected >= 0) {
      line.append(" of ").append(Math.max(expected, done.images()));
    }
    line.append(" images");
    if (done.images() > 0) {
      line.append(" (").append(done.counts()).append(')');
    }
    double seconds = Math.max(0.1, now.seconds());
    line.append(" · ").append(ByteSize.print(now.logical()));
    line.append(" · ").append(ByteSize.print(Math.round(now.logical() / seconds))).append("/s");
    line.append(" · sent ").append(ByteSize.print(now.sent()));
    if (expected > done.images() && done.images() > 0) {
      long left = Math.round((expected - done.images()) * seconds / done.images());
      line.append(
          String.format(
              Locale.ROOT, " · %d:%02d:%02d left", left / 3600, left / 60 % 60, left % 60));
    }
    return line.toString();
  }

  private void erase() {
    if (drawn > 0) {
      err.print("\u001b[" + drawn + "A\r\u001b[J");
      err.flush();
      drawn = 0;
    }
  }

  /** Ends the drawing; the last point of the throughput is now. */
  @Override
  public synchronized void close() {
    if (!closed) {
      erase();
      closed = true;
      clock.shutdownNow();
      sample();
    }
  }
}
