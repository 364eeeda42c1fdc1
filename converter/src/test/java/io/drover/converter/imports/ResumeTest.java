package io.drover.converter.imports;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.error.Outcome;
import io.drover.converter.manifest.Disk;
import io.drover.converter.manifest.Manifest;
import io.drover.converter.object.ByteArrayBody;
import io.drover.converter.object.CallScript;
import io.drover.converter.object.CallScript.Kind;
import io.drover.converter.object.InMemoryObjectStore;
import io.drover.converter.object.ObjectLocation;
import io.drover.converter.object.ObjectStore.OpenUpload;
import io.drover.converter.object.UploadLostException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An import that ends in the middle, one way or another, and is begun again. */
class ResumeTest {
  /** Cut into five parts of 5 MiB, or nearly so. */
  private static final int SIZE = 23 << 20;

  private static final String ID = "import-1";
  private static final ObjectLocation CHECKPOINT = ImportRig.DESTINATION.object(Checkpoint.NAME);

  @TempDir private Path directory;
  private final InMemoryObjectStore store = new InMemoryObjectStore("images");
  private Path disk;
  private byte[] bytes;
  private int parts;
  private Disk reference;

  @BeforeEach
  void writeDisk() throws IOException {
    bytes = new byte[SIZE];
    Random random = new Random(7);
    for (int at = 0; at < SIZE; at += 1 << 20) {
      // half of it zeros, found only by reading
      byte[] piece = new byte[random.nextInt(1 << 20)];
      random.nextBytes(piece);
      System.arraycopy(piece, 0, bytes, at, piece.length);
    }
    disk = Files.write(directory.resolve("disk.raw"), bytes);
    try (ImportSession session = rig().open("count")) {
      session.plan();
      parts = session.progress().partsTotal();
    }
    assertTrue(parts >= 3, parts + " parts");
    store.assertNoOpenUploads();
    assertEquals(List.of(), store.locations());
  }

  private ImportRig rig() {
    return new ImportRig(store, disk);
  }

  private void requireWhole(Manifest manifest) throws IOException {
    assertArrayEquals(bytes, store.bytes(ImportRig.DESTINATION.data()).orElseThrow());
    assertEquals(SIZE, manifest.bytes().data() + manifest.bytes().zero());
    assertEquals(reference(), manifest.disk());
    assertEquals(
        List.of("vm/disk.qcow2", "vm/disk.raw", "vm/manifest.json"),
        store.locations().stream().map(ObjectLocation::key).toList());
    store.assertNoOpenUploads();
  }

  /** What an import without any trouble says of the disk. */
  private Disk reference() throws IOException {
    if (reference == null) {
      reference = new ImportRig(new InMemoryObjectStore("images"), disk).run(ID).disk();
    }
    return reference;
  }

  @Test
  void whatWasFinishedIsNeitherReadNorSentAgain() throws Exception {
    rig().interrupt(ID, 2);
    assertEquals(1, store.openUploads("images", "vm/").size());
    int sent = store.script().count(Kind.UPLOAD_PART);
    ImportSession session = rig().open(ID);
    session.plan();
    assertTrue(session.resumed());
    assertEquals(2, session.attempt());
    Progress before = session.progress();
    assertEquals(2, before.partsDone());
    assertTrue(before.logical() > 0 && before.logical() == before.sent(), before.toString());
    assertEquals(0, before.read());
    Manifest manifest = runOn(session);
    assertEquals(parts - 2, store.script().count(Kind.UPLOAD_PART) - sent);
    requireWhole(manifest);
    Manifest straight = new ImportRig(new InMemoryObjectStore("images"), disk).run(ID);
    assertEquals(straight.bytes(), manifest.bytes());
    assertEquals(straight.parts(), manifest.parts());
    assertEquals(straight.objects().data(), manifest.objects().data());
  }

  private static Manifest runOn(ImportSession session) throws IOException {
    ImportRig.lanes(session, Integer.MAX_VALUE);
    Manifest manifest = session.commit().orElseThrow();
    session.close();
    return manifest;
  }

  @Test
  void killedBeforeAnyCallItIsFinishedByTheNextRunAndNothingIsLeft() throws Exception {
    InMemoryObjectStore trial = new InMemoryObjectStore("images");
    new ImportRig(trial, disk).run(ID);
    int calls = trial.script().calls().size();
    for (int kill = 1; kill <= calls; kill++) {
      InMemoryObjectStore killed = new InMemoryObjectStore("images");
      killed.script().killAt(kill, new IOException("killed"));
      boolean dead = false;
      try {
        new ImportRig(killed, disk).run(ID);
      } catch (IOException e) {
        dead = true;
        assertEquals("killed", e.getMessage());
      }
      killed.script().heal();
      // old enough for an upload that nobody knows of to be taken for left over
      killed.pass(Duration.ofHours(2));
      long confirmed = 0;
      for (OpenUpload upload : killed.openUploads("images", "vm/")) {
        confirmed += killed.resume(upload, Map.of()).orElseThrow().parts().size();
      }
      boolean published = killed.bytes(ImportRig.DESTINATION.data()).isPresent();
      int before = killed.script().calls().size();
      Manifest manifest;
      try {
        manifest = new ImportRig(killed, disk).run(ID);
      } catch (ImportException e) {
        assertEquals(ErrorCode.TARGET_EXISTS, e.code());
        assertTrue(!dead || kill == calls, "call " + kill + " of " + calls + ": " + e);
        continue;
      }
      String at = "killed at call " + kill + ", " + trial.script().calls().get(kill - 1);
      long sent =
          killed.script().calls().stream()
              .skip(before)
              .filter(call -> call.kind() == Kind.UPLOAD_PART)
              .count();
      assertEquals(published ? 0 : parts - confirmed, sent, at);
      assertArrayEquals(bytes, killed.bytes(ImportRig.DESTINATION.data()).orElseThrow(), at);
      assertEquals(reference(), manifest.disk(), at);
      assertEquals(3, killed.locations().size(), at + killed.locations());
      killed.assertNoOpenUploads();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aPartThatOnlyTheServerKnowsIsReadAndNotSent(boolean checksums) throws Exception {
    if (checksums) {
      store.listChecksums();
    }
    ImportSession session = rig().open(ID);
    session.plan();
    // no more checkpoints but the first
    store.script().failAll(Kind.PUT, ImportException.failed(ErrorCode.INTERNAL, "no", null));
    ImportRig.lanes(session, 2);
    store.script().heal();
    int sent = store.script().count(Kind.UPLOAD_PART);
    ImportSession next = rig().open(ID);
    next.plan();
    assertTrue(next.resumed());
    assertEquals(0, next.progress().partsDone());
    requireWhole(runOn(next));
    assertEquals(parts - 2, store.script().count(Kind.UPLOAD_PART) - sent);
  }

  @Test
  void aPartWithOtherBytesIsSentAgain() throws Exception {
    ImportSession session = rig().open(ID);
    session.plan();
    String upload = store.openUploads("images", "vm/").get(0).uploadId();
    byte[] other = new byte[8 << 20];
    store
        .resume(new OpenUpload(ImportRig.DESTINATION.data(), upload), Map.of())
        .orElseThrow()
        .upload(1, new ByteArrayBody(other));
    int sent = store.script().count(Kind.UPLOAD_PART);
    requireWhole(rig().run(ID));
    assertEquals(parts, store.script().count(Kind.UPLOAD_PART) - sent);
  }

  @Test
  void aSourceThatChangedIsBegunAnew() throws Exception {
    rig().interrupt(ID, 2);
    String old = store.openUploads("images", "vm/").get(0).uploadId();
    bytes[5] ^= 1;
    reference = null;
    Files.write(disk, bytes);
    ImportSession session = rig().open(ID);
    session.plan();
    assertFalse(session.resumed());
    assertEquals(2, session.attempt());
    List<OpenUpload> now = store.openUploads("images", "vm/");
    assertEquals(1, now.size());
    assertFalse(now.get(0).uploadId().equals(old), "the old upload is aborted");
    requireWhole(runOn(session));
  }

  @Test
  void theSameSourceUnderAnotherIdReplacesWhatNobodyWorksOn() throws Exception {
    rig().interrupt("other", 2);
    requireWhole(rig().run(ID));
  }

  @Test
  void anImportThatIsUnderWayIsNotDisturbed() throws Exception {
    ImportSession session = rig().open("other");
    session.plan();
    ImportRig.lanes(session, 1);
    ImportException refused = assertThrows(ImportException.class, () -> rig().open(ID));
    assertEquals(ErrorCode.TARGET_EXISTS, refused.code());
    assertTrue(refused.getMessage().contains("is being written"), refused.getMessage());
    assertThrows(ImportException.class, () -> rig().open(ID, ImportRig.OPTIONS.withRestart(true)));
    Manifest manifest = runOn(session);
    assertEquals("other", manifest.importId());
    requireWhole(manifest);
  }

  @Test
  void aWorkerThatHasBeenSilentForLongIsTakenForDead() throws Exception {
    ImportSession silent = rig().open("other");
    silent.plan();
    store.pass(CheckpointFile.SILENCE);
    requireWhole(rig().run(ID));
  }

  @Test
  void anUnfinishedImportOfAnotherSourceStays() throws Exception {
    Path another = Files.write(directory.resolve("another.raw"), new byte[6 << 20]);
    new ImportRig(store, another).interrupt("other", 1);
    ImportException refused = assertThrows(ImportException.class, () -> rig().open(ID));
    assertEquals(ErrorCode.TARGET_EXISTS, refused.code());
    assertTrue(refused.getMessage().contains("another.raw"), refused.getMessage());
    assertTrue(refused.getMessage().contains("--restart"), refused.getMessage());
    assertEquals(1, store.openUploads("images", "vm/").size());
    requireWhole(ImportRig.run(rig().open(ID, ImportRig.OPTIONS.withRestart(true))));
  }

  @Test
  void toldToItBeginsAnew() throws Exception {
    rig().interrupt(ID, 2);
    ImportSession session = rig().open(ID, ImportRig.OPTIONS.withRestart(true));
    session.plan();
    assertFalse(session.resumed());
    assertEquals(0, session.progress().partsDone());
    requireWhole(runOn(session));
  }

  @Test
  void otherPartsAreCutAnew() throws Exception {
    rig().interrupt(ID, 2);
    ImportOptions larger =
        new ImportOptions(
            ImportRig.OPTIONS.clusterSize(),
            true,
            12 << 20,
            ImportRig.OPTIONS.sourceSha256(),
            ImportOptions.Existing.REFUSE);
    ImportSession session = rig().open(ID, larger);
    session.plan();
    assertFalse(session.resumed());
    requireWhole(runOn(session));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 100, -1, -20, 400})
  void aDamagedCheckpointIsNoReasonToFail(int place) throws Exception {
    rig().interrupt(ID, 3);
    byte[] json = store.bytes(CHECKPOINT).orElseThrow();
    byte[] damaged =
        place < 0 ? Arrays.copyOf(json, json.length + place) : place == 0 ? new byte[0] : json;
    if (place > 0) {
      damaged[place] ^= 1;
    }
    store.put(CHECKPOINT, new ByteArrayBody(damaged), Map.of(), false);
    requireWhole(rig().run(ID));
  }

  @Test
  void anUploadThatIsGoneIsBegunAnew() throws Exception {
    rig().interrupt(ID, 3);
    store.abort(store.openUploads("images", "vm/").get(0));
    requireWhole(rig().run(ID));
  }

  @Test
  void anUploadAbortedInTheMiddleIsBegunAnewOnce() throws Exception {
    ImportSession session = rig().open(ID);
    session.plan();
    ImportRig.lanes(session, 2);
    store.abort(store.openUploads("images", "vm/").get(0));
    ImportRig.lanes(session, Integer.MAX_VALUE);
    assertTrue(session.commit().isEmpty(), "there are parts to run again");
    assertEquals(0, session.progress().partsDone());
    assertEquals(0, session.progress().logical());
    ImportRig.lanes(session, Integer.MAX_VALUE);
    Manifest manifest = session.commit().orElseThrow();
    session.close();
    requireWhole(manifest);
    assertEquals(SIZE, manifest.bytes().logical());
  }

  @Test
  void anUploadAbortedTwiceIsLeftToTheNextRun() throws Exception {
    ImportSession session = rig().open(ID);
    session.plan();
    for (int round = 0; round < 2; round++) {
      ImportRig.lanes(session, 2);
      store.abort(store.openUploads("images", "vm/").get(0));
      ImportRig.lanes(session, Integer.MAX_VALUE);
      if (round == 0) {
        assertTrue(session.commit().isEmpty());
      }
    }
    UploadLostException lost = assertThrows(UploadLostException.class, session::commit);
    assertEquals(Outcome.RESUMABLE, lost.outcome());
    session.abort(lost);
    session.close();
    requireWhole(rig().run(ID));
  }

  @Test
  void partsThatTheServerLosesAreSentAgain() throws Exception {
    ImportSession session = rig().open(ID);
    session.plan();
    ImportRig.lanes(session, Integer.MAX_VALUE);
    String upload = store.openUploads("images", "vm/").get(0).uploadId();
    store.losePart(upload, 2);
    int sent = store.script().count(Kind.UPLOAD_PART);
    assertTrue(session.commit().isEmpty());
    ImportRig.lanes(session, Integer.MAX_VALUE);
    assertEquals(1, store.script().count(Kind.UPLOAD_PART) - sent);
    Manifest manifest = session.commit().orElseThrow();
    session.close();
    requireWhole(manifest);
  }

  @Test
  void aServerThatLosesPartsAgainAndAgainIsGivenUp() throws Exception {
    ImportSession session = rig().open(ID);
    session.plan();
    for (int round = 0; round < 3; round++) {
      ImportRig.lanes(session, Integer.MAX_VALUE);
      store.losePart(store.openUploads("images", "vm/").get(0).uploadId(), 2);
      if (round < 2) {
        assertTrue(session.commit().isEmpty());
      }
    }
    ImportException lost = assertThrows(ImportException.class, session::commit);
    assertEquals(ErrorCode.TARGET_CORRUPTED, lost.code());
    assertEquals(Outcome.RESUMABLE, lost.outcome());
    session.abort(lost);
    session.close();
    requireWhole(rig().run(ID));
  }

  @Test
  void theLostAnswerOfACompletionIsFoundByTheNextRun() throws Exception {
    ImportSession session = rig().open(ID);
    session.plan();
    ImportRig.lanes(session, Integer.MAX_VALUE);
    store.script().loseAnswer(Kind.COMMIT, 1, new IOException("killed"));
    assertThrows(IOException.class, session::commit);
    int read = store.script().count(Kind.UPLOAD_PART);
    ImportSession next = rig().open(ID);
    next.plan();
    assertTrue(next.resumed());
    assertFalse(next.parts().hasNext());
    Manifest manifest = next.commit().orElseThrow();
    next.close();
    requireWhole(manifest);
    assertEquals(read, store.script().count(Kind.UPLOAD_PART));
  }

  @Test
  void ofAScanThatLacksOnlyItsCommitNothingIsReadOrSentAgain() throws Exception {
    byte[] dense = new byte[40 << 20];
    new Random(9).nextBytes(dense);
    Files.write(disk, dense);
    ImportSession session = ImportRig.scanning(store, disk).open(ID);
    session.plan();
    assertEquals(0, session.progress().partsTotal());
    ImportRig.lanes(session, Integer.MAX_VALUE);
    store.script().loseAnswer(Kind.COMMIT, 1, new IOException("killed"));
    assertThrows(IOException.class, session::commit);
    int sent = store.script().count(Kind.UPLOAD_PART);
    ImportSession next = ImportRig.scanning(store, disk).open(ID);
    next.plan();
    assertTrue(next.resumed());
    assertFalse(next.parts().hasNext());
    assertEquals(0, next.progress().read());
    Manifest manifest = next.commit().orElseThrow();
    next.close();
    assertEquals(sent, store.script().count(Kind.UPLOAD_PART));
    assertArrayEquals(dense, store.bytes(ImportRig.DESTINATION.data()).orElseThrow());
    Manifest straight = ImportRig.scanning(new InMemoryObjectStore("images"), disk).run(ID);
    assertEquals(straight.disk(), manifest.disk());
    assertEquals(straight.bytes(), manifest.bytes());
    assertEquals(straight.parts(), manifest.parts());
  }

  @Test
  void ofTwoWorkersOneCommitsAndBothEndWell() throws Exception {
    ImportSession first = rig().open(ID);
    first.plan();
    ImportRig.lanes(first, 2);
    ImportSession second = rig().open(ID);
    second.plan();
    assertTrue(second.resumed());
    ImportRig.lanes(second, Integer.MAX_VALUE);
    ImportRig.lanes(first, 1);
    Manifest manifest = second.commit().orElseThrow();
    second.close();
    ImportRig.lanes(first, Integer.MAX_VALUE);
    assertEquals(manifest, first.commit().orElseThrow());
    first.close();
    requireWhole(manifest);
  }

  @Test
  void ofTwoWorkersThatFinishTogetherOneCommits() throws Exception {
    ImportSession first = rig().open(ID);
    first.plan();
    ImportSession second = rig().open(ID);
    second.plan();
    ImportRig.lanes(first, Integer.MAX_VALUE);
    ImportRig.lanes(second, Integer.MAX_VALUE);
    Manifest manifest = first.commit().orElseThrow();
    first.close();
    assertEquals(manifest, second.commit().orElseThrow());
    second.close();
    requireWhole(manifest);
  }

  @Test
  void killedInItsLastMomentItIsDone() throws Exception {
    int deletes = store.script().count(Kind.DELETE);
    store
        .script()
        .fail(Kind.DELETE, deletes + 1, ImportException.failed(ErrorCode.INTERNAL, "no", null));
    Manifest manifest = rig().run(ID);
    assertTrue(store.bytes(CHECKPOINT).isPresent());
    assertEquals(manifest, rig().run(ID));
    requireWhole(manifest);
    ImportException done = assertThrows(ImportException.class, () -> rig().run(ID));
    assertEquals(ErrorCode.TARGET_EXISTS, done.code());
  }

  @Test
  void aRefusedImportLeavesNothing() throws Exception {
    ImportSession session = rig().open(ID);
    session.plan();
    ImportRig.lanes(session, 2);
    session.abort(ImportException.refused(ErrorCode.SOURCE_CHANGED, "it changed"));
    session.close();
    assertEquals(List.of(), store.locations());
    store.assertNoOpenUploads();
  }

  @Test
  void interruptedBeforeThereIsAnUploadItLeavesNothing() throws Exception {
    store
        .script()
        .failAll(Kind.BEGIN, ImportException.resumable(ErrorCode.TARGET_UNAVAILABLE, "503", null));
    ImportSession session = rig().open(ID);
    ImportException away = assertThrows(ImportException.class, session::plan);
    session.abort(away);
    session.close();
    assertEquals(List.of(), store.locations());
  }

  @Test
  void aWorkerThatIsRefusedLeavesWhatAnotherIsAboutToCommit() throws Exception {
    ImportSession second = rig().open(ID);
    ImportSession first = rig().open(ID);
    first.plan();
    second.plan();
    ImportRig.lanes(first, Integer.MAX_VALUE);
    // all but the manifest
    store.script().fail(Kind.PUT, store.script().count(Kind.PUT) + 3, new IOException("killed"));
    assertThrows(IOException.class, first::commit);
    second.abort(ImportException.refused(ErrorCode.SOURCE_CHANGED, "it changed"));
    second.close();
    assertTrue(store.bytes(ImportRig.DESTINATION.data()).isPresent());
    assertTrue(store.bytes(ImportRig.DESTINATION.metadata()).isPresent());
  }

  @Test
  void metadataThatIsRefusedForGoodTakesTheDataWithIt() throws Exception {
    ImportSession session = rig().open(ID);
    session.plan();
    ImportRig.lanes(session, Integer.MAX_VALUE);
    ImportException refusal = ImportException.refused(ErrorCode.TARGET_NAME_INVALID, "no such key");
    CallScript script = store.script();
    script.fail(Kind.PUT, script.count(Kind.PUT) + 2, refusal);
    ImportException failed = assertThrows(ImportException.class, session::commit);
    assertTrue(store.bytes(ImportRig.DESTINATION.data()).isPresent());
    session.abort(failed);
    session.close();
    assertEquals(List.of(), store.locations());
    store.assertNoOpenUploads();
  }

  @Test
  void anUploadThatNobodyKnowsOfIsAbortedWhenItIsOld() throws Exception {
    store.begin(ImportRig.DESTINATION.data(), Map.of());
    ImportSession young = rig().open(ID);
    young.plan();
    assertEquals(2, store.openUploads("images", "vm/").size());
    store.pass(Remains.ORPHAN);
    requireWhole(rig().run(ID));
  }

  @Test
  void whatLiesThereOfAnotherOriginStays() throws Exception {
    store.put(
        ImportRig.DESTINATION.data(),
        new ByteArrayBody("mine".getBytes(StandardCharsets.UTF_8)),
        Map.of(),
        false);
    ImportException refused = assertThrows(ImportException.class, () -> rig().open(ID));
    assertEquals(ErrorCode.TARGET_EXISTS, refused.code());
  }
}
