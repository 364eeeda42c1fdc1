package io.drover.routes.e2e;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.imports.Destination;
import io.drover.converter.imports.ImportRequest;
import io.drover.converter.imports.Phase;
import io.drover.converter.object.ByteArrayBody;
import io.drover.converter.object.ObjectLocation;
import io.drover.converter.object.ObjectSource;
import io.drover.routes.app.DroverApp;
import io.drover.sandbox.SandboxProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Somebody writes to the object while its ranges are read. */
class ChangingObjectTest {
  private static final int SIZE = 9 << 20;
  private static final Duration LIMIT = Duration.ofMinutes(5);

  /** Before any lane reads, between two ranges, and when all is read but the manifest is not. */
  private enum Moment {
    OPENED,
    FIRST_RANGE,
    LATER_RANGE,
    COMMIT
  }

  private enum Change {
    REPLACED {
      @Override
      void happen(ObjectLocation object, byte[] content) throws IOException {
        byte[] other = content.clone();
        other[other.length - 5000] ^= 1;
        put(object, other);
      }
    },
    SHORTENED {
      @Override
      void happen(ObjectLocation object, byte[] content) throws IOException {
        put(object, Arrays.copyOf(content, content.length / 2));
      }
    },
    LENGTHENED {
      @Override
      void happen(ObjectLocation object, byte[] content) throws IOException {
        put(object, Arrays.copyOf(content, content.length + 512));
      }
    },
    DELETED {
      @Override
      void happen(ObjectLocation object, byte[] content) throws IOException {
        Servers.store().delete(object);
      }
    };

    abstract void happen(ObjectLocation object, byte[] content) throws IOException;
  }

  private static DroverApp app;

  @TempDir private Path directory;

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
                Stream.concat(
                    EnumSet.allOf(Moment.class).stream()
                        .map(moment -> Arguments.of(change, moment, "raw")),
                    Stream.of(Arguments.of(change, Moment.LATER_RANGE, "qcow2"))));
  }

  @ParameterizedTest(name = "{0} {1} {2}")
  @MethodSource("cases")
  void isRefusedAndLeavesNothing(Change change, Moment moment, String format) throws Exception {
    Destination destination = Servers.destination();
    SourceImage image = image(format);
    byte[] content = Files.readAllBytes(image.file());
    ObjectLocation object = object(destination);
    put(object, content);
    AtomicInteger changes = new AtomicInteger();
    AtomicInteger reads = new AtomicInteger();
    ImportRequest request =
        request(
            image,
            destination,
            object,
            () -> {
              if (now(moment, reads) && changes.getAndIncrement() == 0) {
                change.happen(object, content);
              }
            });
    ImportException refusal =
        assertTimeout(LIMIT, () -> assertThrows(ImportException.class, () -> app.run(request)));
    assertTrue(changes.get() > 0, "it was never changed");
    assertEquals(ErrorCode.SOURCE_CHANGED, refusal.code(), refusal.getMessage());
    Servers.assertNothingAt(destination);
    Servers.store().delete(object);
  }

  /** What is read is the same, so nobody is refused. */
  @Test
  void theSameBytesAgainAreNoChange() throws Exception {
    Destination destination = Servers.destination();
    SourceImage image = image("raw");
    byte[] content = Files.readAllBytes(image.file());
    ObjectLocation object = object(destination);
    put(object, content);
    AtomicInteger reads = new AtomicInteger();
    app.run(
        request(
            image,
            destination,
            object,
            () -> {
              if (now(Moment.LATER_RANGE, reads)) {
                put(object, content);
              }
            }));
    assertTrue(reads.get() > 2, "the lanes read " + reads + " times");
    assertArrayEquals(
        content, Files.readAllBytes(Servers.directory(destination).resolve("disk.raw")));
  }

  private static boolean now(Moment moment, AtomicInteger reads) {
    Phase phase = app.active().list().get(0).progress().phase();
    return switch (moment) {
      case OPENED -> phase == Phase.VALIDATE;
      case FIRST_RANGE -> phase == Phase.TRANSFER && reads.incrementAndGet() == 1;
      case LATER_RANGE -> phase == Phase.TRANSFER && reads.incrementAndGet() == 3;
      case COMMIT -> phase == Phase.COMMIT;
    };
  }

  private SourceImage image(String format) throws Exception {
    Path raw = Contents.FULL.write(directory.resolve("disk.raw"), SIZE, 7);
    return format.equals("raw")
        ? SourceImage.raw(raw)
        : ConvertedImages.convert(directory, raw, "", "");
  }

  private static ObjectLocation object(Destination destination) {
    return new ObjectLocation(
        SandboxProcess.BUCKET, "sources/" + destination.prefix().replace('/', '-'));
  }

  private static void put(ObjectLocation object, byte[] content) throws IOException {
    Servers.store().put(object, new ByteArrayBody(content), Map.of(), false);
  }

  private static ImportRequest request(
      SourceImage image,
      Destination destination,
      ObjectLocation object,
      WatchedSource.Watcher watcher) {
    ImportRequest request = image.request(destination, SourceImage.options(64 << 10, true));
    return new ImportRequest(
        request.importId(),
        object.uri(),
        () -> new WatchedSource(ObjectSource.open(Servers.store(), object), watcher),
        request.format(),
        destination,
        request.options(),
        request.policy());
  }
}
