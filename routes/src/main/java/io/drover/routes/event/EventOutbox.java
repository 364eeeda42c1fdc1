package io.drover.routes.event;

import io.drover.routes.kafka.KafkaTrouble;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Events on their way to Kafka. Publishing never blocks and never fails; one relay thread sends in
 * order and tries again until the broker has each event, so an import neither waits for Kafka nor
 * fails with it. Progress is the exception: of an import's unsent progress events only the newest
 * is kept, so that the outbox holds a handful of events per import however long the broker is away.
 * What is untold at an import's end is in the {@link EventJournal} until the broker has it, and
 * what earlier processes left there is told first. Thread-safe.
 */
public final class EventOutbox implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(EventOutbox.class);
  private static final long FIRST_PAUSE_MILLIS = 100;
  private static final long LONGEST_PAUSE_MILLIS = 5_000;
  private static final long LEFT_OVER_MILLIS = 60_000;
  private static final long END_MILLIS = 2_000;

  /** Sends one event and returns when the broker has it. */
  @FunctionalInterface
  public interface Sender {
    void send(ImportEvent event) throws Exception;
  }

  private final Sender sender;
  private final EventJournal journal;
  private final Thread relay;

  /** In order; the key of a progress event is its import's id, so that a newer one replaces it. */
  private final Map<String, ImportEvent> waiting = new LinkedHashMap<>();

  private final Map<String, Runnable> afterTerminal = new HashMap<>();

  private ImportEvent underWay;

  /** Whether the last try failed; the relay's own. */
  private boolean away;

  private boolean closed;

  private volatile IOException unkept;

  /** Of the last try; null if it went well. */
  private volatile KafkaTrouble trouble;

  /**
   * @param journal closed with this
   */
  public EventOutbox(EventJournal journal, Sender sender) {
    this.sender = sender;
    this.journal = journal;
    this.relay = new Thread(this::run, "event-relay");
    relay.setDaemon(true);
    relay.start();
  }

  public void publish(ImportEvent event) {
    if (event.type().last()) {
      // before it can be told: a process that is killed then leaves both or neither
      keep(event);
    }
    add(event);
  }

  private void keep(ImportEvent event) {
    List<ImportEvent> untold = new ArrayList<>();
    synchronized (this) {
      if (underWay != null) {
        untold.add(underWay);
      }
      untold.addAll(waiting.values());
    }
    untold.removeIf(
        other -> other.type() == EventType.PROGRESS || !other.importId().equals(event.importId()));
    untold.add(event);
    try {
      journal.keep(event.importId(), untold);
    } catch (IOException e) {
      // Kafka may be there; whoever closes the outbox warns if it is not
      unkept = e;
      LOG.info(
          "import {}: its end cannot be kept in {}: {}",
          event.importId(),
          journal.directory(),
          e.toString());
    }
  }

  private synchronized void add(ImportEvent event) {
    if (closed) {
      LOG.warn("import {}: event {} after the end", event.importId(), event.type().label());
      return;
    }
    String key = event.type() == EventType.PROGRESS ? event.importId() : event.id();
    waiting.remove(key);
    waiting.put(key, event);
    notifyAll();
  }

  /**
   * Runs something when the broker has all events that were published of an import: at once if it
   * has them, else on the relay's thread after the import's terminal event. Never if this is closed
   * before.
   *
   * @param then must be quick, and must not throw
   */
  public void whenSent(String importId, Runnable then) {
    synchronized (this) {
      boolean unsent =
          underWay != null && underWay.importId().equals(importId)
              || waiting.values().stream().anyMatch(event -> event.importId().equals(importId));
      if (unsent) {
        afterTerminal.merge(importId, then, EventOutbox::both);
        return;
      }
    }
    then.run();
  }

  private static Runnable both(Runnable first, Runnable second) {
    return () -> {
      first.run();
      second.run();
    };
  }

  /** Events that the broker does not have yet. */
  public synchronized int depth() {
    return waiting.size() + (underWay == null ? 0 : 1);
  }

  /** Why the last try to send failed, for people; empty if it did not, or is still under way. */
  public Optional<KafkaTrouble> trouble() {
    return Optional.ofNullable(trouble);
  }

  /** What becomes of the events that were not sent, for people. */
  public String fate() {
    if (!journal.keeps()) {
      return "the next start tells how their imports ended";
    }
    if (unkept != null) {
      return "and they cannot be kept in " + journal.directory() + " (" + unkept + ")";
    }
    return journal.size() == 0
        ? "which tell of nothing that has ended"
        : "they are kept in "
            + journal.directory()
            + " for the next drover command that is given this Kafka";
  }

  /** Waits until all is sent, or for the time given; how many events are left. */
  public synchronized int flush(Duration patience) throws InterruptedException {
    long deadline = System.nanoTime() + patience.toNanos();
    while (depth() > 0) {
      long left = (deadline - System.nanoTime()) / 1_000_000;
      if (left <= 0) {
        break;
      }
      wait(left);
    }
    return depth();
  }

  /** Stops the relay; what is unsent stays unsent. */
  @Override
  public void close() {
    synchronized (this) {
      closed = true;
      notifyAll();
    }
    relay.interrupt();
    try {
      // whoever finds the journal's files unlocked may tell them: nobody else may be at it then
      relay.join(END_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    journal.close();
  }

  private void run() {
    try {
      while (true) {
        // the past first: of one import it comes before what is told now
        journal.tellLeftOver(this::deliver);
        ImportEvent event = take();
        while (event != null) {
          deliver(event);
          sent(event);
          event = take();
        }
      }
    } catch (InterruptedException e) {
      // closed: nothing waits for this thread
    }
  }

  /** The next event; null if there was none for a while. */
  private synchronized ImportEvent take() throws InterruptedException {
    long end = System.nanoTime() + LEFT_OVER_MILLIS * 1_000_000;
    while (waiting.isEmpty() && !closed) {
      long left = (end - System.nanoTime()) / 1_000_000;
      if (left <= 0) {
        return null;
      }
      wait(left);
    }
    if (closed) {
      throw new InterruptedException();
    }
    Iterator<ImportEvent> first = waiting.values().iterator();
    underWay = first.next();
    first.remove();
    return underWay;
  }

  @SuppressWarnings("try") // the scope is there meanwhile; nobody calls it
  private void deliver(ImportEvent event) throws InterruptedException {
    try (ImportLog.Scope scope = ImportLog.of(event.importId())) {
      insist(event);
    }
  }

  private void insist(ImportEvent event) throws InterruptedException {
    long pause = FIRST_PAUSE_MILLIS;
    while (true) {
      try {
        sender.send(event);
        tellBack();
        if (event.type().last()) {
          journal.forget(event.importId(), event.sequence());
        }
        return;
      } catch (InterruptedException e) {
        throw e;
      } catch (Exception e) {
        synchronized (this) {
          if (closed) {
            throw new InterruptedException();
          }
          tellAway(e);
          if (event.type() == EventType.PROGRESS) {
            return;
          }
          pause(pause);
        }
        pause = Math.min(2 * pause, LONGEST_PAUSE_MILLIS);
      }
    }
  }

  /** It counts as unsent until all has run that waits for it: only then may somebody close this. */
  private void sent(ImportEvent event) {
    while (true) {
      Runnable then;
      synchronized (this) {
        then = event.type().terminal() ? afterTerminal.remove(event.importId()) : null;
        if (then == null) {
          // in one step with looking: whoever comes later finds it sent
          underWay = null;
          notifyAll();
          return;
        }
      }
      then.run();
    }
  }

  /** Sleeps on, whatever is published meanwhile. */
  private synchronized void pause(long millis) throws InterruptedException {
    long end = System.nanoTime() + millis * 1_000_000;
    for (long left = millis; left > 0 && !closed; left = (end - System.nanoTime()) / 1_000_000) {
      wait(left);
    }
  }

  /** Once an outage; whoever closes the outbox warns of what is left then. */
  private void tellAway(Exception e) {
    KafkaTrouble found = KafkaTrouble.of(e);
    trouble = found;
    if (!away) {
      away = true;
      LOG.info("Kafka takes no events, they wait and imports go on: {}", found.line());
    }
  }

  private void tellBack() {
    trouble = null;
    if (away) {
      away = false;
      LOG.info("Kafka takes events again");
    }
  }
}
