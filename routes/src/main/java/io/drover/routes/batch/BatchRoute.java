package io.drover.routes.batch;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.error.Printable;
import io.drover.routes.report.BatchResult;
import java.io.IOException;
import java.util.concurrent.ExecutorService;
import java.util.function.Consumer;
import org.apache.camel.Exchange;
import org.apache.camel.InvalidPayloadException;
import org.apache.camel.builder.RouteBuilder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Splits a list into its images, as they are read, and treats some of them at a time. Whatever
 * becomes of one is a result, and never the end of the others.
 *
 * <p>In: a {@link BatchIntake}.
 */
public final class BatchRoute extends RouteBuilder {
  /** Where a {@link BatchIntake} goes in. */
  public static final String ENDPOINT = "direct:batch";

  private static final Logger LOG = LoggerFactory.getLogger(BatchRoute.class);

  private final Treatment treatment;
  private final ExecutorService jobs;
  private final Consumer<BatchResult> results;

  /**
   * @param jobs its threads are the images that are treated at a time; a treatment holds one until
   *     it is through, so that the list is read no further than that
   * @param results told each result, by the thread that came to it
   */
  public BatchRoute(Treatment treatment, ExecutorService jobs, Consumer<BatchResult> results) {
    this.treatment = treatment;
    this.jobs = jobs;
    this.results = results;
  }

  @Override
  public void configure() {
    errorHandler(noErrorHandler());
    from(ENDPOINT)
        .routeId("batch")
        .split(body())
        .streaming()
        .parallelProcessing()
        .executorService(jobs)
        .process(this::treat)
        .end();
  }

  private void treat(Exchange exchange) throws InvalidPayloadException {
    BatchItem item = exchange.getMessage().getMandatoryBody(BatchItem.class);
    long started = System.nanoTime();
    BatchResult result = result(item);
    results.accept(result.withSeconds((System.nanoTime() - started) / 1e9));
  }

  private BatchResult result(BatchItem item) {
    if (item.error() != null) {
      return failed(item, item.error());
    }
    try {
      return treatment.treat(item);
    } catch (ImportException e) {
      return failed(item, e);
    } catch (IOException | RuntimeException e) {
      LOG.error("an image of a list failed without a named cause", e);
      return failed(
          item,
          ImportException.failed(
              ErrorCode.INTERNAL, "this is a defect of Drover: " + Printable.text("" + e), e));
    }
  }

  private static BatchResult failed(BatchItem item, ImportException error) {
    return BatchResult.failed(
        item.line(), item.source(), item.destination(), item.importId(), error);
  }
}
