package io.drover.routes.cli;

import io.drover.converter.error.Outcome;
import io.drover.routes.app.DroverApp;
import io.drover.routes.batch.BatchItem;
import io.drover.routes.batch.BatchRoute;
import io.drover.routes.batch.Treatment;
import io.drover.routes.config.Key;
import io.drover.routes.config.Settings;
import io.drover.routes.event.ImportEvent;
import io.drover.routes.report.BatchReport;
import io.drover.routes.report.BatchResult;
import io.drover.routes.report.BatchTally;
import io.drover.routes.report.BatchTotals;
import io.drover.routes.report.Throughput;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Collection;
import java.util.Iterator;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * One run through a list: some images at a time, every result told at once and written down, the
 * report at the end, however it comes.
 *
 * @param report null for none
 * @param expected images of the list; negative where nobody counted them
 * @param progress whether to show it
 * @param failFast whether the first failure keeps further images from being begun
 * @param elsewhere the imports that go on in other processes
 * @param bitsPerSecond to reckon a plan's time with; 0: none
 */
record BatchRun(
    Settings settings,
    BatchOutput output,
    PrintWriter err,
    BatchReport report,
    long expected,
    boolean progress,
    boolean failFast,
    long bitsPerSecond,
    Supplier<Collection<ImportEvent>> elsewhere) {

  /**
   * Treats every image of a list.
   *
   * @param items makes the list, which ends when it is told so
   * @return the exit code
   */
  @SuppressWarnings("try") // the hook is there while the batch runs; nobody calls it
  int run(DroverApp app, Function<BooleanSupplier, Iterator<BatchItem>> items, Treatment treatment)
      throws Exception {
    BatchTally tally = new BatchTally();
    Throughput throughput = new Throughput();
    AtomicBoolean failed = new AtomicBoolean();
    long started = System.nanoTime();
    ExecutorService jobs = jobs();
    try (Interruption interruption = Interruption.of(app, settings.duration(Key.GRACE_PERIOD));
        BatchProgress shown =
            new BatchProgress(
                app.active(),
                elsewhere,
                tally::totals,
                throughput,
                expected,
                err,
                Terminal.stderrIsOne(),
                progress)) {
      app.add(
          new BatchRoute(
              treatment,
              jobs,
              result -> {
                failed.compareAndSet(false, result.error() != null);
                tally.add(result);
                keep(result, shown);
                output.result(result, shown);
              }));
      app.send(
          BatchRoute.ENDPOINT,
          items.apply(() -> app.active().stopping() || failFast && failed.get()));
      jobs.shutdown();
      jobs.awaitTermination(Long.MAX_VALUE, TimeUnit.NANOSECONDS);
      shown.close();
      return end(
          app.active().stopping() ? tally.totals().cutShort() : tally.totals(),
          throughput,
          (System.nanoTime() - started) / 1e9,
          treatment.again());
    } finally {
      jobs.shutdownNow();
    }
  }

  private void keep(BatchResult result, BatchProgress shown) {
    if (report == null) {
      return;
    }
    try {
      report.add(result);
    } catch (IOException e) {
      shown.print(err, "drover: the report misses line " + result.line() + ": " + e);
    }
  }

  private int end(BatchTotals totals, Throughput throughput, double seconds, String again) {
    output.summary(totals, Math.round(seconds * 1000) / 1000.0, bitsPerSecond);
    if (report != null) {
      try {
        report.finish(totals, throughput);
        err.println("report: " + report.html() + ", " + report.json());
      } catch (IOException e) {
        err.println("drover: the report could not be written: " + e);
        return Math.max(Outcome.FAILED.exitCode(), totals.exitCode());
      }
    }
    if (totals.resumable()) {
      err.println(again);
    }
    return totals.exitCode();
  }

  private ExecutorService jobs() throws Exception {
    AtomicInteger number = new AtomicInteger();
    return Executors.newFixedThreadPool(
        settings.number(Key.JOBS, 1, 1_000),
        task -> {
          Thread thread = new Thread(task, "job-" + number.incrementAndGet());
          thread.setDaemon(true);
          return thread;
        });
  }
}
