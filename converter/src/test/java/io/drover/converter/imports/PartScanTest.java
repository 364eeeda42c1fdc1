package io.drover.converter.imports;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.image.ImageFormat;
import io.drover.converter.image.ReadPolicy;
import io.drover.converter.manifest.Manifest;
import io.drover.converter.object.CallScript;
import io.drover.converter.object.InMemoryObjectStore;
import io.drover.converter.object.ObjectLocation;
import io.drover.converter.storage.ImageSource;
import io.drover.converter.storage.MemorySource;
import io.drover.converter.storage.StreamSource;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Imports whose zeros are found while reading, against imports of the same bytes that know them.
 */
class PartScanTest {
  private static final int MIB = 1 << 20;
  private static final Destination DESTINATION = new Destination("images", "a/");

  private static final InMemoryObjectStore STORE = new InMemoryObjectStore(1, "images");

  private Manifest run(ImageSource source, ImportOptions options, long memory, int lanes)
      throws Exception {
    Importer importer =
        new Importer(
            STORE,
            new MemoryBudget(memory),
            new ZeroObject(STORE, ".drover/", 64 << 20),
            Duration.ofSeconds(5));
    ImportRequest request =
        new ImportRequest(
            "id",
            "source",
            () -> source,
            Optional.of(ImageFormat.RAW),
            DESTINATION,
            options,
            ReadPolicy.DEFAULT);
    try (ImportSession session = importer.open(request)) {
      session.plan();
      Iterator<PartWork> work = session.parts();
      ExecutorService threads = Executors.newFixedThreadPool(lanes);
      try {
        Callable<Void> lane =
            () -> {
              while (true) {
                PartWork next;
                synchronized (work) {
                  if (!work.hasNext()) {
                    return null;
                  }
                  next = work.next();
                }
                carryOut(session, next);
              }
            };
        for (Future<Void> each : threads.invokeAll(java.util.Collections.nCopies(lanes, lane))) {
          each.get();
        }
      } catch (java.util.concurrent.ExecutionException e) {
        if (e.getCause() instanceof ImportException named) {
          session.abort(named);
          throw named;
        }
        throw e;
      } finally {
        threads.shutdownNow();
      }
      return session.commit().orElseThrow();
    }
  }

  private static void carryOut(ImportSession session, PartWork work) throws Exception {
    try (Lane lane = session.lane(work)) {
      Iterator<Chunk> chunks = lane.chunks();
      while (chunks.hasNext()) {
        lane.write(chunks.next());
      }
      lane.finish();
    }
  }

  private static byte[] disk(int size, long seed) {
    Random random = new Random(seed);
    byte[] disk = new byte[size];
    for (int at = 0; at < size; ) {
      int length = Math.min(size - at, 1 + random.nextInt(1 << 10 + random.nextInt(15)));
      if (random.nextInt(3) > 0) {
        byte[] data = new byte[length];
        random.nextBytes(data);
        System.arraycopy(data, 0, disk, at, length);
      }
      at += length;
    }
    return disk;
  }

  private static ImportOptions options(int clusterSize, boolean raw, String sha256) {
    return new ImportOptions(
        clusterSize == 0 ? OptionalInt.empty() : OptionalInt.of(clusterSize),
        raw,
        5 * MIB,
        Optional.ofNullable(sha256),
        ImportOptions.Existing.OVERWRITE);
  }

  private static String sha256(byte[] bytes) throws Exception {
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
  }

  @ParameterizedTest
  @CsvSource({
    // bytes, cluster size, raw, lanes, memory MiB
    "45000000, 0, true, 3, 64",
    "40000001, 65536, false, 4, 30",
    "36000001, 512, true, 1, 21",
    "50000000, 2097152, false, 2, 64",
    "33554432, 0, true, 3, 128"
  })
  void theResultIsThatOfAFileWithHoles(
      int size, int clusterSize, boolean raw, int lanes, int memory) throws Exception {
    byte[] disk = disk(size, size);
    // long zeros at the end, too
    Arrays.fill(disk, size - size / 3, size, (byte) 0);
    ImportOptions options = options(clusterSize, raw, sha256(disk));
    // a plan that was made ahead: the parts are cut where nobody looks for zeros
    Importer planned = new Importer(STORE, new MemoryBudget(64 << 20), "", Duration.ZERO);
    Manifest known = runPlanned(planned, disk, options);
    byte[] object = STORE.bytes(DESTINATION.data()).orElseThrow();
    byte[] metadata = STORE.bytes(DESTINATION.metadata()).orElseThrow();

    for (ImageSource source :
        List.of(new MemorySource(disk), new StreamSource("-", new ByteArrayInputStream(disk)))) {
      Manifest found = run(source, options, (long) memory << 20, lanes);
      assertEquals(known.disk(), found.disk());
      assertEquals(known.warnings(), found.warnings());
      assertEquals(size, found.source().size());
      byte[] data = STORE.bytes(DESTINATION.data()).orElseThrow();
      assertTrue(raw ? data.length == object.length : data.length < object.length);
      assertEquals(-1, Arrays.mismatch(object, Arrays.copyOf(data, object.length)), "the object");
      assertEquals(
          -1,
          Arrays.mismatch(metadata, STORE.bytes(DESTINATION.metadata()).orElseThrow()),
          "the metadata");
      assertEquals(known.bytes().logical(), found.bytes().data() + found.bytes().zero());
      assertTrue(!raw || found.parts().zero() > 0, "no zeros were filled on the server");
      assertTrue(found.bytes().sent() < size, found.bytes().toString());
      STORE.assertNoOpenUploads();
    }
  }

  private Manifest runPlanned(Importer importer, byte[] disk, ImportOptions options)
      throws Exception {
    ImportRequest request =
        new ImportRequest(
            "id",
            "source",
            () -> new MemorySource(disk),
            Optional.of(ImageFormat.RAW),
            DESTINATION,
            options,
            ReadPolicy.DEFAULT);
    try (ImportSession session = importer.open(request)) {
      session.plan();
      for (Iterator<PartWork> work = session.parts(); work.hasNext(); ) {
        carryOut(session, work.next());
      }
      return session.commit().orElseThrow();
    }
  }

  @Test
  void anInterruptedScanGoesOnAndSendsOnlyWhatIsMissing() throws Exception {
    byte[] disk = disk(40 * MIB, 5);
    ImportOptions options =
        new ImportOptions(
            OptionalInt.empty(), true, 5 * MIB, Optional.empty(), ImportOptions.Existing.REFUSE);
    for (ObjectLocation each : STORE.locations()) {
      STORE.delete(each);
    }
    Importer importer =
        new Importer(
            STORE,
            new MemoryBudget(64 << 20),
            new ZeroObject(STORE, ".drover/", 64 << 20),
            Duration.ofSeconds(5));
    ImportRequest request =
        new ImportRequest(
            "id",
            "source",
            () -> new StreamSource("-", new ByteArrayInputStream(disk)),
            Optional.of(ImageFormat.RAW),
            DESTINATION,
            options,
            ReadPolicy.DEFAULT);
    try (ImportSession session = importer.open(request)) {
      session.plan();
      Iterator<PartWork> work = session.parts();
      for (int part = 0; part < 3; part++) {
        carryOut(session, work.next());
      }
      session.abort(ImportException.resumable(ErrorCode.CANCELLED, "Ctrl-C", null));
    }
    int before = STORE.script().count(CallScript.Kind.UPLOAD_PART);
    Manifest manifest;
    try (ImportSession session = importer.open(request)) {
      session.plan();
      assertTrue(session.resumed());
      for (Iterator<PartWork> work = session.parts(); work.hasNext(); ) {
        carryOut(session, work.next());
      }
      manifest = session.commit().orElseThrow();
    }
    int sent = STORE.script().count(CallScript.Kind.UPLOAD_PART) - before;
    assertTrue(sent <= manifest.parts().upload() - 2, sent + " of " + manifest.parts());
    assertEquals(-1, Arrays.mismatch(disk, STORE.bytes(DESTINATION.data()).orElseThrow()));
    STORE.assertNoOpenUploads();
  }

  @Test
  void theSameBytesGiveTheSameParts() throws Exception {
    byte[] disk = disk(40 * MIB, 3);
    run(new MemorySource(disk), options(0, true, null), 64 << 20, 4);
    String first = STORE.head(DESTINATION.data()).orElseThrow().etag();
    run(new StreamSource("-", new ByteArrayInputStream(disk)), options(0, true, null), 64 << 20, 1);
    run(new MemorySource(disk), options(0, true, null), 64 << 20, 1);
    assertEquals(first, STORE.head(DESTINATION.data()).orElseThrow().etag());
  }

  @Test
  void aServerThatCannotFillZerosGetsThemSent() throws Exception {
    // the zero object, too
    for (ObjectLocation each : STORE.locations()) {
      STORE.delete(each);
    }
    STORE
        .script()
        .failAll(
            CallScript.Kind.COPY_PART,
            ImportException.failed(ErrorCode.INTERNAL, "no such operation", null));
    byte[] disk = new byte[40 * MIB];
    disk[5] = 1;
    Manifest manifest =
        run(
            new StreamSource("-", new ByteArrayInputStream(disk)),
            options(0, true, null),
            64 << 20,
            2);
    STORE.script().heal();
    assertEquals(0, manifest.parts().zero());
    assertEquals(-1, Arrays.mismatch(disk, STORE.bytes(DESTINATION.data()).orElseThrow()));
  }

  @Test
  void aStreamThatBreaksLeavesNothing() throws Exception {
    STORE.delete(DESTINATION.data());
    InputStream broken =
        new SequenceInputStream(
            new ByteArrayInputStream(disk(40 * MIB, 1)),
            new InputStream() {
              @Override
              public int read() throws IOException {
                throw new IOException("the pipe is gone");
              }
            });
    ImportException e =
        assertThrows(
            ImportException.class,
            () -> run(new StreamSource("-", broken), options(0, true, null), 64 << 20, 3));
    assertEquals(ErrorCode.SOURCE_READ_ERROR, e.code());
    assertTrue(STORE.bytes(DESTINATION.data()).isEmpty());
    STORE.assertNoOpenUploads();
  }

  @Test
  void anotherChecksumThanExpectedCommitsNothing() throws Exception {
    STORE.delete(DESTINATION.manifest());
    ImportException e =
        assertThrows(
            ImportException.class,
            () ->
                run(
                    new StreamSource("-", new ByteArrayInputStream(disk(7 * MIB, 1))),
                    options(0, true, "0".repeat(64)),
                    64 << 20,
                    1));
    assertEquals(ErrorCode.SOURCE_CHANGED, e.code());
    assertTrue(STORE.bytes(DESTINATION.manifest()).isEmpty());
  }

  @Test
  void anEmptyStreamIsRefused() {
    ImportException e =
        assertThrows(
            ImportException.class,
            () ->
                run(
                    new StreamSource("-", InputStream.nullInputStream()),
                    options(0, true, null),
                    64 << 20,
                    1));
    assertEquals(ErrorCode.SOURCE_EMPTY, e.code());
  }

  @ParameterizedTest
  @CsvSource({"1", "511", "512", "513", "65536", "65537", "1048576", "5242880", "10485761"})
  void smallStreamsArePaddedAsFilesAre(int size) throws Exception {
    byte[] disk = new byte[size];
    disk[size - 1] = 1;
    Manifest manifest =
        run(
            new StreamSource("-", new ByteArrayInputStream(disk)),
            options(0, true, null),
            16 << 20,
            2);
    assertEquals((size + 511L) / 512 * 512, manifest.disk().virtualSize());
    assertEquals(
        -1,
        Arrays.mismatch(
            Arrays.copyOf(disk, (size + 511) / 512 * 512),
            STORE.bytes(DESTINATION.data()).orElseThrow()));
    assertEquals(size % 512 == 0 ? 0 : 1, manifest.warnings().size());
  }
}
