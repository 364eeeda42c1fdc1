package io.drover.routes.imports;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.image.ImageFormat;
import io.drover.converter.image.ReadPolicy;
import io.drover.converter.imports.Destination;
import io.drover.converter.imports.ImportOptions;
import io.drover.converter.imports.ImportRequest;
import io.drover.routes.event.EventType;
import io.drover.routes.event.ImportEvent;
import io.drover.routes.event.Origin;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class ImportRunTest {
  private static final ImportRun.Limits LIMITS =
      new ImportRun.Limits(Duration.ofHours(1), Duration.ofHours(1));

  private final List<ImportEvent> events = new CopyOnWriteArrayList<>();

  @Test
  void numbersItsEventsFromOneWithoutGaps() throws Exception {
    ImportRun run = run("disk.raw");
    run.accepted(1);
    run.started();
    Thread[] tickers = new Thread[4];
    for (int index = 0; index < tickers.length; index++) {
      tickers[index] =
          new Thread(
              () -> {
                for (int tick = 0; tick < 50; tick++) {
                  run.tick();
                }
              });
      tickers[index].start();
    }
    for (Thread ticker : tickers) {
      ticker.join();
    }
    run.failed(refused());
    assertEquals(
        LongStream.rangeClosed(1, 203).boxed().toList(),
        events.stream().map(ImportEvent::sequence).toList());
    assertEquals(EventType.ACCEPTED, events.get(0).type());
    assertEquals(EventType.STARTED, events.get(1).type());
    assertTrue(events.subList(2, 202).stream().allMatch(e -> e.type() == EventType.PROGRESS));
    assertEquals(EventType.FAILED, events.get(202).type());
  }

  @Test
  void tellsNothingAfterItsEnd() throws Exception {
    ImportRun run = run("disk.raw");
    run.accepted(1);
    run.started();
    run.failed(refused());
    run.tick();
    run.failed(refused());
    assertEquals(3, events.size());
  }

  @Test
  void tellsNoProgressBeforeItsStart() throws Exception {
    ImportRun run = run("disk.raw");
    run.accepted(1);
    run.tick();
    assertEquals(1, events.size());
  }

  @Test
  void aLaterAttemptGoesOnAboveTheEarlierOnes() throws Exception {
    ImportRun first = run("disk.raw");
    first.accepted(1);
    first.started();
    first.tick();
    run("disk.raw").accepted(2);
    run("disk.raw").accepted(3);
    assertEquals(List.of(1, 1, 1, 2, 3), events.stream().map(ImportEvent::attempt).toList());
    assertEquals(
        events.stream().map(ImportEvent::sequence).sorted().distinct().toList(),
        events.stream().map(ImportEvent::sequence).toList());
    assertEquals(5, events.stream().map(ImportEvent::id).distinct().count());
  }

  @Test
  void hostileNamesAreEscaped() throws Exception {
    run("a\nb\u001b[31m\u202e.raw").accepted(1);
    assertEquals("a\\nb\\u001b[31m\\u202e.raw", events.get(0).source());
  }

  @Test
  void aFailureHasItsOffsetWhereThereIsOne() throws Exception {
    run("a.raw").failed(refused());
    run("b.raw").failed(ImportException.refused(ErrorCode.QCOW2_L1, 4096, "why"));
    assertEquals(new ImportEvent.Failure("SOURCE_EMPTY", "why", null), events.get(0).error());
    assertEquals(new ImportEvent.Failure("QCOW2_L1", "why", 4096L), events.get(1).error());
    assertNull(events.get(0).result());
  }

  @Test
  void whatIsCancelledIsToldAsCancelled() throws Exception {
    run("a.raw").failed(ImportException.failed(ErrorCode.CANCELLED, "stop", null));
    assertEquals(EventType.CANCELLED, events.get(0).type());
  }

  @Test
  void whatCanBeGoneOnWithIsToldAsPausedAndNothingAfterIt() throws Exception {
    ImportRun run = run("a.raw");
    run.failed(ImportException.resumable(ErrorCode.CANCELLED, "interrupted", null));
    run.tick();
    run.failed(refused());
    assertEquals(List.of(EventType.PAUSED), events.stream().map(ImportEvent::type).toList());
    assertEquals("CANCELLED", events.get(0).error().code());
  }

  @Test
  void noneBeginsAfterAllWereCancelled() throws Exception {
    try (ActiveImports active = new ActiveImports(events::add, Duration.ofHours(1), LIMITS)) {
      ImportRun run = active.add(request("a.raw"), Origin.UNKNOWN);
      assertEquals(List.of(run), active.list());
      active.cancelAll();
      ImportException refused =
          assertThrows(ImportException.class, () -> active.add(request("b.raw"), Origin.UNKNOWN));
      assertEquals(ErrorCode.CANCELLED, refused.code());
      active.remove(run);
      assertEquals(List.of(), active.list());
      assertTrue(events.isEmpty());
    }
  }

  @Test
  void twoRequestsOfOneIdAreTwoRuns() throws Exception {
    try (ActiveImports active = new ActiveImports(events::add, Duration.ofHours(1), LIMITS)) {
      ImportRun first = active.add(request("a.raw"), Origin.UNKNOWN);
      ImportRun second = active.add(request("a.raw"), Origin.UNKNOWN);
      assertEquals(2, active.list().size());
      active.remove(first);
      assertEquals(List.of(second), active.list());
    }
  }

  private ImportRun run(String source) throws ImportException {
    return new ImportRun(request(source), Origin.UNKNOWN, events::add, LIMITS, Clock.systemUTC());
  }

  private static ImportRequest request(String source) throws ImportException {
    return new ImportRequest(
        "id",
        source,
        () -> {
          throw new AssertionError("nothing opens it here");
        },
        Optional.of(ImageFormat.RAW),
        Destination.parse("s3://images/a/"),
        ImportOptions.DEFAULT,
        ReadPolicy.DEFAULT);
  }

  private static ImportException refused() {
    return ImportException.refused(ErrorCode.SOURCE_EMPTY, "why");
  }
}
