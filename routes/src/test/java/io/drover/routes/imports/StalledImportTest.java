package io.drover.routes.imports;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.image.ImageFormat;
import io.drover.converter.image.ReadPolicy;
import io.drover.converter.imports.Destination;
import io.drover.converter.imports.ImportOptions;
import io.drover.converter.imports.ImportRequest;
import io.drover.converter.imports.Importer;
import io.drover.converter.imports.MemoryBudget;
import io.drover.converter.imports.Progress;
import io.drover.converter.object.InMemoryObjectStore;
import io.drover.converter.storage.RandomAccessSource;
import io.drover.converter.storage.SourceIdentity;
import io.drover.routes.event.EventType;
import io.drover.routes.event.ImportEvent;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.camel.CamelExecutionException;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A source that hangs, as a file on a network mount does whose server is gone. */
class StalledImportTest {
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final List<ImportEvent> events = new CopyOnWriteArrayList<>();
  private final CountDownLatch mount = new CountDownLatch(1);
  private final InMemoryObjectStore store = new InMemoryObjectStore("images");
  private final ExecutorService lanes = Executors.newFixedThreadPool(2);
  private final ExecutorService command = Executors.newSingleThreadExecutor();
  private final DefaultCamelContext camel = new DefaultCamelContext();

  /** Begun and not ended. */
  private final AtomicInteger traces = new AtomicInteger();

  private ActiveImports active;

  @BeforeEach
  void start() throws Exception {
    active =
        new ActiveImports(
            events::add,
            Duration.ofMillis(20),
            new ImportRun.Limits(Duration.ofHours(1), Duration.ofSeconds(2)));
    Importer importer = new Importer(store, new MemoryBudget(64 << 20), "", Duration.ofSeconds(5));
    Tracing counting =
        (request, origin) -> {
          traces.incrementAndGet();
          return new Tracing.Trace() {
            @Override
            public void end(Progress progress, int attempt, Optional<ImportException> failure) {
              traces.decrementAndGet();
            }
          };
        };
    camel.addRoutes(new ImportRoute(importer, active, counting, lanes));
    camel.start();
  }

  @AfterEach
  void stop() {
    mount.countDown();
    camel.stop();
    active.close();
    lanes.shutdownNow();
    command.shutdownNow();
  }

  @Test
  void itIsToldWhoIsWaitedForAndGoesOnWhenThatIsBack() throws Exception {
    Future<Object> manifest = submit(4 << 20, 5 << 20);
    // a machine under load may be slow to open it, too
    await().atMost(PATIENCE).until(() -> !silences().isEmpty());
    mount.countDown();
    manifest.get();
    assertEquals(EventType.COMPLETED, events.get(events.size() - 1).type());
    // and stand still more than once, but not at the same place
    List<ImportEvent.Bytes> told = silences();
    assertEquals(told.stream().distinct().toList(), told, "told once");
  }

  /** How far the import was whenever it was told that nothing comes from the source. */
  private List<ImportEvent.Bytes> silences() {
    return events.stream()
        .filter(event -> event.type() == EventType.RETRYING)
        .filter(event -> event.error().code().equals("SOURCE_READ_ERROR"))
        .filter(event -> event.error().message().contains("hanging.raw has given no byte"))
        .map(ImportEvent::bytes)
        .toList();
  }

  @Test
  void thatItIsNotEvenOpenIsToldToo() throws Exception {
    Future<Object> manifest = submit(0, 512);
    await().atMost(PATIENCE).until(() -> types().contains(EventType.RETRYING));
    assertEquals(List.of(EventType.ACCEPTED, EventType.RETRYING), types());
    mount.countDown();
    manifest.get();
    assertEquals(EventType.COMPLETED, events.get(events.size() - 1).type());
  }

  @Test
  void itCanBeCancelledMeanwhile() throws Exception {
    Future<Object> manifest = submit(4 << 20, 5 << 20);
    // not that it is slow to open: then nothing was begun yet
    await().atMost(PATIENCE).until(() -> !silences().isEmpty());
    active.cancelAll();
    // the reader cannot be woken: whoever ends the process does not wait for it
    active.giveUpAll();
    ImportEvent last = events.get(events.size() - 1);
    assertEquals(EventType.PAUSED, last.type());
    assertEquals("CANCELLED", last.error().code());
    int told = events.size();
    mount.countDown();
    Exception ended = assertThrows(Exception.class, manifest::get);
    assertTrue(ended.getCause() instanceof CamelExecutionException, ended.toString());
    assertEquals(ErrorCode.CANCELLED, ((ImportException) ended.getCause().getCause()).code());
    assertEquals(told, events.size(), "nothing comes after the end");
    assertEquals(1, store.openUploads("images", "a/").size(), "it can be gone on with");
    assertEquals(0, traces.get(), "what was begun has ended");
  }

  @Test
  void whatComesAsTheProcessEndsIsRefusedAndItsTraceEnds() throws Exception {
    active.cancelAll();
    Exception refused = assertThrows(Exception.class, submit(0, 512)::get);
    assertEquals(ErrorCode.CANCELLED, ((ImportException) refused.getCause().getCause()).code());
    assertEquals(0, traces.get(), "what was begun has ended");
    assertTrue(events.isEmpty(), events.toString());
  }

  private List<EventType> types() {
    return events.stream().map(ImportEvent::type).toList();
  }

  private Future<Object> submit(long from, long to) throws Exception {
    ImportRequest request =
        new ImportRequest(
            "id",
            "hanging.raw",
            () -> new Hanging(from, to),
            Optional.of(ImageFormat.RAW),
            Destination.parse("s3://images/a/"),
            ImportOptions.DEFAULT,
            ReadPolicy.DEFAULT);
    return command.submit(
        () ->
            camel
                .createProducerTemplate()
                .requestBodyAndHeader(ImportRoute.ENDPOINT, request, ImportRoute.ATTEMPT, 1));
  }

  /** A range of it can be read when the mount is back. */
  private final class Hanging implements RandomAccessSource {
    private final long from;
    private final long to;

    Hanging(long from, long to) {
      this.from = from;
      this.to = to;
    }

    @Override
    public String uri() {
      return "hanging.raw";
    }

    @Override
    public long size() {
      return 8 << 20;
    }

    @Override
    public SourceIdentity identity() {
      return new SourceIdentity(Map.of("name", "hanging"));
    }

    @Override
    public void readFully(long offset, ByteBuffer target) {
      if (offset < to && offset + target.remaining() > from) {
        try {
          mount.await();
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
      }
      while (target.hasRemaining()) {
        target.put((byte) 1);
      }
    }

    @Override
    public void requireUnchanged() {
      // it never changes
    }

    @Override
    public void close() {
      // nothing to close
    }
  }
}
