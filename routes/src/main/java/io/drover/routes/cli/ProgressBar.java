package io.drover.routes.cli;

import io.drover.converter.error.Printable;
import io.drover.converter.imports.Phase;
import io.drover.converter.imports.Progress;
import io.drover.routes.config.ByteSize;
import io.drover.routes.imports.ActiveImports;
import io.drover.routes.imports.ImportRun;
import io.drover.routes.request.SourceName;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * One line on stderr that fills as the import runs. On a terminal it is drawn over itself;
 * elsewhere a line is printed at each tenth, for logs.
 */
class ProgressBar implements AutoCloseable {
  /** Shows nothing. */
  static final ProgressBar NONE = new ProgressBar();

  private static final String PARTIAL = " ▏▎▍▌▋▊▉";
  private static final int BAR_CELLS = 24;
  private static final int NAME_CELLS = 24;
  private static final long INTERVAL_MILLIS = 200;

  static ProgressBar start(ActiveImports active, PrintWriter err, boolean terminal) {
    return new Drawn(active, err, terminal);
  }

  @Override
  public void close() {
    // nothing was drawn
  }

  /** The line for one import, cut to the terminal's width by its caller. */
  static String line(String name, Progress progress, long bytesPerSecond, long etaSeconds) {
    StringBuilder line = new StringBuilder();
    line.append(Printable.text(name, NAME_CELLS)).append("  ");
    double percent = progress.percent();
    if (progress.phase() == Phase.TRANSFER && progress.virtualSize() == 0) {
      // a stream has no end until it ends
      line.append(ByteSize.print(progress.read())).append(" read");
      return sent(line, progress, bytesPerSecond).toString();
    }
    line.append(bar(percent)).append(String.format(Locale.ROOT, " %3.0f%%", Math.floor(percent)));
    if (progress.phase() == Phase.VALIDATE || progress.phase() == Phase.PLAN) {
      return line.append("  reading the image's tables").toString();
    }
    if (progress.phase() == Phase.COMMIT) {
      return line.append("  committing").toString();
    }
    line.append("  ").append(ByteSize.print(progress.logical()));
    line.append('/').append(ByteSize.print(progress.virtualSize()));
    sent(line, progress, bytesPerSecond);
    if (etaSeconds >= 0) {
      line.append(" · ").append(clock(etaSeconds)).append(" left");
    }
    return line.toString();
  }

  private static StringBuilder sent(StringBuilder line, Progress progress, long bytesPerSecond) {
    if (bytesPerSecond >= 0) {
      line.append(" · ").append(ByteSize.print(bytesPerSecond)).append("/s");
    }
    line.append(" · sent ").append(ByteSize.print(progress.sent()));
    if (progress.copied() > 0) {
      line.append(", zero-filled ").append(ByteSize.print(progress.copied()));
      line.append(" on the server");
    }
    return line;
  }

  static String name(String source) {
    return new SourceName(source).isStream()
        ? "standard input"
        : String.valueOf(Path.of(source).getFileName());
  }

  private static String bar(double percent) {
    int eighths = (int) Math.round(percent / 100 * BAR_CELLS * 8);
    StringBuilder bar = new StringBuilder("█".repeat(eighths / 8));
    if (bar.length() < BAR_CELLS) {
      bar.append(PARTIAL.charAt(eighths % 8));
    }
    return bar.append(" ".repeat(BAR_CELLS - bar.length())).toString();
  }

  private static String clock(long seconds) {
    return String.format(
        Locale.ROOT, "%d:%02d:%02d", seconds / 3600, seconds / 60 % 60, seconds % 60);
  }

  private static final class Drawn extends ProgressBar {
    private final ActiveImports active;
    private final PrintWriter err;
    private final boolean terminal;
    private final ScheduledExecutorService clock;
    private int lastTenth = -1;
    private boolean drawn;
    private boolean closed;

    Drawn(ActiveImports active, PrintWriter err, boolean terminal) {
      this.active = active;
      this.err = err;
      this.terminal = terminal;
      this.clock =
          Executors.newSingleThreadScheduledExecutor(
              task -> {
                Thread thread = new Thread(task, "progress-bar");
                thread.setDaemon(true);
                return thread;
              });
      clock.scheduleAtFixedRate(this::draw, 0, INTERVAL_MILLIS, TimeUnit.MILLISECONDS);
    }

    private synchronized void draw() {
      if (closed || active.list().isEmpty()) {
        return;
      }
      ImportRun run = active.list().get(0);
      Progress progress = run.progress();
      String name = name(run.request().source());
      String line = line(name, progress, run.bytesPerSecond(), run.etaSeconds());
      if (terminal) {
        int width = Terminal.columns() - 1;
        err.print('\r' + (line.length() > width ? line.substring(0, width) : line) + "\u001b[K");
        err.flush();
        drawn = true;
      } else if ((int) progress.percent() / 10 > lastTenth) {
        lastTenth = (int) progress.percent() / 10;
        err.println(line);
        err.flush();
      }
    }

    @Override
    public synchronized void close() {
      if (drawn && !closed) {
        err.print("\r\u001b[K");
        err.flush();
      }
      closed = true;
      clock.shutdownNow();
    }
  }
}
