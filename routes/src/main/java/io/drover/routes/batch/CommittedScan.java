package io.drover.routes.batch;

import io.drover.converter.error.ImportException;
import io.drover.converter.imports.Destination;
import io.drover.converter.object.ObjectStore;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Queue;
import java.util.function.BooleanSupplier;

/**
 * The committed imports below a prefix, by their manifests, listed page by page. Not thread-safe.
 */
public final class CommittedScan implements Iterator<BatchItem> {
  private static final String MANIFEST = "manifest.json";

  private final ObjectStore store;
  private final Destination prefix;
  private final BooleanSupplier stop;
  private final Queue<BatchItem> found = new ArrayDeque<>();
  private String token;
  private boolean last;
  private long number;

  /**
   * @param store stays open
   * @param stop asked before each import whether to end
   */
  public CommittedScan(ObjectStore store, Destination prefix, BooleanSupplier stop) {
    this.store = store;
    this.prefix = prefix;
    this.stop = stop;
  }

  @Override
  public boolean hasNext() {
    while (found.isEmpty() && !last && !stop.getAsBoolean()) {
      turn();
    }
    return !found.isEmpty() && !stop.getAsBoolean();
  }

  private void turn() {
    try {
      ObjectStore.KeyPage page = store.listPage(prefix.bucket(), prefix.prefix(), token);
      page.keys().forEach(this::look);
      token = page.next();
      last = token == null;
    } catch (IOException e) {
      last = true;
      if (!(e instanceof ImportException why)) {
        throw new AssertionError("a store names what fails", e);
      }
      found.add(BatchItem.wrong(0, "the rest of the listing", "", why));
    }
  }

  private void look(String key) {
    int slash = key.lastIndexOf('/') + 1;
    if (key.substring(slash).equals(MANIFEST)) {
      found.add(
          BatchItem.committed(++number, new Destination(prefix.bucket(), key.substring(0, slash))));
    }
  }

  @Override
  public BatchItem next() {
    if (!hasNext()) {
      throw new NoSuchElementException();
    }
    return found.remove();
  }
}
