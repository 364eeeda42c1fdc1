package io.drover.converter.object.s3;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.image.ImageFormat;
import io.drover.converter.image.ReadPolicy;
import io.drover.converter.imports.Chunk;
import io.drover.converter.imports.Destination;
import io.drover.converter.imports.ImportOptions;
import io.drover.converter.imports.ImportRequest;
import io.drover.converter.imports.ImportSession;
import io.drover.converter.imports.Importer;
import io.drover.converter.imports.Lane;
import io.drover.converter.imports.MemoryBudget;
import io.drover.converter.imports.PartWork;
import io.drover.converter.storage.MemorySource;
import io.drover.converter.storage.RandomAccessSource;
import io.drover.converter.storage.SourceIdentity;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;

/** Imports whose parts are too large to be held, to a real server over plain http. */
class UnsignedBodyTest {
  private static final int MIB = 1 << 20;
  private static final int SIZE = 13 * MIB + 512;
  private static final String PART = "^PUT .*disk\\.raw\\?.*partNumber=";

  private final byte[] disk = new byte[SIZE];
  private FaultProxy proxy;
  private S3ObjectStore store;
  private Destination destination;

  @BeforeEach
  void connect(TestInfo test) throws IOException {
    new Random(4711).nextBytes(disk);
    proxy = new FaultProxy(SandboxServer.endpoint());
    connect(SandboxServer.settings(proxy.endpoint()));
    destination =
        new Destination(
            SandboxServer.BUCKET, "unsigned/" + test.getTestMethod().orElseThrow().getName() + "/");
  }

  private void connect(S3Settings settings) throws IOException {
    if (store != null) {
      store.close();
    }
    store = new S3ObjectStore(settings);
  }

  @AfterEach
  void nothingIsLeftOpen() throws IOException {
    assertEquals(List.of(), store.openUploads(SandboxServer.BUCKET, "unsigned/"));
    store.close();
    proxy.close();
  }

  @Test
  void aPartThatIsNotHeldIsSentWithoutASignatureOverItsBytes() throws Exception {
    MemorySource source = new MemorySource(disk);
    run(source, 6 * MIB);
    assertStored();
    assertEquals(3, proxy.heads(PART).size());
    for (String head : proxy.heads(PART)) {
      assertTrue(head.contains("\r\nx-amz-content-sha256: UNSIGNED-PAYLOAD\r\n"), head);
      assertTrue(head.matches("(?s).*SignedHeaders=[^,]*x-amz-checksum-crc32c.*"), head);
    }
    assertOthersAreSigned();
    // for its checksum, and to be sent; the first block of a part may belong to two of them
    assertTrue(bytesRead(source) <= 2L * SIZE + 3L * 4 * MIB, bytesRead(source) + " bytes");
  }

  @Test
  void aPartThatIsHeldIsSignedWithItsBytes() throws Exception {
    run(new MemorySource(disk), 64 * MIB);
    assertStored();
    for (String head : proxy.heads(PART)) {
      assertFalse(head.contains("UNSIGNED-PAYLOAD"), head);
    }
  }

  @Test
  void whereTheOperatorTrustsTheNetNoPartIsSignedWithItsBytes() throws Exception {
    connect(SandboxServer.settings(proxy.endpoint()).withUnsignedPayload());
    run(new MemorySource(disk), 64 * MIB);
    assertStored();
    assertEquals(3, proxy.heads(PART).size());
    for (String head : proxy.heads(PART)) {
      assertTrue(head.contains("\r\nx-amz-content-sha256: UNSIGNED-PAYLOAD\r\n"), head);
    }
    assertOthersAreSigned();
  }

  /** What is asked for one request is none of the client's others'. */
  private void assertOthersAreSigned() {
    List<String> later = proxy.heads("^PUT .*(disk\\.qcow2|manifest\\.json)");
    assertEquals(2, later.size());
    for (String head : later) {
      assertTrue(head.matches("(?s).*\r\nx-amz-content-sha256: [0-9a-f]{64}\r\n.*"), head);
    }
  }

  @Test
  void bitsThatFlipInAnUnsignedPartAreSentAgain() throws Exception {
    connect(SandboxServer.settings(proxy.endpoint()).withUnsignedPayload());
    proxy.spoil(PART, 2, proxy.flipBit());
    run(new MemorySource(disk), 64 * MIB);
    assertStored();
    assertEquals(5, proxy.count(PART));
  }

  @Test
  void aPartWhoseConnectionBreaksIsReadAndSentAgain() throws Exception {
    proxy.spoil(PART, 2, proxy.drop());
    MemorySource source = new MemorySource(disk);
    run(source, 6 * MIB);
    assertStored();
    assertEquals(5, proxy.count(PART));
    assertTrue(bytesRead(source) >= 2L * SIZE + 2L * 5 * MIB, bytesRead(source) + " bytes");
  }

  @Test
  void aSourceThatChangesBetweenTheReadingsLeavesNothing() throws Exception {
    // in a block that this part alone digests: the one before it reads no byte of that
    ImportException e =
        assertThrows(ImportException.class, () -> run(new Changing(disk, 9 * MIB), 6 * MIB));
    assertEquals(ErrorCode.SOURCE_CHANGED, e.code());
    assertEquals(Optional.empty(), store.head(destination.data()));
    assertEquals(Optional.empty(), store.head(destination.manifest()));
  }

  private static long bytesRead(MemorySource source) {
    return source.reads().stream().mapToLong(MemorySource.Read::length).sum();
  }

  private void assertStored() throws IOException {
    assertArrayEquals(disk, store.get(destination.data(), SIZE).orElseThrow());
  }

  private void run(RandomAccessSource source, long memory) throws Exception {
    Importer importer = new Importer(store, new MemoryBudget(memory), "", Duration.ofSeconds(20));
    ImportRequest request =
        new ImportRequest(
            "id",
            "source",
            () -> source,
            Optional.of(ImageFormat.RAW),
            destination,
            new ImportOptions(
                OptionalInt.of(65536),
                true,
                5 * MIB,
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
      session.commit().orElseThrow();
    }
  }

  /** Flips a bit at a place from its second reading on, where no time stamp shows it. */
  private record Changing(byte[] disk, long place, int[] reads) implements RandomAccessSource {
    Changing(byte[] disk, long place) {
      this(disk, place, new int[1]);
    }

    @Override
    public void readFully(long offset, ByteBuffer target) {
      int start = target.position();
      int length = target.remaining();
      target.put(disk, Math.toIntExact(offset), length);
      if (offset <= place && place < offset + length && reads[0]++ > 0) {
        int index = Math.toIntExact(start + place - offset);
        target.put(index, (byte) (target.get(index) ^ 1));
      }
    }

    @Override
    public String uri() {
      return "changing";
    }

    @Override
    public long size() {
      return disk.length;
    }

    @Override
    public SourceIdentity identity() {
      return new MemorySource(disk).identity();
    }

    @Override
    public void requireUnchanged() {
      // as where times are too coarse
    }

    @Override
    public void close() {
      // nothing is open
    }
  }
}
