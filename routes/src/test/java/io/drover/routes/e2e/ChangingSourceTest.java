package io.drover.routes.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.imports.Destination;
import io.drover.converter.imports.ImportRequest;
import io.drover.converter.imports.Phase;
import io.drover.converter.storage.RandomAccessSource;
import io.drover.routes.app.DroverApp;
import io.drover.routes.config.Key;
import io.drover.routes.config.Settings;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Somebody writes to the file while lanes read it. */
class ChangingSourceTest {
  private static final int SIZE = 17 << 20;

  private static DroverApp app;

  @TempDir private Path directory;

  private enum Change {
    APPENDED {
      @Override
      void happen(Path file) throws IOException {
        Files.write(file, new byte[512], java.nio.file.StandardOpenOption.APPEND);
      }
    },
    REWRITTEN_WITH_ITS_TIME_RESTORED {
      @Override
      void happen(Path file) throws IOException {
        FileTime modified = Files.getLastModifiedTime(file);
        try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
          bytes.seek(bytes.length() - 5000);
          bytes.write(1);
        }
        Files.setLastModifiedTime(file, modified);
      }
    },
    TRUNCATED {
      @Override
      void happen(Path file) throws IOException {
        try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
          bytes.setLength(bytes.length() / 2);
        }
      }
    },
    REPLACED {
      @Override
      void happen(Path file) throws IOException {
        Path other = Files.copy(file, file.resolveSibling("other"));
        Files.move(other, file, StandardCopyOption.ATOMIC_MOVE);
      }
    },
    DELETED {
      @Override
      void happen(Path file) throws IOException {
        Files.delete(file);
      }
    };

    abstract void happen(Path file) throws IOException;
  }

  @BeforeAll
  static void start() throws Exception {
    app = Servers.app(2);
  }

  @AfterAll
  static void stop() {
    app.close();
  }

  static Stream<Arguments> cases() {
    return EnumSet.allOf(Change.class).stream()
        .flatMap(
            change ->
                Stream.of("raw", "qcow2")
                    .flatMap(
                        format ->
                            Stream.of(1, 12).map(read -> Arguments.of(change, format, read))));
  }

  @ParameterizedTest(name = "{0} {1} at read {2}")
  @MethodSource("cases")
  void isRefusedAndLeavesNothing(Change change, String format, int read) throws Exception {
    Path raw = Contents.FULL.write(directory.resolve("disk.raw"), SIZE, 7);
    SourceImage source =
        format.equals("raw")
            ? SourceImage.raw(raw)
            : ConvertedImages.convert(directory, raw, "", "");
    Destination destination = Servers.destination();
    ImportRequest request = source.request(destination, SourceImage.options(64 << 10, true));
    AtomicInteger reads = new AtomicInteger();
    ImportRequest watched =
        new ImportRequest(
            request.importId(),
            request.source(),
            () ->
                new WatchedSource(
                    (RandomAccessSource) request.opener().open(),
                    () -> {
                      if (transferring() && reads.incrementAndGet() == read) {
                        change.happen(source.file());
                      }
                    }),
            request.format(),
            destination,
            request.options(),
            request.policy());
    ImportException refusal =
        assertTimeout(
            Duration.ofMinutes(5),
            () ->
                assertThrows(ImportException.class, () -> app.run(watched), "nothing was noticed"));
    assertTrue(reads.get() >= read, "the lanes read " + reads + " times");
    assertTrue(
        Set.of(ErrorCode.SOURCE_CHANGED, ErrorCode.SOURCE_TRUNCATED).contains(refusal.code()),
        refusal.code() + ": " + refusal.getMessage());
    Servers.assertNothingAt(destination);
  }

  /** A writer that stands still, or storage that hardly answers: the limit on time ends it. */
  @Test
  void aSourceThatStallsIsGivenUp() throws Exception {
    Settings settings =
        Servers.settings()
            .with(Key.PARALLEL, "2")
            .with(Key.PROGRESS_INTERVAL, "100ms")
            .with(Key.MAX_DURATION, "1s");
    SourceImage source =
        SourceImage.raw(Contents.FULL.write(directory.resolve("disk.raw"), SIZE, 7));
    Destination destination = Servers.destination();
    ImportRequest request = source.request(destination, SourceImage.options(64 << 10, true));
    ImportRequest slow =
        new ImportRequest(
            request.importId(),
            request.source(),
            () ->
                new WatchedSource(
                    (RandomAccessSource) request.opener().open(), ChangingSourceTest::stall),
            request.format(),
            destination,
            request.options(),
            request.policy());
    try (DroverApp patient = DroverApp.start(settings, Servers.openStore())) {
      ImportException refusal =
          assertTimeout(
              Duration.ofMinutes(5),
              () -> assertThrows(ImportException.class, () -> patient.run(slow)));
      assertEquals(ErrorCode.EXPANSION_LIMIT, refusal.code(), refusal.getMessage());
      assertTrue(refusal.getMessage().contains("drover.max-duration"), refusal.getMessage());
    }
    Servers.assertNothingAt(destination);
  }

  private static void stall() throws IOException {
    try {
      Thread.sleep(400);
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  /** Whether the plan is made and the lanes are at work. */
  private static boolean transferring() {
    return app.active().list().stream().anyMatch(run -> run.progress().phase() == Phase.TRANSFER);
  }
}
