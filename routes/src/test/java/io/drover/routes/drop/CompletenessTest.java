package io.drover.routes.drop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Time is an argument here: nothing waits. */
class CompletenessTest {
  private static final long SECOND = 1_000_000_000L;

  @TempDir private Path directory;
  private final Completeness completeness = new Completeness(Duration.ofSeconds(2));
  private Path file;

  @BeforeEach
  void write() throws IOException {
    file = Files.writeString(directory.resolve("disk.raw"), "first");
  }

  @Test
  void aFileThatStandsStillIsComplete() {
    assertFalse(at(10.0));
    assertFalse(at(11.9));
    assertTrue(at(12.0));
    assertTrue(at(99.0));
  }

  @Test
  void agesDoNotCountOnlyWhatWasSeen() throws IOException {
    Files.setLastModifiedTime(file, FileTime.fromMillis(0));
    assertFalse(at(10.0));
  }

  @Test
  void aGrowingFileIsNot() throws IOException {
    for (double second = 10; second < 20; second++) {
      Files.writeString(file, "more", StandardOpenOption.APPEND);
      assertFalse(at(second));
    }
    assertFalse(at(20.9));
    assertTrue(at(21.0));
  }

  @Test
  void norOneThatIsRewrittenInPlaceWithItsTimeSetBack() throws Exception {
    FileTime before = Files.getLastModifiedTime(file);
    assertFalse(at(10.0));
    changeTimeMustPass();
    Files.writeString(file, "FIRST", StandardOpenOption.WRITE);
    Files.setLastModifiedTime(file, before);
    assertEquals(5, Files.size(file));
    assertFalse(at(12.5), "the change time tells, though size and modification time do not");
    assertTrue(at(14.5));
  }

  @Test
  void norOneThatWasReplaced() throws IOException {
    FileTime before = Files.getLastModifiedTime(file);
    assertFalse(at(10.0));
    Path other = Files.writeString(directory.resolve("other"), "other");
    Files.setLastModifiedTime(other, before);
    Files.move(other, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    assertFalse(at(12.5));
    assertTrue(at(14.5));
  }

  @Test
  void aFileThatIsGoneIsNotComplete() throws IOException {
    assertFalse(at(10.0));
    Files.delete(file);
    assertFalse(at(12.5));
  }

  @Test
  void aLinkIsLookedAtItself() throws IOException {
    Path link = Files.createSymbolicLink(directory.resolve("link.raw"), Path.of("missing"));
    assertFalse(completeness.complete(link, 10 * SECOND));
    assertTrue(completeness.complete(link, 12 * SECOND));
  }

  @Test
  void forgetsWhatAPollDidNotSee() throws IOException {
    completeness.nextRound();
    assertFalse(at(10.0));
    Path other = Files.writeString(directory.resolve("other.raw"), "x");
    completeness.complete(other, 10 * SECOND);
    assertEquals(2, completeness.watched());
    completeness.nextRound();
    assertFalse(at(11.0));
    completeness.nextRound();
    assertEquals(1, completeness.watched());
    assertTrue(at(12.0));
    completeness.nextRound();
    completeness.nextRound();
    assertEquals(0, completeness.watched());
  }

  private boolean at(double second) {
    return completeness.complete(file, (long) (second * SECOND));
  }

  /** The kernel's clock for file times ticks a few hundred times a second. */
  private void changeTimeMustPass() throws IOException {
    Object before = Files.getAttribute(file, "unix:ctime");
    Path probe = directory.resolve("probe");
    do {
      Files.deleteIfExists(probe);
      Files.createFile(probe);
    } while (Files.getAttribute(probe, "unix:ctime").equals(before));
  }
}
