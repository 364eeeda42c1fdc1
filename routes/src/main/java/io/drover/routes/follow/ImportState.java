package io.drover.routes.follow;

import io.drover.routes.event.EventType;
import io.drover.routes.event.ImportEvent;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * How one import stands, by the events that were told of it. Immutable; text in it is escaped.
 *
 * @param last the event with the highest sequence number so far
 * @param worker who does it; empty while no event has named one
 * @param acceptedAt of the first event that was seen of it
 * @param startedAt of the run that goes on or was the last, null before it
 * @param result what was committed, null before it
 * @param error of the last event, null without
 * @param history all but progress, oldest first; of very many, the first and the newest
 */
public record ImportState(
    ImportEvent last,
    String worker,
    Instant acceptedAt,
    Instant startedAt,
    ImportEvent.Result result,
    ImportEvent.Failure error,
    List<Step> history) {
  /** Steps that are kept of an import, {@value}. */
  static final int MOST_STEPS = 40;

  public ImportState {
    history = List.copyOf(history);
  }

  /**
   * An event of the import's history.
   *
   * @param error null where there was none
   */
  public record Step(
      EventType type,
      Instant time,
      long sequence,
      int attempt,
      String worker,
      ImportEvent.Failure error) {}

  /** What people ask first. */
  public enum Status {
    QUEUED,
    RUNNING,
    RETRYING,
    /** Waits to be gone on with. */
    PAUSED,
    COMPLETED,
    FAILED,
    CANCELLED;

    /** Whether nobody is at work on it. */
    public boolean ended() {
      return terminal() || this == PAUSED;
    }

    /** Whether it will never go on. */
    public boolean terminal() {
      return this == COMPLETED || this == FAILED || this == CANCELLED;
    }
  }

  /** By its first event. */
  static ImportState of(ImportEvent event) {
    ImportState before = new ImportState(event, "", event.time(), null, null, null, List.of());
    return before.after(event);
  }

  /**
   * The state once that event is told; this one if it is no news: seen before, late, or of an
   * import that has come to its end.
   */
  ImportState with(ImportEvent event) {
    boolean old = event.sequence() <= last.sequence();
    // a worker that has not heard of the end yet; one that begins anew says so first
    boolean after =
        status().terminal()
            && (event.type() == EventType.PROGRESS || event.type() == EventType.RETRYING);
    return old || after ? this : after(event);
  }

  private ImportState after(ImportEvent event) {
    EventType type = event.type();
    String who = event.worker() == null ? worker : event.worker();
    boolean begins = type == EventType.STARTED || type == EventType.RESUMED;
    boolean anew = type == EventType.ACCEPTED;
    Instant started = begins ? event.time() : anew ? null : startedAt;
    List<Step> steps = history;
    if (type != EventType.PROGRESS) {
      steps = new ArrayList<>(history);
      if (steps.size() == MOST_STEPS) {
        steps.remove(1);
      }
      steps.add(
          new Step(type, event.time(), event.sequence(), event.attempt(), who, event.error()));
    }
    return new ImportState(event, who, acceptedAt, started, event.result(), event.error(), steps);
  }

  public String importId() {
    return last.importId();
  }

  public Status status() {
    return switch (last.type()) {
      case ACCEPTED -> Status.QUEUED;
      case STARTED, PROGRESS, RESUMED -> Status.RUNNING;
      case RETRYING -> Status.RETRYING;
      case PAUSED -> Status.PAUSED;
      case COMPLETED -> Status.COMPLETED;
      case FAILED -> Status.FAILED;
      case CANCELLED -> Status.CANCELLED;
    };
  }

  /** When it came to its end, or paused. */
  public Optional<Instant> endedAt() {
    return status().ended() ? Optional.of(last.time()) : Optional.empty();
  }
}
