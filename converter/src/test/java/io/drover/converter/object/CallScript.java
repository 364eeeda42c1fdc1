package io.drover.converter.object;

import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What was asked of an {@link InMemoryObjectStore}, and which of the calls are to fail. Counts from
 * 1. Thread-safe.
 */
public final class CallScript {
  /** What can be asked. */
  public enum Kind {
    HEAD,
    GET,
    READ,
    PUT,
    BEGIN,
    UPLOAD_PART,
    COPY_PART,
    COMMIT,
    ABORT,
    DELETE,
    LIST,
    OPEN_UPLOADS,
    RESUME,
    LIST_PARTS,
    AGE
  }

  /**
   * One call.
   *
   * @param key or the prefix of a list
   * @param partNumber 0 where the call has none
   */
  public record Call(Kind kind, String bucket, String key, int partNumber) {}

  private record Place(Kind kind, int nth) {}

  private final List<Call> calls = new ArrayList<>();
  private final Map<Kind, Integer> counts = new EnumMap<>(Kind.class);
  private final Map<Integer, IOException> failures = new HashMap<>();
  private final Map<Place, IOException> failuresOfKind = new HashMap<>();
  private final Map<Place, IOException> lostAnswers = new HashMap<>();
  private final Map<Kind, IOException> outages = new EnumMap<>(Kind.class);

  private int killedAt;
  private IOException killed;

  /** All calls so far, in the order they came. */
  public synchronized List<Call> calls() {
    return List.copyOf(calls);
  }

  /** How many calls of this kind came. */
  public synchronized int count(Kind kind) {
    return counts.getOrDefault(kind, 0);
  }

  /** The nth call of all fails and has no effect. */
  public synchronized void failCall(int nth, IOException failure) {
    failures.put(nth, failure);
  }

  /** The nth call of this kind fails and has no effect. */
  public synchronized void fail(Kind kind, int nth, IOException failure) {
    failuresOfKind.put(new Place(kind, nth), failure);
  }

  /** Every call of this kind fails from now on, and has no effect. */
  public synchronized void failAll(Kind kind, IOException failure) {
    outages.put(kind, failure);
  }

  /** The nth call of this kind has its effect and fails all the same. */
  public synchronized void loseAnswer(Kind kind, int nth, IOException failure) {
    lostAnswers.put(new Place(kind, nth), failure);
  }

  /** From the nth call of all on none has an effect any more, as for a process that was killed. */
  public synchronized void killAt(int nth, IOException failure) {
    killedAt = nth;
    killed = failure;
  }

  /** Nothing fails any more. */
  public synchronized void heal() {
    failures.clear();
    failuresOfKind.clear();
    lostAnswers.clear();
    outages.clear();
    killed = null;
  }

  /** Does the work of a call, or fails as told. */
  <T> T run(Call call, Work<T> work) throws IOException {
    IOException lost = before(call);
    T result = work.run();
    if (lost != null) {
      throw lost;
    }
    return result;
  }

  @FunctionalInterface
  interface Work<T> {
    T run() throws IOException;
  }

  private synchronized IOException before(Call call) throws IOException {
    calls.add(call);
    Place place = new Place(call.kind(), counts.merge(call.kind(), 1, Integer::sum));
    if (killed != null && calls.size() >= killedAt) {
      throw killed;
    }
    IOException failure = failures.remove(calls.size());
    if (failure == null) {
      failure = failuresOfKind.remove(place);
    }
    if (failure == null) {
      failure = outages.get(call.kind());
    }
    if (failure != null) {
      throw failure;
    }
    return lostAnswers.remove(place);
  }
}
