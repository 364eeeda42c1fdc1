package io.drover.routes.submit;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.imports.CommittedImport;
import io.drover.converter.manifest.Manifest;
import io.drover.converter.object.ObjectStore;
import io.drover.routes.batch.BatchItem;
import io.drover.routes.batch.Treatment;
import io.drover.routes.event.EventType;
import io.drover.routes.event.ImportEvent;
import io.drover.routes.report.BatchResult;
import java.io.IOException;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;

/**
 * Has others do an import, and waits for the event of its end. What is committed already is not
 * asked for: the source is not looked at, since it may lie where only the workers see it.
 */
public final class SubmitTreatment implements Treatment {
  private static final long LOOK_MILLIS = 500;

  /** Errors that are nobody's input; an event has no other word for it. */
  private static final Set<String> FAILURES =
      Set.of(ErrorCode.INTERNAL.name(), ErrorCode.TARGET_CORRUPTED.name());

  private final ObjectStore store;
  private final RequestSender requests;
  private final Endings endings;
  private final BooleanSupplier stop;

  /**
   * @param endings told all events from now on
   * @param stop asked now and then whether to wait no longer
   */
  public SubmitTreatment(
      ObjectStore store, RequestSender requests, Endings endings, BooleanSupplier stop) {
    this.store = store;
    this.requests = requests;
    this.endings = endings;
    this.stop = stop;
  }

  @Override
  public String again() {
    return GOES_ON;
  }

  @Override
  public BatchResult treat(BatchItem item) throws IOException {
    Optional<Manifest> committed =
        CommittedImport.at(store, item.wanted().request(item.importId(), store));
    if (committed.isPresent()) {
      return BatchResult.skipped(item.line(), item.source(), item.destination(), committed.get());
    }
    CompletableFuture<ImportEvent> ending = endings.await(item.importId());
    try {
      requests.send(item.importId(), item.wanted());
      return result(item, wait(ending));
    } finally {
      endings.forget(item.importId());
    }
  }

  private ImportEvent wait(CompletableFuture<ImportEvent> ending) throws ImportException {
    while (!stop.getAsBoolean()) {
      try {
        return ending.get(LOOK_MILLIS, TimeUnit.MILLISECONDS);
      } catch (TimeoutException e) {
        // it goes on
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        break;
      } catch (ExecutionException e) {
        throw new AssertionError("events do not fail", e);
      }
    }
    throw ImportException.resumable(
        ErrorCode.CANCELLED,
        "no longer waited for; the request stays with the workers: run the same command again to"
            + " see what became of it",
        null);
  }

  private static BatchResult result(BatchItem item, ImportEvent end) {
    ImportEvent.Bytes bytes = end.bytes();
    return new BatchResult(
        item.line(),
        item.source(),
        item.destination(),
        item.importId(),
        word(end),
        end.error() == null
            ? null
            : new BatchResult.Failure(end.error().code(), end.error().message()),
        end.result() == null ? null : end.result().digest(),
        end.type() != EventType.COMPLETED
            ? null
            : new BatchResult.Bytes(
                bytes.logical(), bytes.data(), bytes.zero(), bytes.sent(), bytes.copied()),
        null,
        0);
  }

  private static String word(ImportEvent end) {
    if (end.type() == EventType.COMPLETED) {
      return BatchResult.IMPORTED;
    }
    if (end.type() == EventType.CANCELLED || end.error() == null) {
      return BatchResult.INTERRUPTED;
    }
    return FAILURES.contains(end.error().code()) ? BatchResult.FAILED : BatchResult.REFUSED;
  }
}
