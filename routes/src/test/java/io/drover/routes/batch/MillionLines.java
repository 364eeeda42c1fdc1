package io.drover.routes.batch;

import io.drover.routes.report.BatchResult;
import io.drover.routes.report.BatchTally;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.camel.impl.DefaultCamelContext;

/** A list of a million lines through the route, in a JVM of its own; each tenth line is bad. */
final class MillionLines {
  private MillionLines() {}

  public static void main(String[] arguments) throws Exception {
    int lines = Integer.parseInt(arguments[0]);
    BatchTally tally = new BatchTally();
    AtomicInteger running = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    ExecutorService jobs = Executors.newFixedThreadPool(4);
    try (DefaultCamelContext camel = new DefaultCamelContext();
        ListFile list = new ListFile(new Text(lines))) {
      camel.addRoutes(
          new BatchRoute(
              item -> {
                most.accumulateAndGet(running.incrementAndGet(), Math::max);
                running.decrementAndGet();
                return new BatchResult(
                    item.line(),
                    item.source(),
                    item.destination(),
                    item.importId(),
                    BatchResult.IMPORTED,
                    null,
                    null,
                    null,
                    null,
                    0);
              },
              jobs,
              tally::add));
      camel.start();
      camel
          .createProducerTemplate()
          .sendBody(
              BatchRoute.ENDPOINT,
              new BatchIntake(
                  list,
                  BatchIntakeTest.terms("s3://images/{relpath}/"),
                  item -> true,
                  () -> false));
      jobs.shutdown();
      jobs.awaitTermination(1, TimeUnit.MINUTES);
    }
    System.out.println(tally.totals().results() + " " + tally.totals().errors());
    System.out.println(most.get() <= 4 ? "bounded" : "unbounded: " + most);
  }

  /** The list, made while it is read. */
  private static final class Text extends InputStream {
    private final int lines;
    private int line;
    private byte[] ahead = "source\n".getBytes(StandardCharsets.UTF_8);
    private int position;

    Text(int lines) {
      this.lines = lines;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] target, int offset, int length) {
      int count = 0;
      while (count < length) {
        if (position == ahead.length) {
          if (line == lines) {
            return count == 0 ? -1 : count;
          }
          line++;
          String name =
              line % 10 == 0 ? "\"unclosed-" + line : "s3://exports/2026/" + line + ".raw";
          ahead = (name + "\n").getBytes(StandardCharsets.UTF_8);
          position = 0;
        }
        int some = Math.min(length - count, ahead.length - position);
        System.arraycopy(ahead, position, target, offset + count, some);
        position += some;
        count += some;
      }
      return count;
    }
  }
}
