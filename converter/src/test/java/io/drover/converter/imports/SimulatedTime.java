package io.drover.converter.imports;

import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * Virtual time, and the threads that live in it: exactly one of them runs, until it sleeps or ends,
 * and then the one whose time is next. All chance comes from one seed, so that the same seed is the
 * same story.
 */
final class SimulatedTime {
  static final long MILLI = 1_000_000;
  static final long SECOND = 1_000 * MILLI;
  static final long MINUTE = 60 * SECOND;

  private static final int MOST_STEPS = 200_000;
  private static final ExecutorService THREADS =
      Executors.newCachedThreadPool(
          task -> {
            Thread thread = new Thread(task, "simulated");
            thread.setDaemon(true);
            return thread;
          });

  /** Everything that runs is being ended, since something was found. */
  static final class Halted extends Error {
    private static final long serialVersionUID = 1;

    Halted() {
      super("halted", null, false, false);
    }
  }

  /** The process was killed: nothing it does any more has an effect. */
  static final class Killed extends Error {
    private static final long serialVersionUID = 1;

    Killed() {
      super("killed", null, false, false);
    }
  }

  /** What threads are of, and what is killed and paused. */
  static final class Process {
    private final String name;
    private boolean killed;
    private long pausedUntil;

    Process(String name) {
      this.name = name;
    }

    String name() {
      return name;
    }

    boolean killed() {
      return killed;
    }

    void kill() {
      killed = true;
    }

    void pauseUntil(long time) {
      pausedUntil = Math.max(pausedUntil, time);
    }
  }

  private record Entry(long time, long order, Actor actor, Runnable event)
      implements Comparable<Entry> {
    @Override
    public int compareTo(Entry other) {
      return time != other.time ? Long.compare(time, other.time) : Long.compare(order, other.order);
    }
  }

  private final class Actor implements Runnable {
    private final Process process;
    private final Runnable body;
    private final Semaphore turn = new Semaphore(0);
    private boolean begun;

    Actor(Process process, Runnable body) {
      this.process = process;
      this.body = body;
    }

    @Override
    public void run() {
      try {
        body.run();
      } catch (Killed | Halted e) {
        // as it should be
      } catch (Throwable e) {
        fail(e);
      }
      living--;
      dispatch(null);
    }
  }

  private final Random random;
  private final PriorityQueue<Entry> agenda = new PriorityQueue<>();
  private final List<String> trace = new ArrayList<>();
  private final CountDownLatch over = new CountDownLatch(1);
  private long now;
  private long order;
  private int steps;
  private int living;
  private Actor current;
  private volatile Throwable failure;

  SimulatedTime(long seed) {
    this.random = new Random(seed * 0x9E3779B97F4A7C15L);
    random.nextInt();
  }

  Random random() {
    return random;
  }

  boolean chance(double probability) {
    return probability > 0 && random.nextDouble() < probability;
  }

  /** From 0 to {@code most}, small values more often than large ones. */
  long some(long most) {
    double x = random.nextDouble();
    return (long) (x * x * x * most);
  }

  long now() {
    return now;
  }

  int steps() {
    return steps;
  }

  /** Whose thread this is; null for what happens by itself. */
  Process process() {
    return current == null ? null : current.process;
  }

  void say(String line) {
    String name = current == null ? "-" : current.process.name();
    trace.add(String.format("%10d ms %-8s %s", now / MILLI, name, line));
  }

  List<String> trace() {
    return trace;
  }

  /** A thread of a process, from now on. */
  void start(Process process, Runnable body) {
    living++;
    agenda.add(new Entry(now, order++, new Actor(process, body), null));
  }

  /** Something that happens by itself. */
  void later(long after, Runnable event) {
    agenda.add(new Entry(now + after, order++, null, event));
  }

  /** Lets so much time pass for the thread that calls. */
  void sleep(long nanos) {
    Actor self = current;
    if (failure == null && ++steps > MOST_STEPS) {
      fail(new AssertionError("no end after " + MOST_STEPS + " steps"));
    }
    long until = now + Math.max(0, nanos);
    do {
      agenda.add(new Entry(Math.max(until, self.process.pausedUntil), order++, self, null));
      dispatch(self);
      if (failure != null) {
        throw new Halted();
      }
      if (self.process.killed) {
        throw new Killed();
      }
    } while (now < self.process.pausedUntil);
  }

  /** The first thing that was found counts. */
  void fail(Throwable found) {
    if (failure == null) {
      failure = found;
    }
  }

  /** Gives the turn to whoever is next. */
  private void dispatch(Actor self) {
    while (true) {
      Entry next = agenda.poll();
      if (next == null) {
        if (living > 0) {
          fail(new AssertionError(living + " threads wait for ever"));
        }
        over.countDown();
        return;
      }
      now = Math.max(now, next.time());
      if (next.event() != null) {
        current = null;
        try {
          if (failure == null) {
            next.event().run();
          }
        } catch (Throwable e) {
          fail(e);
        }
        continue;
      }
      Actor actor = next.actor();
      current = actor;
      if (actor == self) {
        return;
      }
      if (actor.begun) {
        actor.turn.release();
      } else {
        actor.begun = true;
        THREADS.execute(actor);
      }
      break;
    }
    if (self != null) {
      self.turn.acquireUninterruptibly();
    }
  }

  /** Runs to the end of all threads; then tells what was found, null for nothing. */
  Throwable run() throws InterruptedException {
    dispatch(null);
    if (!over.await(240, TimeUnit.SECONDS)) {
      AssertionError stuck = new AssertionError("a thread waits outside of the simulation");
      for (Thread thread : Thread.getAllStackTraces().keySet()) {
        if (thread.getName().equals("simulated")) {
          AssertionError where = new AssertionError("here");
          where.setStackTrace(thread.getStackTrace());
          stuck.addSuppressed(where);
        }
      }
      fail(stuck);
    }
    return failure;
  }
}
