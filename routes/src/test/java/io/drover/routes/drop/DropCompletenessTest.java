package io.drover.routes.drop;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.drover.converter.verify.VerifyReport;
import io.drover.routes.config.Key;
import io.drover.routes.config.Settings;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import org.apache.camel.Exchange;
import org.apache.camel.component.file.GenericFile;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** No half file is ever taken, by each of the three ways to tell that a file is whole. */
class DropCompletenessTest {
  private static final int STEP = 64 << 10;
  private static final int STEPS = 20;
  private static final Duration SETTLE = Duration.ofSeconds(3);

  @TempDir private Path inbox;

  @Test
  void aGrowingFileIsNotTakenBeforeItStandsStill() throws Exception {
    int attempt = 1;
    while (!isTakenWhole("growing-" + attempt)) {
      attempt++;
    }
  }

  /** False if the machine held the writing up for so long that the file did stand still. */
  private boolean isTakenWhole(String name) throws Exception {
    Path folder = Files.createDirectory(inbox.resolve(name));
    Settings settings = DropServers.settings().with(Key.INBOX_SETTLE, SETTLE.toMillis() + "ms");
    try (DropService service =
        DropService.start(folder, name + "/", settings, DropServers.store())) {
      service.drop("still.raw", new byte[512]);
      long last = System.nanoTime();
      for (int step = 0; step < STEPS; step++) {
        long now = System.nanoTime();
        boolean there = grow(folder.resolve("growing.raw"), step == 0);
        if (System.nanoTime() - last >= SETTLE.toNanos()) {
          return false;
        }
        assertTrue(there, "taken after " + step + " of " + STEPS + " writes");
        last = now;
        Thread.sleep(200);
      }
      service.awaitEnded(2);
      assertEquals(List.of("growing.raw", "still.raw"), service.done());
      assertTrue(
          service.verifyAll().stream()
              .anyMatch(report -> report.virtualSize() == (long) STEP * STEPS));
      return true;
    }
  }

  /** Whether the file was still there. */
  private static boolean grow(Path file, boolean first) throws IOException {
    OpenOption[] options =
        first
            ? new OpenOption[] {StandardOpenOption.CREATE_NEW, StandardOpenOption.APPEND}
            : new OpenOption[] {StandardOpenOption.APPEND};
    try {
      Files.write(file, new byte[STEP], options);
      return true;
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  @Test
  void aFileIsLookedAtAgainWhenItsTurnComes() throws Exception {
    DropFolder folder = new DropFolder(inbox);
    DropSettings settings =
        new DropSettings(
            inbox, true, Duration.ofMillis(50), Duration.ofMillis(300), "", "s3://images/x/", 1);
    DropFilter filter = new DropFilter(settings, link -> {});
    ClaimStrategy strategy = new ClaimStrategy(folder, filter);
    Path path = Files.write(inbox.resolve("disk.raw"), new byte[512]);
    GenericFile<File> file = new GenericFile<>();
    file.setFile(path.toFile());
    try (DefaultCamelContext camel = new DefaultCamelContext()) {
      Exchange exchange = new DefaultExchange(camel);
      await().atMost(DropService.PATIENCE).until(() -> filter.accept(file));
      // it waits behind imports that take hours, and somebody begins to replace it
      Files.write(path, new byte[4096], StandardOpenOption.APPEND);
      assertFalse(strategy.begin(null, null, exchange, file));
      assertTrue(Files.exists(path));
      await().atMost(DropService.PATIENCE).until(() -> strategy.begin(null, null, exchange, file));
      assertFalse(Files.exists(path));
    }
  }

  @Test
  void withMarkersOnlyAMarkedFileIsTakenAndItsMarkerIsUsedUp() throws Exception {
    Settings settings =
        DropServers.settings().with(Key.INBOX_DONE_FILE, ".done").with(Key.INBOX_SETTLE, "0ms");
    try (DropService service = DropService.start(inbox, "marked/", settings, DropServers.store())) {
      Files.write(inbox.resolve("half.raw"), new byte[512]);
      Files.write(inbox.resolve("whole.raw"), new byte[1024]);
      Files.createDirectory(inbox.resolve("half.raw.done"));
      Files.createFile(inbox.resolve("whole.raw.done"));
      Files.createFile(inbox.resolve("later.raw.done"));
      service.awaitEnded(1);
      assertEquals(List.of("whole.raw"), service.done());
      await()
          .atMost(DropService.PATIENCE)
          .until(() -> service.waiting().equals(List.of("half.raw", "later.raw.done")));
      // the next one of that name is not taken by the old marker
      Files.write(inbox.resolve("whole.raw"), new byte[2048]);
      Files.delete(inbox.resolve("half.raw.done"));
      Files.createFile(inbox.resolve("half.raw.done"));
      service.awaitEnded(2);
      assertEquals(List.of("half.raw", "whole.raw"), service.done());
      assertTrue(Files.exists(inbox.resolve("whole.raw")));
      assertEquals(2, service.verifyAll().size());
    }
  }

  @Test
  void aPartIsTakenOnceItIsRenamed() throws Exception {
    try (DropService service = DropService.start(inbox, "parts/")) {
      Path part = inbox.resolve("disk.raw.part");
      Files.write(part, new byte[512]);
      Files.write(inbox.resolve(".disk.raw.tmp"), new byte[512]);
      Files.write(inbox.resolve(".hidden.raw"), new byte[512]);
      Files.write(inbox.resolve("SHA256SUMS"), new byte[64]);
      Files.write(inbox.resolve("notes.txt"), new byte[64]);
      Files.write(Files.createDirectory(inbox.resolve(".cache")).resolve("x.raw"), new byte[512]);
      // whatever is taken, is taken by the time that this one is
      service.drop("other.raw", new byte[1024]);
      service.awaitEnded(1);
      assertEquals(List.of("other.raw"), service.done());
      Files.move(part, inbox.resolve("disk.raw"), StandardCopyOption.ATOMIC_MOVE);
      service.awaitEnded(2);
      assertEquals(List.of("disk.raw", "other.raw"), service.done());
      assertEquals(
          List.of(".cache/x.raw", ".disk.raw.tmp", ".hidden.raw", "SHA256SUMS", "notes.txt"),
          service.waiting());
    }
  }

  @Test
  void foldersKeepTheirShape() throws Exception {
    Path deep = inbox;
    for (int level = 1; level <= 40; level++) {
      deep = deep.resolve("l" + level);
    }
    Files.createDirectories(deep);
    Files.write(deep.resolve("deep.raw"), new byte[512]);
    Files.createDirectories(inbox.resolve("team a/vm"));
    Files.write(inbox.resolve("team a/vm/disk.raw"), new byte[1024]);
    Files.write(inbox.resolve("disk.raw"), new byte[1536]);
    try (DropService service = DropService.start(inbox, "folders/")) {
      service.awaitEnded(3);
      assertEquals(
          List.of("disk.raw", inbox.relativize(deep) + "/deep.raw", "team a/vm/disk.raw"),
          service.done());
      List<VerifyReport> imports = service.verifyAll();
      assertEquals(3, imports.size());
      assertTrue(
          imports.stream()
              .anyMatch(
                  report ->
                      report.destination().startsWith("s3://images/folders/team_a/vm/disk/")));
      service.awaitNothingInProgress();
    }
  }
}
