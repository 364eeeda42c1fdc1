package io.drover.routes.event;

import io.drover.converter.error.Printable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The ends of imports that Kafka has not confirmed yet, on disk: one small file for each, with all
 * that is untold of the import, there from before its end is sent to the broker's answer. A process
 * that ends before leaves the file for the next one that talks to the same Kafka. A file is locked
 * while its writer lives, so that nobody tells the end before the writer has told the beginning.
 * Thread-safe.
 */
public final class EventJournal implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(EventJournal.class);
  private static final String SUFFIX = ".events";
  private static final String DRAFT = ".draft";
  private static final Duration DRAFT_AGE = Duration.ofMinutes(1);

  private final Path directory;
  private final EventLines lines;
  private final boolean keeps;

  /** By import. */
  private final Map<String, Kept> kept = new HashMap<>();

  /** Closing a second channel on a file would give up its lock: the kernel's are the process's. */
  private final Set<Path> own = ConcurrentHashMap.newKeySet();

  /**
   * A file, and its lock as long as this process works on it.
   *
   * @param last sequence number of the last event in it
   */
  private record Kept(Path path, FileChannel channel, long last) {
    void remove() throws IOException {
      try (channel) {
        Files.deleteIfExists(path);
      }
    }
  }

  /**
   * @param state directory for what outlives a process; made when it is needed
   * @param brokers of the Kafka that the events are for
   * @param topic of the events
   * @param keeps whether {@link #keep} does anything, or ends are found again in other ways
   */
  public EventJournal(Path state, String brokers, String topic, boolean keeps) {
    this.directory = state.resolve("events");
    this.lines = new EventLines(brokers + "/" + topic);
    this.keeps = keeps;
  }

  Path directory() {
    return directory;
  }

  boolean keeps() {
    return keeps;
  }

  /**
   * Keeps an import's untold events until {@link #forget}.
   *
   * @throws IOException if they cannot be kept, on a full disk for one; nothing of them is left
   *     then
   */
  synchronized void keep(String importId, List<ImportEvent> events) throws IOException {
    if (!keeps) {
      return;
    }
    // a thread that was told to stop still has to say how it ended
    boolean interrupted = Thread.interrupted();
    try {
      Kept file = write(events);
      Kept before = kept.put(importId, file);
      // not earlier: what it tells was promised to be kept
      remove(before);
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private Kept write(List<ImportEvent> events) throws IOException {
    Files.createDirectories(
        directory,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    // the import's id may come from anywhere, and is no file name
    String name =
        String.format(
            "%013d-%d-%s",
            System.currentTimeMillis(),
            ProcessHandle.current().pid(),
            HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextInt()));
    Path draft = directory.resolve(name + DRAFT);
    Path path = directory.resolve(name + SUFFIX);
    own.add(path);
    own.add(draft);
    FileChannel channel =
        FileChannel.open(draft, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    try {
      channel.lock();
      ByteBuffer bytes = ByteBuffer.wrap(lines.write(events));
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      channel.force(true);
      Files.move(draft, path, StandardCopyOption.ATOMIC_MOVE);
      try (FileChannel entry = FileChannel.open(directory, StandardOpenOption.READ)) {
        entry.force(true);
      }
    } catch (IOException | RuntimeException e) {
      new Kept(path, channel, 0).remove();
      Files.deleteIfExists(draft);
      throw e;
    }
    return new Kept(path, channel, events.get(events.size() - 1).sequence());
  }

  /**
   * The broker has all of an import up to an event; what was kept of it later stays.
   *
   * @param sequence of that event
   */
  synchronized void forget(String importId, long sequence) {
    Kept file = kept.get(importId);
    if (file != null && file.last() <= sequence) {
      kept.remove(importId);
      remove(file);
    }
  }

  private static void remove(Kept file) {
    if (file != null) {
      try {
        file.remove();
      } catch (IOException e) {
        LOG.warn("{} stays, and is told once more: {}", file.path(), e.toString());
      }
    }
  }

  /** How many imports' ends are kept. */
  synchronized int size() {
    return kept.size();
  }

  /** Tells what processes that are gone have left; each file goes when all of it is told. */
  void tellLeftOver(Teller teller) throws InterruptedException {
    removeDrafts();
    for (Path path : leftOver(SUFFIX)) {
      try (FileChannel channel =
          FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
        FileLock lock = channel.tryLock();
        if (lock == null || Files.notExists(path)) {
          // its writer lives, or somebody else tells it
          continue;
        }
        List<ImportEvent> events = lines.read(channel);
        if (events.isEmpty()) {
          continue;
        }
        for (ImportEvent event : events) {
          teller.tell(event);
        }
        tellTold(events.get(0).importId(), events.size());
        Files.delete(path);
      } catch (ClosedByInterruptException e) {
        throw new InterruptedException();
      } catch (NoSuchFileException | OverlappingFileLockException e) {
        LOG.debug("{}: {}", path, e.toString());
      } catch (IOException | RuntimeException e) {
        LOG.warn("{} holds no events that can be told: {}", path, Printable.text(e.toString()));
      }
    }
  }

  @SuppressWarnings("try") // the scope is there meanwhile; nobody calls it
  private static void tellTold(String importId, int events) {
    try (ImportLog.Scope scope = ImportLog.of(importId)) {
      LOG.info("import {}: {} events of an earlier process are told", importId, events);
    }
  }

  /** Sends one event, and returns when the broker has it. */
  @FunctionalInterface
  interface Teller {
    void tell(ImportEvent event) throws InterruptedException;
  }

  /** What a process was writing when it was killed: nothing that it had promised to keep. */
  private void removeDrafts() {
    for (Path draft : leftOver(DRAFT)) {
      try {
        Instant written = Files.getLastModifiedTime(draft).toInstant();
        if (written.isAfter(Instant.now().minus(DRAFT_AGE))) {
          // its writer may not have come to lock it
          continue;
        }
        try (FileChannel channel = FileChannel.open(draft, StandardOpenOption.WRITE)) {
          if (channel.tryLock() != null) {
            Files.deleteIfExists(draft);
          }
        }
      } catch (IOException | OverlappingFileLockException e) {
        LOG.debug("{}: {}", draft, e.toString());
      }
    }
  }

  /** By age. */
  private List<Path> leftOver(String suffix) {
    if (Files.notExists(directory)) {
      return List.of();
    }
    try (Stream<Path> entries = Files.list(directory)) {
      return entries
          .filter(path -> path.toString().endsWith(suffix) && !own.contains(path))
          .sorted()
          .toList();
    } catch (IOException e) {
      LOG.warn("{} cannot be looked into: {}", directory, e.toString());
      return List.of();
    }
  }

  /** Files stay; their locks go. */
  @Override
  public synchronized void close() {
    for (Kept file : kept.values()) {
      try {
        file.channel().close();
      } catch (IOException e) {
        LOG.debug("closing {}: {}", file.path(), e.toString());
      }
    }
    kept.clear();
  }
}
