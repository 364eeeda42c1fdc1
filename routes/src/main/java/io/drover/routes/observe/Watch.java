package io.drover.routes.observe;

import io.drover.converter.error.Printable;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One component, looked at again and again on a thread of its own, so that nobody who asks waits
 * for it. What was not found usable of late is unusable: also a look that does not come back.
 * Thread-safe.
 */
final class Watch implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Watch.class);
  private static final String NOT_YET = "it was not looked at yet";

  private final Component component;
  private final Duration interval;
  private final Duration limit;
  private final Thread thread;

  /** Null if it can be used. */
  private String reason = NOT_YET;

  /** When the last look began, {@link System#nanoTime}, and whether it goes on. */
  private long begunAt = System.nanoTime();

  private boolean looking;
  private volatile boolean closed;

  /**
   * @param interval between two looks
   * @param limit of one look, and then it counts as failed
   */
  Watch(Component component, Duration interval, Duration limit) {
    this.component = component;
    this.interval = interval;
    this.limit = limit;
    this.thread = new Thread(this::run, "watch-" + component.name());
    thread.setDaemon(true);
    thread.start();
  }

  String name() {
    return component.name();
  }

  /** Why it cannot be used; empty if it can. */
  synchronized Optional<String> trouble() {
    long nanos = System.nanoTime() - begunAt;
    if (looking && nanos > limit.toNanos()) {
      return Optional.of("no answer for " + nanos / 1_000_000_000 + " s");
    }
    return Optional.ofNullable(reason);
  }

  private void run() {
    while (!closed) {
      synchronized (this) {
        begunAt = System.nanoTime();
        looking = true;
      }
      String found = null;
      String detail = null;
      try {
        component.look();
      } catch (InterruptedException e) {
        break;
      } catch (Component.Unusable e) {
        found = e.getMessage();
        detail = e.detail();
      } catch (Exception e) {
        found = "it cannot be used; the log says why";
        detail = e.toString();
      }
      took(found, detail);
      try {
        Thread.sleep(interval.toMillis());
      } catch (InterruptedException e) {
        break;
      }
    }
    component.release();
  }

  private synchronized void took(String found, String detail) {
    looking = false;
    boolean was = reason == null;
    if (found != null && (was || reason.equals(NOT_YET))) {
      LOG.warn("{} cannot be used: {}", component.name(), Printable.text(detail, 1024));
    } else if (found == null && !was && !reason.equals(NOT_YET)) {
      LOG.info("{} can be used again", component.name());
    }
    reason = found;
  }

  @Override
  public void close() {
    closed = true;
    thread.interrupt();
  }
}
