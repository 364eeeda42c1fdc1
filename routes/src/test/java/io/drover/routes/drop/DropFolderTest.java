package io.drover.routes.drop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DropFolderTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private Path inbox;
  private DropFolder folder;

  @BeforeEach
  void open() throws IOException {
    inbox = inbox.toRealPath();
    folder = new DropFolder(inbox);
  }

  @AfterEach
  void unlock() throws IOException {
    folder.unlock();
  }

  @Test
  void aClaimedFileIsInOnePlaceOnly() throws Exception {
    Path file = write("a/b/disk.raw", "x");
    Claimed claimed = folder.claim(file).orElseThrow();
    assertEquals(Path.of("a/b/disk.raw"), claimed.place());
    assertEquals("disk.raw", claimed.name());
    assertEquals(
        inbox.resolve(".inprogress/" + claimed.importId() + "/a/b/disk.raw"), claimed.path());
    assertFalse(Files.exists(file));
    assertEquals("x", Files.readString(claimed.path()));
    assertTrue(claimed.importId().matches("[a-z2-7]{20}"));
  }

  @Test
  void theIdFollowsFromPlaceAndFile() throws Exception {
    Path file = write("disk.raw", "x");
    Claimed first = folder.claim(file).orElseThrow();
    folder.release(first);
    Files.move(first.path(), file);
    assertEquals(first.importId(), folder.claim(file).orElseThrow().importId());
    assertNotEquals(
        first.importId(), folder.claim(write("disk.raw", "xy")).orElseThrow().importId());
  }

  @Test
  void ofTwoClaimsOneWins() throws Exception {
    ExecutorService pool = Executors.newFixedThreadPool(4);
    try {
      for (int round = 0; round < 100; round++) {
        Path file = write("disk-" + round + ".raw", "x");
        CyclicBarrier together = new CyclicBarrier(4);
        Callable<Optional<Claimed>> claim =
            () -> {
              together.await();
              return folder.claim(file);
            };
        List<Claimed> won = new ArrayList<>();
        for (Future<Optional<Claimed>> outcome :
            pool.invokeAll(List.of(claim, claim, claim, claim))) {
          outcome.get().ifPresent(won::add);
        }
        assertEquals(1, won.size());
        // the losers must not have released what the winner holds
        assertEquals(List.of(), folder.unfinished());
        folder.done(won.get(0));
      }
    } finally {
      pool.shutdownNow();
    }
    assertEquals(List.of(), files(".inprogress"));
    assertEquals(100, files(".done").size());
  }

  @Test
  void aFileThatIsGoneIsNotClaimedAndLeavesNothing() throws Exception {
    assertEquals(Optional.empty(), folder.claim(inbox.resolve("gone.raw")));
    assertEquals(List.of(), entries(".inprogress"));
  }

  @Test
  void whatIsDoneKeepsItsPlace() throws Exception {
    Claimed claimed = claim("a/b/disk.raw", "x");
    folder.done(claimed);
    assertEquals(List.of("a/b/disk.raw"), files(".done"));
    assertEquals(List.of(), entries(".inprogress"));
  }

  @Test
  void aSecondFileOfThatNameDoesNotReplaceTheFirst() throws Exception {
    folder.done(claim("disk.raw", "first"));
    Claimed second = claim("disk.raw", "second one");
    folder.done(second);
    Claimed third = claim("disk.raw", "the third one");
    folder.done(third);
    assertEquals("first", Files.readString(inbox.resolve(".done/disk.raw")));
    assertEquals(
        "second one", Files.readString(inbox.resolve(".done/" + second.importId() + "/disk.raw")));
    assertEquals(
        "the third one",
        Files.readString(inbox.resolve(".done/" + third.importId() + "/disk.raw")));
    assertEquals(3, files(".done").size());
  }

  @Test
  void failedFilesCollideAlikeAndEachHasItsReason() throws Exception {
    folder.failed(claim("disk.raw", "first"), refused("one"));
    Claimed second = claim("disk.raw", "second one");
    folder.failed(second, refused("two"));
    String own = second.importId() + "/disk.raw";
    assertEquals(
        Stream.of("disk.raw", "disk.raw.error.json", own, own + ".error.json").sorted().toList(),
        files(".failed"));
    assertEquals("one", error("disk.raw.error.json").path("error").path("message").asText());
    assertEquals("two", error(own + ".error.json").path("error").path("message").asText());
  }

  @Test
  void aFileWhereAFolderWasIsNoObstacle() throws Exception {
    folder.done(claim("a", "a file called a"));
    Claimed shallow = claim("a/disk.raw", "x");
    folder.done(shallow);
    Files.delete(inbox.resolve("a"));
    Claimed deep = claim("a/b/c/disk.raw", "y");
    folder.done(deep);
    assertEquals(
        Stream.of("a", shallow.importId() + "/disk.raw", deep.importId() + "/disk.raw")
            .sorted()
            .toList(),
        files(".done"));
  }

  @Test
  void aFolderWhereAFileGoesIsNoObstacle() throws Exception {
    folder.done(claim("disk.raw/inner.raw", "inner"));
    Files.delete(inbox.resolve("disk.raw"));
    Claimed outer = claim("disk.raw", "outer");
    folder.done(outer);
    assertEquals(
        Stream.of("disk.raw/inner.raw", outer.importId() + "/disk.raw").sorted().toList(),
        files(".done"));
  }

  @Test
  void theReasonIsMachineReadable() throws Exception {
    Claimed claimed = claim("x/a\nb.raw", "x");
    folder.failed(
        claimed, ImportException.refused(ErrorCode.QCOW2_L1, 4096, "L1 table at offset 4096"));
    JsonNode report = error("x/a\nb.raw.error.json");
    assertEquals(claimed.importId(), report.path("importId").asText());
    assertEquals("x/a\\nb.raw", report.path("source").asText());
    assertTrue(report.path("failedAt").asText().matches("\\d{4}-\\d\\d-\\d\\dT[0-9:.]+Z"));
    assertEquals("QCOW2_L1", report.path("error").path("code").asText());
    assertEquals("L1 table at offset 4096", report.path("error").path("message").asText());
    assertEquals(4096, report.path("error").path("offset").asLong());
    folder.failed(claim("plain.raw", "x"), refused("why"));
    assertFalse(error("plain.raw.error.json").path("error").has("offset"));
  }

  @Test
  void namesAsLongAsTheyMayBeHaveTheirReasonToo() throws Exception {
    for (String name :
        List.of(
            "n".repeat(251) + ".raw",
            "\u00e9".repeat(125) + ".raw",
            "a" + "\ud83d\ude00".repeat(62) + ".raw")) {
      assertTrue(name.getBytes(StandardCharsets.UTF_8).length >= 245);
      folder.failed(claim(name, "x"), refused("why"));
      assertTrue(Files.exists(inbox.resolve(".failed").resolve(name)));
    }
    List<String> reasons =
        files(".failed").stream().filter(name -> name.endsWith(".error.json")).toList();
    assertEquals(3, reasons.size());
    for (String reason : reasons) {
      assertEquals("SOURCE_EMPTY", error(reason).path("error").path("code").asText());
    }
  }

  @Test
  void aRestartFindsWhatWasUnderWay() throws Exception {
    Claimed deep = claim("a/b/disk.raw", "x");
    Claimed odd = claim("${bean:x} {id}.raw", "y");
    assertEquals(List.of(), folder.unfinished());
    DropFolder restarted = new DropFolder(inbox);
    List<Claimed> found = restarted.unfinished();
    assertEquals(
        Stream.of(deep, odd).sorted((a, b) -> a.importId().compareTo(b.importId())).toList(),
        found);
    assertEquals(List.of(), restarted.unfinished(), "they are under way now");
    restarted.release(deep);
    assertEquals(List.of(deep), restarted.unfinished());
    restarted.done(deep);
    restarted.failed(odd, refused("why"));
    assertEquals(List.of(), restarted.unfinished());
    assertEquals(List.of(), entries(".inprogress"));
  }

  @Test
  void whatAKillLeftEmptyIsRemoved() throws Exception {
    Claimed claimed = claim("a/b/disk.raw", "x");
    assertEquals(1, folder.beginAttempt(claimed));
    Files.delete(claimed.path());
    Files.createDirectories(inbox.resolve(".inprogress/" + "b".repeat(20) + "/x/y"));
    assertEquals(List.of(), new DropFolder(inbox).unfinished());
    assertEquals(List.of(), entries(".inprogress"));
  }

  @Test
  void whatIsNotOursIsLeftAlone() throws Exception {
    write(".inprogress/notes/todo.txt", "x");
    write(".inprogress/readme", "x");
    assertEquals(List.of(), folder.unfinished());
    assertEquals(List.of("notes/todo.txt", "readme"), files(".inprogress"));
  }

  @Test
  void attemptsAreCountedAcrossRestarts() throws Exception {
    Claimed claimed = claim("disk.raw", "x");
    assertEquals(1, folder.beginAttempt(claimed));
    assertEquals(2, folder.beginAttempt(claimed));
    DropFolder restarted = new DropFolder(inbox);
    assertEquals(List.of(claimed), restarted.unfinished());
    assertEquals(3, restarted.beginAttempt(claimed));
    restarted.done(claimed);
    assertEquals(List.of("disk.raw"), files(".done"));
    assertEquals(List.of(), entries(".inprogress"));
  }

  @Test
  void attemptsGoOnWhereAFailedFileIsPutBack() throws Exception {
    Claimed claimed = claim("a/disk.raw", "x");
    assertEquals(1, folder.beginAttempt(claimed));
    folder.failed(claimed, refused("one"));
    // by hand, before a restart
    Files.move(inbox.resolve(".failed/a/disk.raw"), inbox.resolve("a/disk.raw"));
    DropFolder restarted = new DropFolder(inbox);
    Claimed again = restarted.claim(inbox.resolve("a/disk.raw")).orElseThrow();
    assertEquals(claimed, again);
    assertEquals(2, restarted.beginAttempt(again));
    assertEquals(List.of(), files(".failed"), "the reason is history");
    restarted.failed(again, refused("two"));
    // by the page
    assertEquals(inbox.resolve("a/disk.raw"), restarted.retry(again.importId()).orElseThrow());
    Claimed third = restarted.claim(inbox.resolve("a/disk.raw")).orElseThrow();
    assertEquals(3, restarted.beginAttempt(third));
    restarted.done(third);
    Claimed other = claim("a/disk.raw", "another");
    assertEquals(1, restarted.beginAttempt(other));
  }

  @Test
  void linksAreMovedAndNotFollowed() throws Exception {
    Path outside = Files.createDirectory(inbox.resolve(".outside"));
    Path link = Files.createSymbolicLink(inbox.resolve("link.raw"), outside);
    Claimed claimed = folder.claim(link).orElseThrow();
    assertEquals(List.of(claimed), new DropFolder(inbox).unfinished());
    folder.failed(claimed, refused("a link"));
    assertTrue(Files.isSymbolicLink(inbox.resolve(".failed/link.raw")));
    assertTrue(Files.isDirectory(outside));
  }

  @Test
  void oneServiceAtATime() throws Exception {
    folder.lock();
    DropFolder second = new DropFolder(inbox);
    ImportException refused = assertThrows(ImportException.class, second::lock);
    assertEquals(ErrorCode.SOURCE_READ_ERROR, refused.code());
    folder.unlock();
    second.lock();
    second.unlock();
  }

  @Test
  void aFolderThatIsNoneIsRefused() throws Exception {
    Path file = write("file", "x");
    assertThrows(ImportException.class, () -> new DropFolder(inbox.resolve("missing")));
    assertThrows(ImportException.class, () -> new DropFolder(file));
  }

  private Claimed claim(String place, String content) throws IOException {
    return folder.claim(write(place, content)).orElseThrow();
  }

  private Path write(String place, String content) throws IOException {
    Path file = inbox.resolve(place);
    Files.createDirectories(file.getParent());
    return Files.writeString(file, content);
  }

  private JsonNode error(String place) throws IOException {
    return JSON.readTree(inbox.resolve(".failed").resolve(place).toFile());
  }

  private static ImportException refused(String message) {
    return ImportException.refused(ErrorCode.SOURCE_EMPTY, message);
  }

  /** All that lies below, but folders and the lock. */
  private List<String> files(String directory) throws IOException {
    Path root = inbox.resolve(directory);
    try (Stream<Path> below = Files.walk(root)) {
      return below
          .filter(path -> !Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS))
          .map(path -> root.relativize(path).toString())
          .filter(path -> !path.equals(".lock"))
          .sorted()
          .toList();
    }
  }

  private List<String> entries(String directory) throws IOException {
    try (Stream<Path> entries = Files.list(inbox.resolve(directory))) {
      return entries.map(path -> path.getFileName().toString()).sorted().toList();
    }
  }
}
