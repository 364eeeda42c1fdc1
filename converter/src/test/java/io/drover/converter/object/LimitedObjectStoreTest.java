package io.drover.converter.object;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** Behaves as any store, and no faster than it may. */
class LimitedObjectStoreTest extends ObjectStoreContract {
  private final LimitedObjectStore store =
      new LimitedObjectStore(new InMemoryObjectStore("images"), new RateLimit(1L << 34));

  @Override
  protected ObjectStore store() {
    return store;
  }

  @Override
  protected String bucket() {
    return "images";
  }

  @Test
  void allWhoSendTogetherKeepToTheLimit() throws Exception {
    long rate = 4 << 20;
    try (ObjectStore slow =
        new LimitedObjectStore(new InMemoryObjectStore("images"), new RateLimit(rate))) {
      ExecutorService senders = Executors.newFixedThreadPool(4);
      long started = System.nanoTime();
      List<Future<?>> sent = new ArrayList<>();
      for (int number = 0; number < 4; number++) {
        ObjectLocation location = new ObjectLocation("images", "object-" + number);
        sent.add(
            senders.submit(
                () -> slow.put(location, new ByteArrayBody(new byte[1 << 20]), Map.of(), false)));
      }
      for (Future<?> each : sent) {
        each.get();
      }
      senders.shutdown();
      double seconds = (System.nanoTime() - started) / 1e9;
      assertTrue(seconds >= 0.7, "4 MiB at 4 MiB/s took " + seconds + " s");
    }
  }
}
