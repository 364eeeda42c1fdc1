package io.drover.converter.imports;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.image.ImageFormat;
import io.drover.converter.image.ReadPolicy;
import io.drover.converter.manifest.Manifest;
import io.drover.converter.object.CallScript.Kind;
import io.drover.converter.object.InMemoryObjectStore;
import io.drover.converter.storage.MemorySource;
import io.drover.converter.storage.RandomAccessSource;
import io.drover.converter.storage.SourceIdentity;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.Iterator;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Parts that are larger than all the memory there is for them. */
class StreamedPartTest {
  private static final int MIB = 1 << 20;
  private static final Destination DESTINATION = new Destination("images", "a/");

  private final InMemoryObjectStore store = new InMemoryObjectStore("images");

  private Manifest run(RandomAccessSource source, long memory, int clusterSize, long partSize)
      throws IOException, InterruptedException {
    Importer importer = new Importer(store, new MemoryBudget(memory), "", Duration.ofSeconds(20));
    ImportRequest request =
        new ImportRequest(
            "id",
            "source",
            () -> source,
            Optional.of(ImageFormat.RAW),
            DESTINATION,
            new ImportOptions(
                OptionalInt.of(clusterSize),
                true,
                partSize,
                Optional.empty(),
                ImportOptions.Existing.OVERWRITE),
            ReadPolicy.DEFAULT);
    try (ImportSession session = importer.open(request)) {
      session.plan();
      for (Iterator<PartWork> work = session.parts(); work.hasNext(); ) {
        try (Lane lane = session.lane(work.next())) {
          for (Iterator<Chunk> chunks = lane.chunks(); chunks.hasNext(); ) {
            lane.write(chunks.next());
          }
          lane.finish();
        }
      }
      return session.commit().orElseThrow();
    }
  }

  private static byte[] disk(int size) {
    byte[] disk = new byte[size];
    new Random(size).nextBytes(disk);
    Arrays.fill(disk, size / 3, size / 2, (byte) 0);
    return disk;
  }

  @ParameterizedTest
  @ValueSource(ints = {512, 65536, 2097152})
  void theResultIsThatOfPartsThatAreHeld(int clusterSize) throws Exception {
    byte[] disk = disk(23 * MIB + 512);
    Manifest held = run(new MemorySource(disk), 64 * MIB, clusterSize, 7 * MIB);
    Manifest streamed = run(new MemorySource(disk), 2 * MIB, clusterSize, 7 * MIB);
    assertEquals(held.disk(), streamed.disk());
    assertEquals(held.bytes(), streamed.bytes());
    assertEquals(held.parts(), streamed.parts());
    assertEquals(held.objects().data(), streamed.objects().data());
    assertEquals(-1, Arrays.mismatch(disk, store.bytes(DESTINATION.data()).orElseThrow()));
  }

  @Test
  void aSendThatFailsReadsThePartAgainAndCountsItOnce() throws Exception {
    byte[] disk = disk(12 * MIB);
    Manifest well = run(new MemorySource(disk), 2 * MIB, 65536, 5 * MIB);
    ImportException outage =
        ImportException.resumable(ErrorCode.TARGET_UNAVAILABLE, "out of order", null);
    int before = store.script().count(Kind.UPLOAD_PART);
    store.script().fail(Kind.UPLOAD_PART, before + 1, outage);
    store.script().fail(Kind.UPLOAD_PART, before + 3, outage);
    MemorySource source = new MemorySource(disk);
    Manifest badly = run(source, 2 * MIB, 65536, 5 * MIB);
    assertEquals(well.bytes(), badly.bytes());
    assertEquals(well.disk(), badly.disk());
    long read = source.reads().stream().mapToLong(MemorySource.Read::length).sum();
    // once for the checksum, once to send, and two of the parts once more
    assertTrue(read >= 2L * 12 * MIB + 2 * 5 * MIB, read + " bytes");
    assertEquals(-1, Arrays.mismatch(disk, store.bytes(DESTINATION.data()).orElseThrow()));
  }

  @Test
  void aSourceThatDiffersTheSecondTimeIsFound() {
    MemorySource before = new MemorySource(disk(12 * MIB));
    byte[] other = disk(12 * MIB);
    // in a block that this part alone digests
    other[9 * MIB] ^= 1;
    MemorySource after = new MemorySource(other);
    int[] reads = new int[2];
    RandomAccessSource changing =
        new RandomAccessSource() {
          @Override
          public void readFully(long offset, ByteBuffer target) throws IOException {
            boolean watched = offset <= 9 * MIB && offset + target.remaining() > 9 * MIB;
            (watched && reads[0]++ > 0 ? after : before).readFully(offset, target);
          }

          @Override
          public String uri() {
            return "changing";
          }

          @Override
          public long size() {
            return before.size();
          }

          @Override
          public SourceIdentity identity() {
            return before.identity();
          }

          @Override
          public void requireUnchanged() {
            // as where times are too coarse
          }

          @Override
          public void close() {}
        };
    ImportException e =
        assertThrows(ImportException.class, () -> run(changing, 2 * MIB, 65536, 5 * MIB));
    assertEquals(ErrorCode.SOURCE_CHANGED, e.code());
    assertTrue(store.bytes(DESTINATION.data()).isEmpty());
    store.assertNoOpenUploads();
  }
}
