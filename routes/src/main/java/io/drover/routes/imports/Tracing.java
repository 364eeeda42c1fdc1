package io.drover.routes.imports;

import io.drover.converter.error.ImportException;
import io.drover.converter.imports.ImportRequest;
import io.drover.converter.imports.Phase;
import io.drover.converter.imports.Progress;
import io.drover.routes.event.Origin;
import io.drover.routes.event.TraceContext;
import java.util.Optional;

/** Whoever follows imports phase by phase, besides the events. Thread-safe. */
public interface Tracing extends AutoCloseable {
  /** For those who trace nothing. */
  Tracing NONE = (request, origin) -> Trace.NONE;

  /** An import begins, in the trace that its origin names, if it names one. */
  Trace begin(ImportRequest request, Origin origin);

  /** Sends what was not sent yet. */
  @Override
  default void close() {}

  /** One import, by the thread that leads it. */
  interface Trace {
    Trace NONE = new Trace() {};

    /** The context that events of the import belong to, if it is not the origin's. */
    default Optional<TraceContext> context() {
      return Optional.empty();
    }

    /** The phase before, if there was one, is over. */
    default void phase(Phase phase) {}

    /** Once, at last. */
    default void end(Progress progress, int attempt, Optional<ImportException> failure) {}
  }
}
