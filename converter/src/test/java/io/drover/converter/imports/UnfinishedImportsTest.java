package io.drover.converter.imports;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.object.ByteArrayBody;
import io.drover.converter.object.CallScript.Kind;
import io.drover.converter.object.InMemoryObjectStore;
import io.drover.converter.object.ObjectLocation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UnfinishedImportsTest {
  private static final Destination ALL = new Destination("images", "");
  private static final Duration WEEK = Duration.ofDays(7);

  @TempDir private Path directory;
  private final InMemoryObjectStore store = new InMemoryObjectStore("images");
  private final UnfinishedImports imports = new UnfinishedImports(store);
  private ImportRig rig;

  @BeforeEach
  void writeDisk() throws IOException {
    byte[] disk = new byte[11 << 20];
    disk[1] = 1;
    rig = new ImportRig(store, Files.write(directory.resolve("disk.raw"), disk));
  }

  @Test
  void wherePartsAreDoneTheyAreCounted() throws Exception {
    assertEquals(List.of(), imports.below(ALL));
    rig.interrupt("one", 1);
    store.pass(Duration.ofSeconds(90));
    UnfinishedImport found = imports.below(ALL).get(0);
    assertEquals("s3://images/vm/", found.destination());
    assertEquals("one", found.importId());
    assertEquals("disk.raw", found.source());
    assertEquals(90, found.ageSeconds());
    assertEquals(1, found.parts().done());
    assertEquals(11 << 20, found.bytes().total());
    assertEquals(store.openUploads("images", "").get(0).uploadId(), found.uploadId());
    assertTrue(found.resumable());
    assertFalse(found.alive());
    assertEquals(List.of(), imports.below(new Destination("images", "other/")));
  }

  @Test
  void abortLeavesNothingOfIt() throws Exception {
    rig.interrupt("one", 1);
    assertEquals("one", imports.abort(ImportRig.DESTINATION, false).orElseThrow().importId());
    assertEquals(List.of(), store.locations());
    store.assertNoOpenUploads();
    assertEquals(Optional.empty(), imports.abort(ImportRig.DESTINATION, false));
  }

  @Test
  void dataWithoutAManifestGoes() throws Exception {
    ImportSession session = rig.open("one");
    session.plan();
    ImportRig.lanes(session, Integer.MAX_VALUE);
    store.script().loseAnswer(Kind.COMMIT, 1, new IOException("killed"));
    assertThrows(IOException.class, session::commit);
    UnfinishedImport found = imports.below(ALL).get(0);
    assertTrue(found.resumable(), "only metadata and manifest are missing");
    assertNull(found.uploadId());
    imports.abort(ImportRig.DESTINATION, true);
    assertEquals(List.of(), store.locations());
  }

  @Test
  void whatIsCommittedIsNeverTouched() throws Exception {
    int deletes = store.script().count(Kind.DELETE);
    store
        .script()
        .fail(Kind.DELETE, deletes + 1, ImportException.failed(ErrorCode.INTERNAL, "no", null));
    rig.run("one");
    List<ObjectLocation> objects = store.locations();
    assertEquals(4, objects.size(), "its checkpoint stayed");
    assertEquals(List.of(), imports.below(ALL));
    store.pass(WEEK);
    imports.abort(ImportRig.DESTINATION, true);
    imports.sweep(ALL, Duration.ZERO);
    assertEquals(
        List.of("vm/disk.qcow2", "vm/disk.raw", "vm/manifest.json"),
        store.locations().stream().map(ObjectLocation::key).toList());
  }

  @Test
  void whatIsAliveNeedsForce() throws Exception {
    ImportSession session = rig.open("one");
    session.plan();
    assertTrue(imports.below(ALL).get(0).alive());
    ImportException refused =
        assertThrows(ImportException.class, () -> imports.abort(ImportRig.DESTINATION, false));
    assertEquals(ErrorCode.TARGET_EXISTS, refused.code());
    assertTrue(refused.getMessage().contains("--force"), refused.getMessage());
    assertEquals(List.of(), imports.sweep(ALL, Duration.ZERO));
    imports.abort(ImportRig.DESTINATION, true);
    assertEquals(List.of(), store.locations());
    store.assertNoOpenUploads();
  }

  @Test
  void theSweeperTakesOnlyWhatIsOld() throws Exception {
    rig.interrupt("one", 1);
    store.begin(new ObjectLocation("images", "lost/disk.raw"), Map.of());
    store.begin(new ObjectLocation("images", "not-ours/film.mkv"), Map.of());
    store.pass(WEEK.minusSeconds(1));
    assertEquals(List.of(), imports.sweep(ALL, WEEK));
    store.pass(Duration.ofSeconds(1));
    ImportSession alive = rig.open("one");
    alive.plan();
    assertTrue(alive.resumed());
    assertEquals(
        List.of("s3://images/lost/"),
        imports.sweep(ALL, WEEK).stream().map(UnfinishedImport::destination).toList());
    assertEquals(2, store.openUploads("images", "").size());
    store.pass(WEEK);
    assertEquals(1, imports.sweep(ALL, WEEK).size());
    assertEquals(List.of(), store.locations());
    assertEquals(
        List.of("not-ours/film.mkv"),
        store.openUploads("images", "").stream().map(open -> open.location().key()).toList());
  }

  @Test
  void anUploadThatNobodyKnowsOfIsShownAsItIs() throws Exception {
    store.begin(ImportRig.DESTINATION.data(), Map.of());
    UnfinishedImport found = imports.below(ALL).get(0);
    assertNull(found.importId());
    assertTrue(found.alive(), "it may have been begun a moment ago");
    assertFalse(found.resumable());
    store.pass(Duration.ofHours(1));
    assertTrue(imports.abort(ImportRig.DESTINATION, false).isPresent());
    store.assertNoOpenUploads();
  }

  @Test
  void aLeaseThatIsAllThatIsLeftGoes() throws Exception {
    // its holder was killed after it had removed all else
    lease("left/");
    assertEquals(List.of(), imports.below(ALL), "nothing of an import is there");
    imports.sweep(ALL, Duration.ZERO);
    assertEquals(1, store.locations().size(), "somebody may be at the beginning of one");
    store.pass(WEEK);
    lease("young/");
    imports.sweep(ALL, WEEK);
    assertEquals(
        List.of("young/lease.json"), store.locations().stream().map(ObjectLocation::key).toList());
  }

  private void lease(String prefix) throws IOException {
    LeaseFile lease =
        new LeaseFile("x", 1, "token", 0, Duration.ofSeconds(20), WorkerId.self(), "a boot");
    store.put(
        new Destination("images", prefix).object(LeaseFile.NAME),
        new ByteArrayBody(lease.write()),
        Map.of(),
        false);
  }
}
