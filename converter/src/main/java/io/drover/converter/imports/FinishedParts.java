package io.drover.converter.imports;

import io.drover.converter.object.ListedPart;
import io.drover.converter.object.UploadedPart;
import io.drover.converter.plan.Part;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.IntSupplier;
import java.util.function.Supplier;

/** The parts of an upload that are on the server, and the bytes they count for. Thread-safe. */
final class FinishedParts {
  /**
   * A part that is on the server, and what reading it has shown.
   *
   * @param data bytes of it in clusters that hold data
   */
  record Finished(Part part, UploadedPart uploaded, long data) {}

  private final Counters counters;

  /** By number. */
  private final TreeMap<Integer, Finished> finished = new TreeMap<>();

  /** On the server, but not known what is in it, by number. */
  private final Map<Integer, ListedPart> listed = new HashMap<>();

  FinishedParts(Counters counters) {
    this.counters = counters;
  }

  synchronized boolean contains(int number) {
    return finished.containsKey(number);
  }

  /** What the server says that it has; of parts that are finished that tells nothing new. */
  synchronized void list(List<ListedPart> parts) {
    for (ListedPart part : parts) {
      if (!finished.containsKey(part.number())) {
        listed.put(part.number(), part);
      }
    }
  }

  /**
   * A part that the server has had since before, if its bytes are these.
   *
   * @param crc32c of its bytes; asked for only where there is something to compare it with
   * @param md5 in hexadecimal; asked for only where the server's list has nothing better
   */
  Optional<UploadedPart> alreadyThere(Part part, IntSupplier crc32c, Supplier<String> md5) {
    ListedPart there;
    synchronized (this) {
      there = listed.remove(part.number());
    }
    if (there == null || there.length() != part.length()) {
      return Optional.empty();
    }
    int own = crc32c.getAsInt();
    boolean same =
        there.crc32c().isPresent()
            ? there.crc32c().getAsInt() == own
            : there.etagMayBeMd5() && there.hasMd5(md5.get());
    return same
        ? Optional.of(new UploadedPart(part.number(), part.length(), there.etag(), own))
        : Optional.empty();
  }

  void add(Part part, UploadedPart uploaded, long data) {
    synchronized (this) {
      listed.remove(part.number());
      if (finished.put(part.number(), new Finished(part, uploaded, data)) != null) {
        // two lanes on one part can only have read the same
        return;
      }
    }
    if (part instanceof Part.Upload) {
      counters.addSent(part.length());
    } else {
      counters.addCopied(part.length());
    }
    counters.partDone(part.length());
  }

  /** All are to be run again, in another upload. */
  synchronized void clear() {
    List.copyOf(finished.keySet()).forEach(this::forget);
    listed.clear();
  }

  /**
   * Parts that the server does not have, or not as they were, are to be run again.
   *
   * @return how many
   */
  synchronized int retain(List<ListedPart> onServer) {
    Map<Integer, ListedPart> there = new HashMap<>();
    onServer.forEach(part -> there.put(part.number(), part));
    List<Integer> missing =
        finished.values().stream()
            .filter(each -> each.part().length() > 0)
            .filter(each -> !same(each, there.get(each.part().number())))
            .map(each -> each.part().number())
            .toList();
    missing.forEach(this::forget);
    return missing.size();
  }

  private static boolean same(Finished part, ListedPart found) {
    return found != null
        && found.length() == part.part().length()
        && found.etag().equals(part.uploaded().etag());
  }

  private void forget(int number) {
    Finished again = finished.remove(number);
    long length = again.part().length();
    counters.addData(-again.data());
    counters.addZero(again.data() - length);
    if (again.part() instanceof Part.Upload) {
      counters.addSent(-length);
    } else {
      counters.addCopied(-length);
    }
    counters.partUndone(length);
  }

  /** All so far, ascending. */
  synchronized List<Finished> all() {
    return List.copyOf(finished.values());
  }
}
