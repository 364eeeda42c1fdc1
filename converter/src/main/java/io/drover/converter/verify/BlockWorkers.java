package io.drover.converter.verify;

import io.drover.converter.digest.BlockDigests;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/** Works through numbered blocks with a few threads, each with one buffer; the first error wins. */
public final class BlockWorkers {
  /** What is done with a block. */
  @FunctionalInterface
  public interface Work {
    /**
     * @param buffer of 4 MiB, the worker's own
     */
    void on(int block, byte[] buffer) throws IOException;
  }

  private BlockWorkers() {}

  /**
   * Runs the work for every block, beginning with the first.
   *
   * @throws IOException the failure that came first
   */
  public static void run(int threads, int blocks, Work work) throws IOException {
    ExecutorService pool = Executors.newFixedThreadPool(Math.max(1, Math.min(threads, blocks)));
    AtomicInteger next = new AtomicInteger();
    AtomicReference<IOException> failed = new AtomicReference<>();
    Callable<Void> worker =
        () -> {
          byte[] buffer = new byte[BlockDigests.BLOCK_SIZE];
          for (int block = next.getAndIncrement();
              block < blocks && failed.get() == null;
              block = next.getAndIncrement()) {
            try {
              work.on(block, buffer);
            } catch (IOException | RuntimeException e) {
              // others may fail because of this one: it is the one to tell
              failed.compareAndSet(null, e instanceof IOException io ? io : new IOException(e));
            }
          }
          return null;
        };
    try {
      List<Future<Void>> workers = new ArrayList<>();
      for (int thread = 0; thread < threads; thread++) {
        workers.add(pool.submit(worker));
      }
      for (Future<Void> future : workers) {
        future.get();
      }
      if (failed.get() != null) {
        throw failed.get();
      }
    } catch (ExecutionException e) {
      throw new IOException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } finally {
      pool.shutdownNow();
    }
  }
}
