package io.drover.routes.imports;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.error.Printable;
import io.drover.converter.imports.ImportRequest;
import io.drover.converter.imports.ImportSession;
import io.drover.converter.imports.Importer;
import io.drover.converter.imports.Phase;
import io.drover.converter.manifest.Manifest;
import io.drover.routes.event.ImportLog;
import io.drover.routes.event.Origin;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.Expression;
import org.apache.camel.InvalidPayloadException;
import org.apache.camel.Processor;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.support.ExpressionAdapter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one import route: validate, plan, split into parts that run in parallel lanes ({@link
 * LaneRoute}), commit, tell. Command line and drop folder send to it alike.
 *
 * <p>In: an {@link ImportRequest}. Out: the {@link Manifest} of what was committed, or an exception
 * on the exchange, always an {@link ImportException}.
 */
public final class ImportRoute extends RouteBuilder {
  /** Where {@link ImportRequest}s go in. */
  public static final String ENDPOINT = "direct:import";

  /**
   * Header with the number of this attempt at the import, an {@code Integer}; without, what lies at
   * the destination tells.
   */
  public static final String ATTEMPT = "drover.attempt";

  /**
   * Header with the number of runs that somebody has told of, an {@code Integer}: of an import that
   * failed the destination knows nothing any more, and followers take lower numbers for old news.
   */
  public static final String ATTEMPTS = "drover.attempts";

  /**
   * Header with a {@link BooleanSupplier}: whether the import was cancelled before it came here.
   * Then what an earlier run left is removed, unless that was committed.
   */
  public static final String CANCELLED = "drover.cancelled";

  /** Header with the {@link Origin} of the import; without, nobody knows. */
  public static final String ORIGIN = "drover.origin";

  public static final String ID = "import";
  public static final String LANE_ID = LaneRoute.ID;

  private static final Logger LOG = LoggerFactory.getLogger(ImportRoute.class);
  private static final String RUN = "drover.run";
  private static final String TRACE = "drover.trace";
  private static final String FAILURE = "drover.failure";
  private static final String COMMITTED = "drover.committed";

  private final Importer importer;
  private final ActiveImports active;
  private final Tracing tracing;
  private final ExecutorService lanes;

  /**
   * @param lanes a bounded pool: its threads are the lanes of all imports together
   */
  public ImportRoute(
      Importer importer, ActiveImports active, Tracing tracing, ExecutorService lanes) {
    this.importer = importer;
    this.active = active;
    this.tracing = tracing;
    this.lanes = lanes;
  }

  @Override
  public void configure() {
    // the exception goes back to the caller as it is; a part is what is retried, not the route
    errorHandler(noErrorHandler());

    from(ENDPOINT)
        .routeId(ID)
        .doTry()
        .process(logged(this::accept))
        .process(logged(this::validate))
        .process(logged(this::plan))
        // more than once only if the server loses what it has confirmed
        .loopDoWhile(this::unfinished)
        .split(expression(exchange -> run(exchange).session().parts()))
        .streaming()
        .parallelProcessing()
        .executorService(lanes)
        .stopOnException()
        .to(LaneRoute.ENDPOINT)
        .end()
        .process(logged(this::commit))
        .end()
        .endDoTry()
        .doCatch(Throwable.class)
        .process(logged(this::fail))
        .doFinally()
        .process(logged(this::release))
        .end();
  }

  @Override
  public void addRoutesToCamelContext(CamelContext context) throws Exception {
    super.addRoutesToCamelContext(context);
    new LaneRoute().addRoutesToCamelContext(context);
  }

  /** A step whose log lines are the import's, on whichever thread Camel runs it. */
  @SuppressWarnings("try") // the scope is there while the step runs; nobody calls it
  private static Processor logged(Processor step) {
    return exchange -> {
      ImportRun run = run(exchange);
      ImportRequest request =
          run == null ? exchange.getMessage().getBody(ImportRequest.class) : run.request();
      if (request == null) {
        step.process(exchange);
        return;
      }
      try (ImportLog.Scope scope = ImportLog.of(request.importId())) {
        step.process(exchange);
      }
    };
  }

  private void accept(Exchange exchange) throws InvalidPayloadException, ImportException {
    ImportRequest request = exchange.getMessage().getMandatoryBody(ImportRequest.class);
    Origin origin = exchange.getMessage().getHeader(ORIGIN, Origin.UNKNOWN, Origin.class);
    Tracing.Trace trace = tracing.begin(request, origin);
    exchange.setProperty(TRACE, trace);
    trace.phase(Phase.VALIDATE);
    ImportRun run =
        active.add(request, trace.context().isPresent() ? origin.in(trace.context()) : origin);
    exchange.setProperty(RUN, run);
    LOG.info(
        "import {}: {} to {}",
        run.request().importId(),
        Printable.text(run.request().source()),
        Printable.text(run.request().destination().uri()));
    Integer attempt = exchange.getMessage().getHeader(ATTEMPT, Integer.class);
    if (attempt != null) {
      run.accepted(attempt);
    }
  }

  private void validate(Exchange exchange) throws IOException {
    ImportRun run = run(exchange);
    boolean told = exchange.getMessage().getHeader(ATTEMPT) != null;
    ImportSession session;
    try {
      session = importer.open(run.request());
    } catch (IOException | RuntimeException e) {
      if (!told) {
        // what is refused for itself has no need of the store, but to number what is told of it
        run.accepted(
            active.heard() ? Math.max(importer.attempt(run.request()), next(exchange)) : 1);
      }
      if (cancelled(exchange)) {
        // the source may never come back
        importer.forget(run.request());
        throw ImportRun.cancelled();
      }
      throw e;
    }
    run.opened(session);
    session.claim();
    if (!told) {
      run.accepted(Math.max(session.attempt(), next(exchange)));
    }
  }

  private static int next(Exchange exchange) {
    return exchange.getMessage().getHeader(ATTEMPTS, 0, Integer.class) + 1;
  }

  private void plan(Exchange exchange) throws IOException {
    ImportRun run = run(exchange);
    if (cancelled(exchange) && !run.session().committed()) {
      run.session().forget();
      throw ImportRun.cancelled();
    }
    trace(exchange).phase(Phase.PLAN);
    run.session().plan();
    trace(exchange).phase(Phase.TRANSFER);
    if (run.session().resumed()) {
      run.resumed();
    } else {
      run.started();
    }
  }

  private static boolean cancelled(Exchange exchange) {
    BooleanSupplier cancelled = exchange.getMessage().getHeader(CANCELLED, BooleanSupplier.class);
    return cancelled != null && cancelled.getAsBoolean();
  }

  private boolean unfinished(Exchange exchange) {
    return exchange.getProperty(COMMITTED) == null;
  }

  private void commit(Exchange exchange) throws IOException {
    ImportRun run = run(exchange);
    trace(exchange).phase(Phase.COMMIT);
    Optional<Manifest> committed = run.session().commit();
    if (committed.isEmpty()) {
      trace(exchange).phase(Phase.TRANSFER);
      return;
    }
    Manifest manifest = committed.get();
    LOG.info("import {}: committed, {}", run.request().importId(), manifest.disk().digest());
    run.completed(manifest);
    exchange.setProperty(COMMITTED, true);
    exchange.getMessage().setBody(manifest);
  }

  private void fail(Exchange exchange) {
    Throwable caught = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class);
    ImportException cause = asImportException(caught);
    ImportRun run = run(exchange);
    if (run != null) {
      if (cause.code() == ErrorCode.LEASE_LOST && endedElsewhere(exchange, run, cause)) {
        return;
      }
      if (run.session() != null) {
        // when the failure is told, what is kept is kept and what is not is gone
        run.session().abort(cause);
      }
      LOG.warn("import {}: {}: {}", run.request().importId(), cause.code(), cause.getMessage());
      run.failed(cause);
    }
    exchange.setProperty(FAILURE, cause);
    exchange.setException(cause);
  }

  /** Whoever has taken the import over may have committed it; then it has told so, too. */
  private static boolean endedElsewhere(Exchange exchange, ImportRun run, ImportException cause) {
    run.session().abort(cause);
    try {
      Optional<Manifest> committed = run.session().committedElsewhere();
      committed.ifPresent(manifest -> exchange.getMessage().setBody(manifest));
      return committed.isPresent();
    } catch (IOException e) {
      LOG.debug("import {}: {}", run.request().importId(), e.getMessage());
      return false;
    }
  }

  private void release(Exchange exchange) {
    ImportRun run = run(exchange);
    if (run != null) {
      active.remove(run);
      if (run.session() != null) {
        run.session().close();
      }
    }
    // there is no run of what was refused as the process is ending
    if (trace(exchange) != null) {
      trace(exchange)
          .end(
              run == null ? ImportRun.NOTHING_YET : run.progress(),
              run == null ? 0 : run.attempt(),
              Optional.ofNullable(exchange.getProperty(FAILURE, ImportException.class)));
    }
  }

  /** The named failure under the wrappings that Camel and iterators put around it. */
  static ImportException asImportException(Throwable caught) {
    for (Throwable cause = caught; cause != null; cause = cause.getCause()) {
      if (cause instanceof ImportException named) {
        return named;
      }
    }
    LOG.error("an import failed without a named cause", caught);
    return ImportException.failed(
        ErrorCode.INTERNAL, "this is a defect of Drover: " + Printable.text("" + caught), caught);
  }

  static ImportRun run(Exchange exchange) {
    return exchange.getProperty(RUN, ImportRun.class);
  }

  private static Tracing.Trace trace(Exchange exchange) {
    return exchange.getProperty(TRACE, Tracing.Trace.class);
  }

  static Expression expression(Function<Exchange, Object> value) {
    return new ExpressionAdapter() {
      @Override
      public Object evaluate(Exchange exchange) {
        return value.apply(exchange);
      }
    };
  }
}
