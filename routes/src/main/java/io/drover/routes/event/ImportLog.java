package io.drover.routes.event;

import org.slf4j.MDC;

/** Marks log lines as an import's own: JSON has the id as a field, text in brackets. */
public final class ImportLog {
  /** Key of SLF4J's mapped diagnostic context. */
  public static final String KEY = "importId";

  private ImportLog() {}

  /** From now on what this thread logs belongs to that import, until the scope is closed. */
  public static Scope of(String importId) {
    String before = MDC.get(KEY);
    MDC.put(KEY, importId);
    return () -> {
      if (before == null) {
        MDC.remove(KEY);
      } else {
        MDC.put(KEY, before);
      }
    };
  }

  /** To be closed by the thread that opened it. */
  public interface Scope extends AutoCloseable {
    @Override
    void close();
  }
}
