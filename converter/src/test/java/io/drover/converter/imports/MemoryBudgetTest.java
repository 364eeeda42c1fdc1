package io.drover.converter.imports;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class MemoryBudgetTest {
  @Test
  void aBufferIsUsedAgain() throws Exception {
    MemoryBudget budget = new MemoryBudget(100);
    byte[] first = budget.acquire(60);
    budget.release(first);
    assertSame(first, budget.acquire(60));
  }

  @Test
  void anIdleBufferOfAnotherSizeGivesWay() throws Exception {
    MemoryBudget budget = new MemoryBudget(100);
    byte[] first = budget.acquire(60);
    budget.release(first);
    byte[] second = budget.acquire(80);
    assertNotSame(first, second);
    assertEquals(80, second.length);
  }

  @Test
  void whoeverComesTooMuchWaitsForARelease() throws Exception {
    MemoryBudget budget = new MemoryBudget(100);
    byte[] first = budget.acquire(60);
    CompletableFuture<byte[]> waiting =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return budget.acquire(50);
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
            });
    assertThrows(
        java.util.concurrent.TimeoutException.class, () -> waiting.get(100, TimeUnit.MILLISECONDS));
    budget.release(first);
    assertEquals(50, waiting.get(60, TimeUnit.SECONDS).length);
  }

  @Test
  void moreThanTheWholeBudgetIsRefusedAtOnce() {
    assertThrows(IllegalArgumentException.class, () -> new MemoryBudget(100).acquire(101));
  }

  @Test
  void theBudgetHoldsUnderManyThreads() throws Exception {
    MemoryBudget budget = new MemoryBudget(1000);
    AtomicLong used = new AtomicLong();
    AtomicLong most = new AtomicLong();
    ExecutorService threads = Executors.newFixedThreadPool(8);
    CompletableFuture<?>[] all = new CompletableFuture<?>[8];
    for (int thread = 0; thread < all.length; thread++) {
      int seed = thread;
      all[thread] =
          CompletableFuture.runAsync(
              () -> {
                Random random = new Random(seed);
                for (int round = 0; round < 2_000; round++) {
                  try {
                    byte[] buffer = budget.acquire(100 * (1 + random.nextInt(6)));
                    most.accumulateAndGet(used.addAndGet(buffer.length), Math::max);
                    used.addAndGet(-buffer.length);
                    budget.release(buffer);
                  } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                  }
                }
              },
              threads);
    }
    CompletableFuture.allOf(all).get(120, TimeUnit.SECONDS);
    threads.shutdown();
    assertTrue(most.get() <= 1000, "held " + most.get());
  }
}
