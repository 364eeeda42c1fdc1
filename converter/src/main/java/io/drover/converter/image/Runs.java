package io.drover.converter.image;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.function.BiPredicate;
import java.util.function.BinaryOperator;

/**
 * Turns "what lies at this guest offset, and how far" into an iterator of maximal runs. Lazy: it
 * holds one run and one look-ahead. Not thread-safe; every caller takes its own.
 *
 * @param <R> a run: extent or map entry
 */
public final class Runs<R> implements Iterator<R> {
  /** Answers with a run that begins at {@code offset} and ends at or before {@code end}. */
  @FunctionalInterface
  public interface Source<R> {
    R at(long offset, long end) throws IOException;
  }

  /** Guest offset just after a run. */
  @FunctionalInterface
  private interface End<R> {
    long of(R run);
  }

  private final Source<R> source;
  private final End<R> endOf;
  private final BiPredicate<R, R> continues;
  private final BinaryOperator<R> join;
  private final long end;
  private long position;
  private R ahead;

  private Runs(
      Source<R> source,
      End<R> endOf,
      BiPredicate<R, R> continues,
      BinaryOperator<R> join,
      long start,
      long end) {
    if (start < 0 || start > end) {
      throw new IllegalArgumentException("no range: start " + start + ", end " + end);
    }
    this.source = source;
    this.endOf = endOf;
    this.continues = continues;
    this.join = join;
    this.position = start;
    this.end = end;
  }

  /** Extents whose neighbours differ in kind. */
  public static Iterator<Extent> extents(Source<Extent> source, long start, long end) {
    return new Runs<>(
        source,
        Extent::end,
        (run, next) -> run.zero() == next.zero(),
        (run, next) -> new Extent(run.offset(), run.length() + next.length(), run.zero()),
        start,
        end);
  }

  /** Map entries, joined as qemu-img joins them. */
  public static Iterator<MapEntry> mapEntries(Source<MapEntry> source, long start, long end) {
    return new Runs<>(source, MapEntry::end, MapEntry::continuedBy, MapEntry::joined, start, end);
  }

  @Override
  public boolean hasNext() {
    return ahead != null || position < end;
  }

  @Override
  public R next() {
    R run = ahead != null ? ahead : take();
    ahead = null;
    while (position < end) {
      R next = take();
      if (!continues.test(run, next)) {
        ahead = next;
        break;
      }
      run = join.apply(run, next);
    }
    return run;
  }

  private R take() {
    if (position >= end) {
      throw new NoSuchElementException("no run at or after guest offset " + position);
    }
    try {
      R run = source.at(position, end);
      position = endOf.of(run);
      return run;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
