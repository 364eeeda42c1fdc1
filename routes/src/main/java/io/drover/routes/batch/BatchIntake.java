package io.drover.routes.batch;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.error.Printable;
import io.drover.routes.request.SourceName;
import java.io.UncheckedIOException;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;

/**
 * The entries of a list as items, one by one. Ends early when told to. To be asked by one thread at
 * a time.
 */
public final class BatchIntake implements Iterator<BatchItem> {
  private static final int SHOWN = 1100;

  private final ImageList list;
  private final BatchTerms terms;
  private final Predicate<BatchItem> chosen;
  private final BooleanSupplier stop;
  private final Places destinations = new Places();
  private BatchItem next;
  private boolean broken;

  /**
   * @param chosen those that are treated; the others count as not being there
   * @param stop asked before each item whether to end
   */
  public BatchIntake(
      ImageList list, BatchTerms terms, Predicate<BatchItem> chosen, BooleanSupplier stop) {
    this.list = list;
    this.terms = terms;
    this.chosen = chosen;
    this.stop = stop;
  }

  @Override
  public boolean hasNext() {
    while (next == null && !broken && !stop.getAsBoolean()) {
      BatchItem item = advance();
      if (item == null) {
        return false;
      }
      next = chosen.test(item) ? item : null;
    }
    return next != null;
  }

  /** The next item; null after the last. What the list gave before it broke is not lost. */
  private BatchItem advance() {
    try {
      return list.hasNext() ? item(list.next()) : null;
    } catch (UncheckedIOException e) {
      broken = true;
      ImportException why =
          e.getCause() instanceof ImportException named
              ? named
              : ImportException.resumable(
                  ErrorCode.SOURCE_READ_ERROR,
                  "the list cannot be read on: " + Printable.text("" + e.getCause()),
                  e);
      return BatchItem.wrong(0, "the rest of the list", "", why);
    }
  }

  @Override
  public BatchItem next() {
    if (!hasNext()) {
      throw new NoSuchElementException();
    }
    BatchItem item = next;
    next = null;
    return item;
  }

  private BatchItem item(Listed entry) {
    if (entry instanceof Listed.Wish wish) {
      return item(wish);
    }
    if (entry instanceof Listed.Unreadable unreadable) {
      return BatchItem.wrong(unreadable.line(), unreadable.shown(), "", unreadable.error());
    }
    throw new AssertionError(entry);
  }

  private BatchItem item(Listed.Wish wish) {
    String source = Printable.text(new SourceName(wish.source()).shown(), SHOWN);
    String destination =
        wish.destination() == null ? "" : Printable.text(wish.destination(), SHOWN);
    try {
      BatchTerms.Wanted wanted = terms.wanted(wish);
      String uri = wanted.wanted().destination().uri();
      destination = Printable.text(uri, SHOWN);
      long earlier = destinations.put(uri, wish.line());
      if (earlier != 0) {
        throw ImportException.refused(
            ErrorCode.TARGET_EXISTS,
            destination
                + " is the destination of line "
                + earlier
                + " of the list, too; name another, or put {relpath} or {id} into the template");
      }
      return new BatchItem(
          wish.line(),
          source,
          destination,
          wanted.wanted().destination(),
          wanted.wanted(),
          wanted.importId(),
          null);
    } catch (ImportException e) {
      return BatchItem.wrong(wish.line(), source, destination, e);
    }
  }
}
