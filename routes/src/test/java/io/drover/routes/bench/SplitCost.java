package io.drover.routes.bench;

import io.drover.converter.image.ImageFormat;
import io.drover.converter.image.ReadPolicy;
import io.drover.converter.imports.Chunk;
import io.drover.converter.imports.Destination;
import io.drover.converter.imports.ImportOptions;
import io.drover.converter.imports.ImportRequest;
import io.drover.converter.imports.ImportSession;
import io.drover.converter.imports.Importer;
import io.drover.converter.imports.Lane;
import io.drover.converter.imports.MemoryBudget;
import io.drover.converter.imports.PartWork;
import io.drover.converter.storage.FileSource;
import io.drover.converter.storage.SymbolicLinks;
import io.drover.routes.app.DroverApp;
import io.drover.routes.config.Key;
import io.drover.routes.config.Settings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What the Camel route costs: the same import, into a store that discards, once on the route and
 * once by plain loops over the same steps and as many threads. Give it a dense raw image; prints
 * wall and CPU seconds of both, round by round, and the ratio of the sums.
 */
public final class SplitCost {
  /** Before them a JVM compiles more than it works. */
  private static final int WARM_UP = 4;

  private static final int ROUNDS = 8;
  private static final int LANES = 4;
  private static final long BUDGET = 128L << 20;

  /** Of imports: none finds what another has left. */
  private static final AtomicInteger NUMBERS = new AtomicInteger();

  private SplitCost() {}

  public static void main(String[] arguments) throws Exception {
    Path image = Path.of(arguments[0]);
    // both plan ahead: with an all-zero object the route would look for zeros while reading
    Settings settings = Settings.load(null, Map.of(), Map.of()).with(Key.ZERO_PREFIX, "none");
    // started once: what is compared is the flow, not the start of a Camel context
    DroverApp app = DroverApp.start(settings, new DiscardingStore());
    double[] sums = new double[4];
    for (int round = 1 - WARM_UP; round <= ROUNDS; round++) {
      double[] route = time(() -> app.run(request(image)));
      double[] loop = time(() -> byLoops(image));
      System.out.printf(
          "%s route %.2f s wall %.2f s CPU, loops %.2f s wall %.2f s CPU%n",
          round <= 0 ? "warm-up:" : "round " + round + ":", route[0], route[1], loop[0], loop[1]);
      for (int index = 0; index < 2 && round > 0; index++) {
        sums[index] += route[index];
        sums[index + 2] += loop[index];
      }
    }
    System.out.printf("route/loops: wall %.3f, CPU %.3f%n", sums[0] / sums[2], sums[1] / sums[3]);
    System.exit(0);
  }

  private interface Task {
    void run() throws Exception;
  }

  private static double[] time(Task task) throws Exception {
    long cpu = cpu();
    long wall = System.nanoTime();
    task.run();
    return new double[] {(System.nanoTime() - wall) / 1e9, (cpu() - cpu) / 1e9};
  }

  private static long cpu() {
    return ((com.sun.management.OperatingSystemMXBean)
            java.lang.management.ManagementFactory.getOperatingSystemMXBean())
        .getProcessCpuTime();
  }

  private static void byLoops(Path image) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(LANES);
    Importer importer =
        new Importer(new DiscardingStore(), new MemoryBudget(BUDGET), "", Duration.ZERO);
    try (ImportSession session = importer.open(request(image))) {
      session.plan();
      List<Future<?>> parts = new ArrayList<>();
      session.parts().forEachRemaining(part -> parts.add(threads.submit(() -> run(session, part))));
      for (Future<?> part : parts) {
        part.get();
      }
      session.commit().orElseThrow();
    } finally {
      threads.shutdown();
    }
  }

  private static Void run(ImportSession session, PartWork part) throws Exception {
    try (Lane lane = session.lane(part)) {
      Iterator<Chunk> chunks = lane.chunks();
      while (chunks.hasNext()) {
        lane.write(chunks.next());
      }
      lane.finish();
    }
    return null;
  }

  private static ImportRequest request(Path image) throws Exception {
    return new ImportRequest(
        "bench-" + NUMBERS.get(),
        image.toString(),
        () -> FileSource.open(image, SymbolicLinks.FOLLOW),
        Optional.of(ImageFormat.RAW),
        Destination.parse("s3://images/" + NUMBERS.incrementAndGet() + "/"),
        ImportOptions.DEFAULT,
        ReadPolicy.DEFAULT);
  }
}
