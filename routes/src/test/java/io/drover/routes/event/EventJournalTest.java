package io.drover.routes.event;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.drover.converter.imports.Phase;
import io.drover.converter.imports.Progress;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EventJournalTest {
  private static final String KAFKA = "127.0.0.1:9092";

  @TempDir private Path state;
  private final List<ImportEvent> told = new CopyOnWriteArrayList<>();

  @Test
  void whatIsKeptIsToldByTheNextProcessAsItWas() throws Exception {
    List<ImportEvent> events =
        List.of(event("a", 1, EventType.ACCEPTED), event("a", 7, EventType.COMPLETED));
    try (EventJournal writer = journal(KAFKA)) {
      writer.keep("a", events);
      assertEquals(1, writer.size());
    }
    try (EventJournal next = journal(KAFKA)) {
      next.tellLeftOver(told::add);
    }
    assertEquals(events, told);
    assertEquals(List.of(), files());
  }

  @Test
  void everyFieldSurvives() throws Exception {
    ImportEvent failed =
        new ImportEvent(
                EventType.FAILED,
                Instant.parse("2026-01-02T03:04:05.678Z"),
                "id",
                3,
                2,
                "a\"b\\n.raw",
                null,
                "s3://images/a/",
                1L << 45,
                "transfer",
                new ImportEvent.Bytes(1, 2, 3, 4, 5, 6),
                new ImportEvent.Parts(8, 7),
                99.9,
                5_000_000_000L,
                null,
                new ImportEvent.Failure("SOURCE_READ_ERROR", "why", 4096L),
                null)
            .mapped("S3z4")
            .from(
                Origin.UNKNOWN.in(
                    TraceContext.read(
                        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "a=b")));
    try (EventJournal writer = journal(KAFKA)) {
      writer.keep("id", List.of(failed));
    }
    try (EventJournal next = journal(KAFKA)) {
      next.tellLeftOver(told::add);
    }
    assertEquals(List.of(failed), told);
  }

  @Test
  void whatTheBrokerHasIsForgotten() throws Exception {
    try (EventJournal writer = journal(KAFKA)) {
      writer.keep("a", List.of(event("a", 1, EventType.COMPLETED)));
      writer.forget("a", 1);
      writer.forget("never kept", 1);
      assertEquals(0, writer.size());
    }
    assertEquals(List.of(), files());
  }

  @Test
  void aLaterEndReplacesAnEarlierOne() throws Exception {
    try (EventJournal writer = journal(KAFKA)) {
      writer.keep("a", List.of(event("a", 1, EventType.PAUSED)));
      writer.keep("a", List.of(event("a", 2, EventType.COMPLETED)));
      assertEquals(1, files().size());
    }
  }

  @Test
  void whatTheBrokerHasOfAnEarlierEndDoesNotCountForALaterOne() throws Exception {
    try (EventJournal writer = journal(KAFKA)) {
      writer.keep("a", List.of(event("a", 1, EventType.PAUSED)));
      writer.keep("a", List.of(event("a", 2, EventType.COMPLETED)));
      writer.forget("a", 1);
      assertEquals(1, writer.size());
      assertEquals(1, files().size());
    }
  }

  @Test
  void anEarlierEndStaysWhereALaterOneCannotBeKept() throws Exception {
    Path events = state.resolve("events");
    Path elsewhere = state.resolve("elsewhere");
    try (EventJournal writer = journal(KAFKA)) {
      writer.keep("a", List.of(event("a", 1, EventType.PAUSED)));
      Files.move(events, elsewhere);
      Files.createFile(events);
      assertThrows(
          IOException.class, () -> writer.keep("a", List.of(event("a", 2, EventType.COMPLETED))));
      Files.delete(events);
      Files.move(elsewhere, events);
    }
    try (EventJournal next = journal(KAFKA)) {
      next.tellLeftOver(told::add);
    }
    assertEquals(List.of("a:1"), told.stream().map(ImportEvent::id).toList());
  }

  @Test
  void whoeverWasInterruptedKeepsItsEnd() throws Exception {
    try (EventJournal writer = journal(KAFKA)) {
      Thread.currentThread().interrupt();
      writer.keep("a", List.of(event("a", 1, EventType.CANCELLED)));
      assertTrue(Thread.interrupted(), "for whoever asks later");
      assertEquals(1, files().size());
    }
  }

  @Test
  void aFileIsItsWritersWhileThatLives() throws Exception {
    try (EventJournal writer = journal(KAFKA);
        EventJournal other = journal(KAFKA)) {
      writer.keep("a", List.of(event("a", 1, EventType.COMPLETED)));
      other.tellLeftOver(told::add);
      writer.tellLeftOver(told::add);
      assertEquals(List.of(), told);
      assertEquals(1, files().size());
    }
  }

  @Test
  void whatIsForAnotherKafkaStays() throws Exception {
    try (EventJournal writer = journal(KAFKA)) {
      writer.keep("a", List.of(event("a", 1, EventType.COMPLETED)));
    }
    try (EventJournal other = journal("kafka.example:9092")) {
      other.tellLeftOver(told::add);
    }
    assertEquals(List.of(), told);
    assertEquals(1, files().size());
  }

  @Test
  void whatIsNotToldToTheEndStays() throws Exception {
    try (EventJournal writer = journal(KAFKA)) {
      writer.keep(
          "a", List.of(event("a", 1, EventType.ACCEPTED), event("a", 2, EventType.COMPLETED)));
    }
    try (EventJournal next = journal(KAFKA)) {
      assertThrows(
          InterruptedException.class,
          () ->
              next.tellLeftOver(
                  event -> {
                    told.add(event);
                    if (event.type() == EventType.COMPLETED) {
                      throw new InterruptedException();
                    }
                  }));
    }
    try (EventJournal last = journal(KAFKA)) {
      last.tellLeftOver(told::add);
    }
    assertEquals(List.of(1L, 2L, 1L, 2L), told.stream().map(ImportEvent::sequence).toList());
    assertEquals(List.of(), files());
  }

  @Test
  void damageHoldsUpNobody() throws Exception {
    try (EventJournal writer = journal(KAFKA)) {
      writer.keep("a", List.of(event("a", 1, EventType.COMPLETED)));
    }
    Path damaged = files().get(0);
    Files.write(damaged, new byte[] {'{'}, StandardOpenOption.APPEND);
    Files.write(damaged.resolveSibling("0.events"), new byte[0]);
    Files.write(damaged.resolveSibling("1.draft"), new byte[10]);
    Thread.sleep(2);
    try (EventJournal writer = journal(KAFKA)) {
      writer.keep("b", List.of(event("b", 1, EventType.COMPLETED)));
    }
    try (EventJournal next = journal(KAFKA)) {
      next.tellLeftOver(told::add);
    }
    assertEquals(List.of("b"), told.stream().map(ImportEvent::importId).toList());
  }

  @Test
  void whatWasBeingWrittenByAKilledProcessGoes() throws Exception {
    Path drafts = Files.createDirectories(state.resolve("events"));
    FileTime longAgo = FileTime.from(Instant.now().minusSeconds(120));
    for (String name : List.of("old", "locked")) {
      Files.setLastModifiedTime(Files.createFile(drafts.resolve(name + ".draft")), longAgo);
    }
    Files.createFile(drafts.resolve("young.draft"));
    try (FileChannel writer =
            FileChannel.open(drafts.resolve("locked.draft"), StandardOpenOption.WRITE);
        EventJournal next = journal(KAFKA)) {
      writer.lock();
      next.tellLeftOver(told::add);
    }
    assertEquals(
        List.of("locked.draft", "young.draft"),
        files().stream().map(each -> each.getFileName().toString()).sorted().toList());
    assertEquals(List.of(), told);
  }

  @Test
  void aDirectoryThatCannotBeWrittenIsSaidAndHoldsUpNobody() throws Exception {
    Files.write(state.resolve("events"), new byte[0]);
    EventJournal journal = journal(KAFKA);
    try (EventOutbox outbox =
        new EventOutbox(
            journal,
            event -> {
              throw new IOException("no broker");
            })) {
      outbox.publish(event("a", 1, EventType.COMPLETED));
      assertEquals(1, outbox.flush(Duration.ofMillis(10)));
      assertTrue(outbox.fate().contains("cannot be kept in "), outbox.fate());
    }
  }

  @Test
  void anOutboxKeepsEndsAndWhatIsUntoldBeforeThem() throws Exception {
    List<ImportEvent> events = new ArrayList<>();
    try (EventOutbox outbox =
        new EventOutbox(
            journal(KAFKA),
            event -> {
              throw new IOException("no broker");
            })) {
      for (EventType type :
          List.of(EventType.ACCEPTED, EventType.PROGRESS, EventType.STARTED, EventType.COMPLETED)) {
        ImportEvent event = event("a", events.size() + 1, type);
        events.add(event);
        outbox.publish(event);
        outbox.publish(event("b", events.size(), EventType.RETRYING));
      }
      assertTrue(outbox.fate().contains("kept in " + state), outbox.fate());
    }
    events.remove(1);
    try (EventOutbox outbox = new EventOutbox(journal(KAFKA), told::add)) {
      outbox.publish(event("a", 9, EventType.ACCEPTED));
      await().atMost(Duration.ofMinutes(2)).until(() -> told.size() == 4);
    }
    assertEquals(events, told.subList(0, 3));
    assertEquals(9, told.get(3).sequence(), "the past comes first");
    assertEquals(List.of(), files());
  }

  private EventJournal journal(String brokers) {
    return new EventJournal(state, brokers, "drover.events", true);
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> files = Files.list(state.resolve("events"))) {
      return files.toList();
    }
  }

  static ImportEvent event(String importId, long sequence, EventType type) {
    Progress progress = new Progress(Phase.TRANSFER, 512, 0, 0, 0, 0, 0, 0, 1, 0);
    return new ImportEvent(
        type,
        Instant.ofEpochSecond(1_000_000 + sequence),
        importId,
        sequence,
        1,
        importId + ".raw",
        "raw",
        "s3://images/" + importId + "/",
        512,
        progress.phase().label(),
        ImportEvent.Bytes.of(progress),
        new ImportEvent.Parts(1, 0),
        0,
        null,
        null,
        null,
        type == EventType.COMPLETED ? new ImportEvent.Result("d", "q", "m", "sha256-4m:0") : null);
  }
}
