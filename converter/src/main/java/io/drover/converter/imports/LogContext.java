package io.drover.converter.imports;

import java.util.Map;
import org.slf4j.MDC;

/** What log lines belong to, for threads that an import starts. */
final class LogContext {
  private LogContext() {}

  /** The task, whose log lines belong to whatever those of this thread do now. */
  static Runnable carried(Runnable task) {
    Map<String, String> context = MDC.getCopyOfContextMap();
    return () -> {
      if (context != null) {
        MDC.setContextMap(context);
      }
      task.run();
    };
  }
}
