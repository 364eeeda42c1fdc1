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
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/** Works through numbered blocks with a few threads, each with one buffer; the first error wins. */
final class BlockWorkers {
  /** What is done with a block. */
  @FunctionalInterface
  interface Work {
    void on(int block, byte[] buffer) throws IOException;
  }

  private BlockWorkers() {}

  static void run(int threads, int blocks, Work work) throws IOException {
    ExecutorService pool = Executors.newFixedThreadPool(Math.max(1, Math.min(threads, blocks)));
    AtomicInteger next = new AtomicInteger();
    AtomicBoolean failed = new AtomicBoolean();
    Callable<Void> worker =
        () -> {
          byte[] buffer = new byte[BlockDigests.BLOCK_SIZE];
          for (int block = next.getAndIncrement();
              block < blocks && !failed.get();
              block = next.getAndIncrement()) {
            try {
              work.on(block, buffer);
            } catch (IOException | RuntimeException e) {
              failed.set(true);
              throw e;
            }
          }
          return null;
        };
    try {
      List<Future<Void>> workers = new ArrayList<>();
      for (int thread = 0; thread < threads; thread++) {
        workers.add(pool.submit(worker));
      }
      IOException first = null;
      for (Future<Void> future : workers) {
        try {
          future.get();
        } catch (ExecutionException e) {
          IOException cause = e.getCause() instanceof IOException io ? io : new IOException(e);
          if (first == null) {
            first = cause;
          } else {
            first.addSuppressed(cause);
          }
        }
      }
      if (first != null) {
        throw first;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } finally {
      pool.shutdownNow();
    }
  }
}
