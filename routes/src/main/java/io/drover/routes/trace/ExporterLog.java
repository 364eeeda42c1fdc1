package io.drover.routes.trace;

import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.slf4j.LoggerFactory;

/**
 * OpenTelemetry logs by {@code java.util.logging}, which would write to stderr in a form of its
 * own: its warnings go where all others go.
 */
final class ExporterLog extends Handler {
  private static final org.slf4j.Logger LOG = LoggerFactory.getLogger(ExporterLog.class);

  /** Loggers that nobody holds are forgotten, with their handlers. */
  private static final Logger SOURCE = Logger.getLogger("io.opentelemetry");

  private ExporterLog() {}

  static synchronized void install() {
    if (SOURCE.getHandlers().length == 0) {
      SOURCE.setUseParentHandlers(false);
      SOURCE.addHandler(new ExporterLog());
    }
  }

  @Override
  public void publish(LogRecord record) {
    if (record.getLevel().intValue() >= Level.WARNING.intValue()) {
      Throwable cause = record.getThrown();
      LOG.warn("tracing: {}{}", record.getMessage(), cause == null ? "" : ": " + cause);
    }
  }

  @Override
  public void flush() {}

  @Override
  public void close() {}
}
