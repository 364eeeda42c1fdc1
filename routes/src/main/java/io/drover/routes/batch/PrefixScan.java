package io.drover.routes.batch;

import io.drover.converter.imports.Destination;
import io.drover.converter.object.ObjectStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Iterator;
import java.util.NoSuchElementException;

/** The images below a key prefix, listed page by page while they are imported. */
public final class PrefixScan implements ImageList {
  private final ObjectStore store;
  private final Destination prefix;
  private final NameFilter filter;
  private Iterator<String> keys = Collections.emptyIterator();
  private String token;
  private boolean last;
  private long found;
  private Listed next;

  /**
   * @param store stays open
   */
  public PrefixScan(ObjectStore store, Destination prefix, NameFilter filter) {
    this.store = store;
    this.prefix = prefix;
    this.filter = filter;
  }

  @Override
  public boolean hasNext() {
    while (next == null && (keys.hasNext() || !last)) {
      if (keys.hasNext()) {
        look(keys.next());
      } else {
        turn();
      }
    }
    return next != null;
  }

  private void turn() {
    try {
      ObjectStore.KeyPage page = store.listPage(prefix.bucket(), prefix.prefix(), token);
      keys = page.keys().iterator();
      token = page.next();
      last = token == null;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void look(String key) {
    String place = key.substring(prefix.prefix().length());
    if (!place.isEmpty() && !place.endsWith("/") && takes(place)) {
      next = Listed.Wish.found(++found, "s3://" + prefix.bucket() + "/" + key, place);
    }
  }

  @Override
  public Listed next() {
    if (!hasNext()) {
      throw new NoSuchElementException();
    }
    Listed current = next;
    next = null;
    return current;
  }

  private boolean takes(String place) {
    try {
      return filter.takes(Path.of(place));
    } catch (InvalidPathException e) {
      return false;
    }
  }

  @Override
  public void close() {
    // the store is its owner's
  }
}
