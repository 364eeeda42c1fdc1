package io.drover.routes.imports;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.error.Outcome;
import io.drover.converter.error.Printable;
import io.drover.converter.image.ImageFormat;
import io.drover.converter.imports.ImportRequest;
import io.drover.converter.imports.ImportSession;
import io.drover.converter.imports.Phase;
import io.drover.converter.imports.Progress;
import io.drover.converter.manifest.Manifest;
import io.drover.routes.event.EventType;
import io.drover.routes.event.ImportEvent;
import io.drover.routes.event.Origin;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One import on the route: its session, the numbering of its events, and its rate. Thread-safe: the
 * ticker looks while lanes work.
 */
public final class ImportRun {
  static final Progress NOTHING_YET = new Progress(Phase.VALIDATE, 0, 0, 0, 0, 0, 0, 0, 0, 0);

  /**
   * Between the first numbers of two attempts, so that numbers rise over all of them: a consumer
   * that keeps the highest it saw, or knows events by their id, takes none for an old one.
   */
  static final long ATTEMPT_STEP = 1_000_000_000;

  /** Of the map in every event: some rows on a page, and less than 2 KiB whatever lies there. */
  private static final int MAP_CELLS = 768;

  private static final Logger LOG = LoggerFactory.getLogger(ImportRun.class);

  private final ImportRequest request;
  private final Origin origin;
  private final Consumer<ImportEvent> events;
  private final Limits limits;
  private final Clock clock;
  private final long acceptedMillis;
  private final Rate rate = new Rate();
  private volatile ImportSession session;
  private int attempt;
  private long sequence;
  private ImportException stopReason;
  private boolean accepted;
  private boolean started;
  private boolean retrying;
  private boolean stalls;
  private boolean ended;

  /**
   * What one import may take.
   *
   * @param duration from its acceptance to its end
   * @param stall without a byte of progress, until that is told
   */
  public record Limits(Duration duration, Duration stall) {}

  ImportRun(
      ImportRequest request,
      Origin origin,
      Consumer<ImportEvent> events,
      Limits limits,
      Clock clock) {
    this.request = request;
    this.origin = origin;
    this.events = events;
    this.limits = limits;
    this.clock = clock;
    this.acceptedMillis = clock.millis();
  }

  public ImportRequest request() {
    return request;
  }

  public Progress progress() {
    ImportSession current = session;
    return current == null ? NOTHING_YET : current.progress();
  }

  /** Of the virtual disk, of late; negative while unknown. */
  public synchronized long bytesPerSecond() {
    return rate.bytesPerSecond();
  }

  /** Negative while unknown. */
  public synchronized long etaSeconds() {
    Progress progress = progress();
    return progress.virtualSize() == 0
        ? -1
        : rate.secondsFor(progress.virtualSize() - progress.logical());
  }

  void opened(ImportSession opened) {
    ImportException reason;
    synchronized (this) {
      session = opened;
      reason = stopReason;
    }
    if (reason != null) {
      opened.stop(reason);
    }
  }

  /** The import at work; empty until its source is open. */
  public Optional<ImportSession> opened() {
    return Optional.ofNullable(session);
  }

  ImportSession session() {
    return session;
  }

  /** Ends the import for good: nothing of it is left, and it does not begin again. */
  void cancelForGood() {
    stop(cancelled());
  }

  /** What an import ends with that somebody has cancelled. */
  static ImportException cancelled() {
    return ImportException.refused(ErrorCode.CANCELLED, "the import was cancelled by request");
  }

  /** Asks the lanes to stop; the import ends as interrupted and can be run again. */
  public void cancel() {
    stop(interrupted());
  }

  /** Tells the end of an import that does not come to one by itself, as the process is ending. */
  void giveUp() {
    LOG.warn(
        "import {}: it does not stop in time and is left as it is; run it again to continue",
        request.importId());
    failed(interrupted());
  }

  private static ImportException interrupted() {
    return ImportException.resumable(
        ErrorCode.CANCELLED,
        "the import was interrupted; what it has sent is kept: run the same command again to"
            + " continue",
        null);
  }

  private void stop(ImportException reason) {
    ImportSession current;
    synchronized (this) {
      stopReason = reason;
      current = session;
    }
    if (current != null) {
      current.stop(reason);
    }
  }

  /** Lets others see that somebody is at work. */
  void beat() {
    ImportSession current = session;
    if (current != null) {
      current.beat();
    }
  }

  /** Looks at the clock and the bytes; tells the world unless the import is over. */
  void tick() {
    if (clock.millis() - acceptedMillis > limits.duration().toMillis()) {
      stop(
          ImportException.refused(
              ErrorCode.EXPANSION_LIMIT,
              "the import took longer than "
                  + limits.duration().toSeconds()
                  + " s; raise drover.max-duration if that is right for this image"));
    }
    sample();
  }

  private synchronized void sample() {
    Progress progress = progress();
    rate.sample(clock.millis(), progress.logical());
    Optional<ImportException> trouble = trouble();
    if (trouble.isPresent() && !retrying && accepted) {
      emit(EventType.RETRYING, ImportEvent.Failure.of(trouble.get()), null);
    } else if (started) {
      emit(EventType.PROGRESS, null, null);
    }
    // what could not be told yet is told the next time
    retrying = trouble.isPresent() && accepted;
  }

  /** What keeps the import from going on just now; that nothing moves is said in the log, once. */
  private Optional<ImportException> trouble() {
    ImportSession current = session;
    if (current != null && current.retrying().isPresent()) {
      return current.retrying();
    }
    Optional<ImportException> stalled =
        current == null ? unopened() : current.stalled(limits.stall());
    if (stalled.isPresent() != stalls) {
      stalls = stalled.isPresent();
      LOG.warn(
          "import {}: {}",
          request.importId(),
          stalled
              .map(trouble -> trouble.code() + ": " + trouble.getMessage())
              .orElse("it goes on"));
    }
    return stalled;
  }

  private Optional<ImportException> unopened() {
    long millis = clock.millis() - acceptedMillis;
    return millis < limits.stall().toMillis()
        ? Optional.empty()
        : Optional.of(
            ImportException.resumable(
                ErrorCode.SOURCE_READ_ERROR,
                "the source "
                    + Printable.text(request.source(), 1024)
                    + " is not open after "
                    + millis / 1_000
                    + " s; waiting: look at its disk, mount or server, and at the S3 server",
                null));
  }

  /**
   * @param number of this run of the import; 1 for the first
   */
  synchronized void accepted(int number) {
    countFrom(number);
    accepted = true;
    emit(EventType.ACCEPTED, null, null);
  }

  private void countFrom(int number) {
    attempt = number;
    sequence = Math.max(sequence, (number - 1) * ATTEMPT_STEP);
  }

  /** The number of this run of the import; 0 until it is accepted. */
  synchronized int attempt() {
    return attempt;
  }

  synchronized void started() {
    started = true;
    rate.sample(clock.millis(), progress().logical());
    emit(EventType.STARTED, null, null);
  }

  /** Instead of {@link #started()}: the bytes and parts of earlier runs count as done. */
  synchronized void resumed() {
    int told = session.attempt();
    if (told > attempt) {
      // whoever started this run did not know of all earlier ones
      countFrom(told);
    }
    started = true;
    rate.sample(clock.millis(), progress().logical());
    emit(EventType.RESUMED, null, null);
  }

  synchronized void completed(Manifest manifest) {
    ImportEvent.Result result =
        new ImportEvent.Result(
            request.destination().data().uri(),
            request.destination().metadata().uri(),
            request.destination().manifest().uri(),
            manifest.disk().digest());
    emit(EventType.COMPLETED, null, result);
  }

  synchronized void failed(ImportException cause) {
    if (cause.code() == ErrorCode.LEASE_HELD || cause.code() == ErrorCode.LEASE_LOST) {
      // whoever has the import tells of it
      ended = true;
      return;
    }
    EventType type = cause.code() == ErrorCode.CANCELLED ? EventType.CANCELLED : EventType.FAILED;
    if (cause.outcome() == Outcome.RESUMABLE) {
      type = EventType.PAUSED;
    }
    emit(type, ImportEvent.Failure.of(cause), null);
    ended = true;
  }

  private void emit(EventType type, ImportEvent.Failure error, ImportEvent.Result result) {
    if (ended) {
      return;
    }
    ended = type.terminal();
    Progress progress = progress();
    long speed = bytesPerSecond();
    long eta = etaSeconds();
    sequence++;
    events.accept(
        new ImportEvent(
                type,
                clock.instant(),
                request.importId(),
                sequence,
                attempt,
                Printable.text(request.source()),
                request.format().map(ImageFormat::label).orElse(null),
                Printable.text(request.destination().uri(), 1100),
                progress.virtualSize(),
                progress.phase().label(),
                ImportEvent.Bytes.of(progress),
                new ImportEvent.Parts(progress.partsTotal(), progress.partsDone()),
                Math.floor(progress.percent() * 10) / 10,
                speed < 0 ? null : speed,
                eta < 0 ? null : eta,
                error,
                result)
            .from(origin)
            .mapped(opened().map(it -> it.map(MAP_CELLS).runs()).orElse(null)));
  }
}
