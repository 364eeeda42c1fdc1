package io.drover.routes.event;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Stories by chance: processes publish events, brokers refuse them, lose their answers or hang, and
 * processes are killed, until one lives on. A seed tells which story failed.
 */
@Timeout(240)
class EventStoryTest {
  private static final int STORIES = Integer.getInteger("drover.test.event-stories", 300);

  /** A story mostly waits, for brokers to be asked again. */
  private static final int AT_ONCE = 50;

  /** In memory where there is such a place: each end is forced to the disk. */
  private static final Path MEMORY = Path.of("/dev/shm");

  @TempDir private Path disk;

  @Test
  void everyEndThatWasPublishedIsToldAndInOrder() throws Exception {
    Path directory =
        Files.createTempDirectory(Files.isWritable(MEMORY) ? MEMORY : disk, "drover-stories-");
    try {
      tell(directory);
    } finally {
      try (Stream<Path> all = Files.walk(directory)) {
        for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(each);
        }
      }
    }
  }

  private static void tell(Path directory) throws Exception {
    ExecutorService tellers = Executors.newFixedThreadPool(AT_ONCE);
    try {
      List<Future<?>> stories =
          IntStream.range(0, STORIES)
              .<Future<?>>mapToObj(
                  seed ->
                      tellers.submit(
                          () -> {
                            new Story(directory.resolve("story-" + seed), seed).run();
                            return null;
                          }))
              .toList();
      for (Future<?> story : stories) {
        story.get();
      }
    } finally {
      // nobody writes any more: what cannot be removed must not hide why a story failed
      tellers.shutdownNow();
      assertTrue(tellers.awaitTermination(1, TimeUnit.MINUTES));
    }
  }

  /** What a process has published of an import. */
  private record Published(int life, ImportEvent event) {}

  private static final class Story {
    private final Path state;
    private final int seed;
    private final Random random;

    /** As the broker has them. */
    private final List<ImportEvent> delivered = new CopyOnWriteArrayList<>();

    private final Map<String, List<Published>> published = new LinkedHashMap<>();
    private final Map<String, Long> sequences = new HashMap<>();
    private final List<String> over = new ArrayList<>();
    private final List<ImportEvent> promised = new ArrayList<>();

    Story(Path state, int seed) {
      this.state = state;
      this.seed = seed;
      this.random = new Random(seed);
    }

    void run() throws Exception {
      int lives = 1 + random.nextInt(4);
      for (int life = 1; life <= lives; life++) {
        live(life);
        if (random.nextInt(4) == 0) {
          leaveDraft();
        }
        // no process starts in the millisecond in which another one writes
        Thread.sleep(3);
      }
      try (EventOutbox last = new EventOutbox(journal(), delivered::add)) {
        while (!files(".events").isEmpty() || !files(".draft").isEmpty()) {
          Thread.sleep(5);
        }
        assertEquals(0, last.depth(), this::toString);
      }
      check();
    }

    /** A process, from its start to its kill. */
    private void live(int life) throws Exception {
      try (EventOutbox outbox = new EventOutbox(journal(), broker(new Random(random.nextLong())))) {
        int events = 3 + random.nextInt(10);
        for (int count = 0; count < events; count++) {
          String importId = "import-" + random.nextInt(3);
          if (over.contains(importId)) {
            continue;
          }
          ImportEvent event = next(life, importId);
          published
              .computeIfAbsent(importId, id -> new ArrayList<>())
              .add(new Published(life, event));
          outbox.publish(event);
          if (event.type().last()) {
            promised.add(event);
          }
          if (event.type().terminal()) {
            over.add(importId);
          }
          if (random.nextInt(3) == 0) {
            Thread.sleep(random.nextInt(4));
          }
        }
        if (random.nextBoolean()) {
          Thread.sleep(random.nextInt(150));
        }
      }
    }

    private ImportEvent next(int life, String importId) {
      // each process counts from an attempt of its own
      long base = life * 1_000L;
      long sequence = Math.max(base, sequences.getOrDefault(importId, 0L)) + 1;
      sequences.put(importId, sequence);
      EventType type =
          switch (random.nextInt(8)) {
            case 0, 1, 2 -> EventType.PROGRESS;
            case 3 -> EventType.RETRYING;
            case 4 -> EventType.PAUSED;
            case 5 -> random.nextBoolean() ? EventType.COMPLETED : EventType.FAILED;
            default -> EventType.STARTED;
          };
      return EventJournalTest.event(importId, sequence, type);
    }

    private EventOutbox.Sender broker(Random chance) {
      CountDownLatch never = new CountDownLatch(1);
      return event -> {
        int fate = chance.nextInt(12);
        if (fate == 0) {
          throw new IOException("not taken");
        }
        if (fate == 1) {
          never.await();
        }
        dawdle(chance.nextInt(1_000_000));
        delivered.add(event);
        if (fate == 2) {
          throw new IOException("the answer is lost");
        }
        if (fate == 3) {
          never.await();
        }
      };
    }

    /** As a thread on a busy machine, which is not told that its process ends. */
    private static void dawdle(long nanos) {
      long end = System.nanoTime() + nanos;
      while (System.nanoTime() < end) {
        Thread.onSpinWait();
      }
    }

    private EventJournal journal() {
      return new EventJournal(state, "127.0.0.1:9092", "drover.events", true);
    }

    /** As a process leaves it that is killed while it writes. */
    private void leaveDraft() throws IOException {
      Path events = Files.createDirectories(state.resolve("events"));
      Path draft = Files.write(events.resolve(random.nextInt(1_000) + ".draft"), new byte[] {'{'});
      Files.setLastModifiedTime(draft, FileTime.from(Instant.now().minusSeconds(600)));
    }

    private List<Path> files(String suffix) throws IOException {
      Path events = state.resolve("events");
      if (Files.notExists(events)) {
        return List.of();
      }
      try (Stream<Path> all = Files.list(events)) {
        return all.filter(each -> each.toString().endsWith(suffix)).toList();
      }
    }

    private void check() {
      for (ImportEvent end : promised) {
        int at = delivered.indexOf(end);
        assertTrue(at >= 0, () -> end.id() + " was never told: " + this);
        // what its process had told of it before, but for progress
        int life = (int) (end.sequence() / 1_000);
        for (Published each : published.get(end.importId())) {
          if (each.life() == life
              && each.event().sequence() < end.sequence()
              && each.event().type() != EventType.PROGRESS) {
            int before = delivered.indexOf(each.event());
            assertTrue(before >= 0 && before < at, () -> each.event().id() + ": " + this);
          }
        }
      }
      Map<String, Long> highest = new HashMap<>();
      for (int index = 0; index < delivered.size(); index++) {
        ImportEvent event = delivered.get(index);
        if (delivered.indexOf(event) == index) {
          Long before = highest.put(event.importId(), event.sequence());
          assertTrue(
              before == null || before < event.sequence(),
              () -> event.id() + " comes too late: " + this);
        }
      }
    }

    @Override
    public String toString() {
      return "seed "
          + seed
          + ", published "
          + published.values().stream()
              .flatMap(List::stream)
              .map(each -> each.event().id() + " " + each.event().type())
              .toList()
          + ", told "
          + delivered.stream().map(ImportEvent::id).toList();
    }
  }
}
