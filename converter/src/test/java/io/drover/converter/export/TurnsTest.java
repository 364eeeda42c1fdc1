package io.drover.converter.export;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class TurnsTest {
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final Turns turns = new Turns();

  @AfterEach
  void stop() {
    threads.shutdownNow();
  }

  @Test
  void blocksComeInTheirOrder() throws Exception {
    List<Integer> order = Collections.synchronizedList(new ArrayList<>());
    List<Future<?>> all = new ArrayList<>();
    for (int block = 19; block >= 0; block--) {
      int number = block;
      all.add(
          threads.submit(
              () -> {
                turns.await(number);
                order.add(number);
                turns.done();
                return null;
              }));
    }
    for (Future<?> each : all) {
      each.get();
    }
    assertEquals(IntStream.range(0, 20).boxed().toList(), order);
  }

  @Test
  void whoWaitsForABlockThatFailsLearnsWhy() {
    List<Future<?>> waiting = new ArrayList<>();
    for (int block = 1; block < 5; block++) {
      int number = block;
      waiting.add(
          threads.submit(
              () -> {
                turns.await(number);
                return null;
              }));
    }
    IOException damaged = new IOException("block 0 is damaged");
    turns.fail(damaged);
    turns.fail(new IOException("block 7, too"));
    for (Future<?> each : waiting) {
      assertSame(damaged, assertThrows(ExecutionException.class, each::get).getCause());
    }
  }
}
