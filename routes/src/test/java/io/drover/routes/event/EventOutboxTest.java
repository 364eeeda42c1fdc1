package io.drover.routes.event;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EventOutboxTest {
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final List<ImportEvent> sent = new CopyOnWriteArrayList<>();
  private EventOutbox outbox;
  @TempDir private Path state;

  /** Of a process with nothing on disk. */
  private EventJournal journal() {
    return new EventJournal(state, "127.0.0.1:9092", "drover.events", false);
  }

  @AfterEach
  void close() {
    if (outbox != null) {
      outbox.close();
    }
  }

  @Test
  void sendsInOrder() throws Exception {
    outbox = new EventOutbox(journal(), sent::add);
    List<ImportEvent> published = new ArrayList<>();
    for (int sequence = 1; sequence <= 300; sequence++) {
      ImportEvent event = event(sequence % 3 == 0 ? "a" : "b", sequence, EventType.RETRYING);
      published.add(event);
      outbox.publish(event);
    }
    assertEquals(0, outbox.flush(PATIENCE));
    assertEquals(published, sent);
    assertEquals(0, outbox.depth());
  }

  @Test
  void publishingNeitherWaitsNorFailsWhileTheSenderDoes() {
    CountDownLatch never = new CountDownLatch(1);
    outbox =
        new EventOutbox(
            journal(),
            event -> {
              never.await();
              sent.add(event);
            });
    assertTimeoutPreemptively(
        PATIENCE,
        () -> {
          for (int sequence = 1; sequence <= 1_000; sequence++) {
            outbox.publish(event("a", sequence, EventType.RETRYING));
          }
        });
    assertEquals(1_000, outbox.depth());
    never.countDown();
    await().atMost(PATIENCE).until(() -> sent.size() == 1_000);
  }

  @Test
  void ofUnsentProgressOnlyTheNewestIsLeft() throws Exception {
    Semaphore permits = new Semaphore(0);
    outbox =
        new EventOutbox(
            journal(),
            event -> {
              permits.acquire();
              sent.add(event);
            });
    outbox.publish(event("a", 1, EventType.STARTED));
    for (int sequence = 2; sequence <= 5_000; sequence++) {
      outbox.publish(event("a", sequence, EventType.PROGRESS));
      outbox.publish(event("b", sequence, EventType.PROGRESS));
    }
    // the one under way, and one of each import
    assertEquals(3, outbox.depth());
    outbox.publish(event("a", 5_001, EventType.COMPLETED));
    permits.release(100);
    assertEquals(0, outbox.flush(PATIENCE));
    assertEquals(
        List.of("a:1", "a:5000", "b:5000", "a:5001"), sent.stream().map(ImportEvent::id).toList());
  }

  @Test
  void whoeverAsksInTheLastMomentIsToldToo() throws Exception {
    CountDownLatch told = new CountDownLatch(2);
    outbox = new EventOutbox(journal(), sent::add);
    outbox.publish(event("a", 1, EventType.COMPLETED));
    // from within what waits for the event, which is sent then and still under way
    outbox.whenSent(
        "a",
        () -> {
          told.countDown();
          outbox.whenSent("a", told::countDown);
        });
    assertTrue(told.await(PATIENCE.toMillis(), TimeUnit.MILLISECONDS), told + " are not");
    assertEquals(0, outbox.flush(PATIENCE));
  }

  @Test
  void staysSmallHoweverLongTheBrokerIsAway() throws Exception {
    AtomicInteger tries = new AtomicInteger();
    outbox =
        new EventOutbox(
            journal(),
            event -> {
              tries.incrementAndGet();
              throw new IOException("away");
            });
    for (int id = 0; id < 50; id++) {
      outbox.publish(event("import-" + id, 1, EventType.ACCEPTED));
      outbox.publish(event("import-" + id, 2, EventType.STARTED));
    }
    for (int sequence = 3; sequence < 2_000; sequence++) {
      for (int id = 0; id < 50; id++) {
        outbox.publish(event("import-" + id, sequence, EventType.PROGRESS));
      }
    }
    await().atMost(PATIENCE).until(() -> tries.get() >= 2);
    assertTrue(outbox.depth() <= 151, outbox.depth() + " events are kept");
    assertTrue(outbox.depth() >= 100, outbox.depth() + ": others than progress were lost");
    assertTrue(tries.get() < 50, "tried " + tries + " times, without a pause");
  }

  @Test
  void nothingButProgressIsLostToAFailingSender() throws Exception {
    Random random = new Random(42);
    AtomicInteger tries = new AtomicInteger();
    outbox =
        new EventOutbox(
            journal(),
            event -> {
              if (tries.incrementAndGet() % 3 == 1) {
                throw new IOException("away");
              }
              sent.add(event);
            });
    List<String> mustArrive = new ArrayList<>();
    Map<String, Long> sequences = new HashMap<>();
    for (int round = 0; round < 60; round++) {
      String id = "import-" + random.nextInt(4);
      long sequence = sequences.merge(id, 1L, Long::sum);
      EventType type = random.nextInt(4) == 0 ? EventType.RETRYING : EventType.PROGRESS;
      ImportEvent event = event(id, sequence, type);
      outbox.publish(event);
      if (type != EventType.PROGRESS) {
        mustArrive.add(event.id());
      }
    }
    assertEquals(0, outbox.flush(PATIENCE));
    assertEquals(
        mustArrive,
        sent.stream()
            .filter(event -> event.type() != EventType.PROGRESS)
            .map(ImportEvent::id)
            .toList());
    Map<String, Long> last = new HashMap<>();
    for (ImportEvent event : sent) {
      Long before = last.put(event.importId(), event.sequence());
      assertTrue(before == null || before < event.sequence(), "out of order: " + event.id());
    }
  }

  @Test
  void anErrorOfTheSenderIsNoEnd() throws Exception {
    AtomicInteger tries = new AtomicInteger();
    outbox =
        new EventOutbox(
            journal(),
            event -> {
              if (tries.incrementAndGet() < 3) {
                throw new IllegalStateException("not started yet");
              }
              sent.add(event);
            });
    outbox.publish(event("a", 1, EventType.ACCEPTED));
    outbox.publish(event("a", 2, EventType.COMPLETED));
    assertEquals(0, outbox.flush(PATIENCE));
    assertEquals(List.of("a:1", "a:2"), sent.stream().map(ImportEvent::id).toList());
  }

  @Test
  void flushGivesUpAtItsDeadlineAndTellsWhatIsLeft() {
    CountDownLatch never = new CountDownLatch(1);
    outbox = new EventOutbox(journal(), event -> never.await());
    outbox.publish(event("a", 1, EventType.ACCEPTED));
    outbox.publish(event("a", 2, EventType.COMPLETED));
    assertTimeoutPreemptively(
        PATIENCE, () -> assertEquals(2, outbox.flush(Duration.ofMillis(150))));
    assertTimeoutPreemptively(PATIENCE, () -> assertEquals(2, outbox.flush(Duration.ZERO)));
  }

  @Test
  void whatWaitsForTheLastEventRunsOnceTheBrokerHasIt() throws Exception {
    Semaphore permits = new Semaphore(0);
    List<String> order = new CopyOnWriteArrayList<>();
    outbox =
        new EventOutbox(
            journal(),
            event -> {
              permits.acquire();
              order.add(event.id());
            });
    outbox.whenSent("a", () -> order.add("nothing to wait for"));
    outbox.publish(event("a", 1, EventType.ACCEPTED));
    outbox.publish(event("b", 1, EventType.ACCEPTED));
    outbox.publish(event("a", 2, EventType.COMPLETED));
    outbox.publish(event("b", 2, EventType.FAILED));
    outbox.whenSent("b", () -> order.add("b told"));
    outbox.whenSent("a", () -> order.add("a told"));
    assertEquals(List.of("nothing to wait for"), order);
    permits.release(4);
    assertEquals(0, outbox.flush(PATIENCE));
    outbox.whenSent("a", () -> order.add("a again"));
    assertEquals(
        List.of("nothing to wait for", "a:1", "b:1", "a:2", "a told", "b:2", "b told", "a again"),
        order);
  }

  @Test
  void closeEndsTheThreadEvenWithinASend() throws Exception {
    CountDownLatch sending = new CountDownLatch(1);
    CountDownLatch never = new CountDownLatch(1);
    outbox =
        new EventOutbox(
            journal(),
            event -> {
              sending.countDown();
              never.await();
            });
    Thread relay = relay();
    outbox.publish(event("a", 1, EventType.ACCEPTED));
    sending.await();
    outbox.close();
    relay.join(PATIENCE.toMillis());
    assertTrue(!relay.isAlive(), "the relay thread is still there");
    outbox.publish(event("a", 2, EventType.COMPLETED));
    assertEquals(1, outbox.depth());
  }

  @Test
  void closeEndsTheThreadBetweenTwoTries() throws Exception {
    CountDownLatch failed = new CountDownLatch(4);
    outbox =
        new EventOutbox(
            journal(),
            event -> {
              failed.countDown();
              throw new IOException("away");
            });
    Thread relay = relay();
    outbox.publish(event("a", 1, EventType.ACCEPTED));
    failed.await();
    outbox.close();
    relay.join(PATIENCE.toMillis());
    assertTrue(!relay.isAlive(), "the relay thread is still there");
  }

  /** The youngest thread of that name is this outbox's. */
  private static Thread relay() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().equals("event-relay"))
        .max((one, other) -> Long.compare(one.getId(), other.getId()))
        .orElseThrow();
  }

  private static ImportEvent event(String importId, long sequence, EventType type) {
    return new ImportEvent(
        type,
        Instant.EPOCH,
        importId,
        sequence,
        1,
        "disk.raw",
        "raw",
        "s3://images/a/",
        512,
        "transfer",
        new ImportEvent.Bytes(0, 0, 0, 0, 0, 0),
        new ImportEvent.Parts(1, 0),
        0,
        null,
        null,
        null,
        null);
  }
}
