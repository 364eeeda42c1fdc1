package io.drover.converter.object;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.error.Outcome;
import io.drover.converter.object.ObjectStore.OpenUpload;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What every {@link ObjectStore} must do. Each test works below a prefix of its own. */
public abstract class ObjectStoreContract {
  /** S3's least length of a part that is not the last. */
  protected static final int PART = 5 << 20;

  private static final AtomicInteger PREFIXES = new AtomicInteger();
  private static final Map<String, String> NO_METADATA = Map.of();
  private static final Map<String, String> METADATA = Map.of("drover-import-id", "4711");

  private final String prefix = "contract-" + PREFIXES.incrementAndGet() + "/";

  /** The store under test. */
  protected abstract ObjectStore store();

  /** A bucket that exists. */
  protected abstract String bucket();

  @AfterEach
  void noUploadIsLeftOpen() throws IOException {
    assertEquals(List.of(), store().openUploads(bucket(), prefix));
  }

  @Test
  void whatIsNotThereIsAbsent() throws IOException {
    assertEquals(Optional.empty(), store().head(at("nothing")));
    assertEquals(Optional.empty(), store().get(at("nothing"), 10));
    assertEquals(List.of(), store().list(bucket(), prefix));
  }

  @Test
  void putIsReadBackWithItsMetadata() throws IOException {
    byte[] bytes = random(100_000, 1);
    Map<String, String> metadata = Map.of("drover-import-id", "a1 b2", "x", "~!@#$%^&*()=+,;:'<>");

    StoredObject put = store().put(at("small"), new ByteArrayBody(bytes), metadata, false);

    assertEquals(new StoredObject(at("small"), bytes.length, put.etag(), metadata), put);
    assertEquals(Optional.of(put), store().head(at("small")));
    assertArrayEquals(bytes, store().get(at("small"), bytes.length).orElseThrow());
  }

  @Test
  void partOfAnArrayIsPut() throws IOException {
    byte[] bytes = random(1000, 2);
    store().put(at("slice"), new ByteArrayBody(bytes, 100, 50), NO_METADATA, false);
    assertArrayEquals(
        Arrays.copyOfRange(bytes, 100, 150), store().get(at("slice"), 50).orElseThrow());
  }

  @Test
  void largerThanTheLimitIsRefused() throws IOException {
    store().put(at("eleven"), new ByteArrayBody(new byte[11]), NO_METADATA, false);
    assertFails(ErrorCode.TARGET_CORRUPTED, Outcome.FAILED, () -> store().get(at("eleven"), 10));
  }

  @Test
  void putReplacesUnlessToldNotTo() throws IOException {
    StoredObject first = put("once", "first");
    assertFails(
        ErrorCode.TARGET_EXISTS,
        Outcome.REFUSED,
        () -> store().put(at("once"), body("second"), NO_METADATA, true));
    assertEquals(Optional.of(first), store().head(at("once")));

    StoredObject third = put("once", "third");
    assertNotEquals(first.etag(), third.etag());
    assertEquals("third", text("once"));
  }

  @Test
  void onlyIfAbsentPutsWhereNothingIs() throws IOException {
    store().put(at("new"), body("content"), NO_METADATA, true);
    assertEquals("content", text("new"));
  }

  @Test
  void anEmptyObjectIsAnObject() throws IOException {
    store().put(at("empty"), new ByteArrayBody(new byte[0]), NO_METADATA, false);
    assertEquals(0, store().head(at("empty")).orElseThrow().size());
    assertEquals(0, store().get(at("empty"), 0).orElseThrow().length);
  }

  @Test
  void aWrongChecksumIsRefused() throws IOException {
    PartBody wrong = new StatedChecksum(body("content"), 0x12345678);
    assertFails(
        ErrorCode.TARGET_CORRUPTED,
        Outcome.FAILED,
        () -> store().put(at("damaged"), wrong, NO_METADATA, false));
    assertEquals(Optional.empty(), store().head(at("damaged")));
    try (MultipartUpload upload = store().begin(at("damaged"), NO_METADATA)) {
      assertFails(ErrorCode.TARGET_CORRUPTED, Outcome.FAILED, () -> upload.upload(1, wrong));
    }
  }

  @Test
  void deleteIsIdempotent() throws IOException {
    put("doomed", "content");
    store().delete(at("doomed"));
    store().delete(at("doomed"));
    assertEquals(Optional.empty(), store().head(at("doomed")));
  }

  @Test
  void listGivesAllPagesInOrderAndOnlyBelowThePrefix() throws IOException {
    List<String> keys = new ArrayList<>();
    for (int i = 0; i < 11; i++) {
      keys.add(put("list/" + (char) ('a' + (i * 7) % 11), "x").location().key());
    }
    put("lisu", "x");
    Collections.sort(keys);
    assertEquals(keys, store().list(bucket(), prefix + "list/"));
    assertEquals(keys, pageByPage("list/"));
    assertEquals(List.of(), pageByPage("none/"));
  }

  private List<String> pageByPage(String below) throws IOException {
    List<String> keys = new ArrayList<>();
    String token = null;
    do {
      ObjectStore.KeyPage page = store().listPage(bucket(), prefix + below, token);
      assertTrue(page.keys().size() <= 3, "a page is no whole listing: " + page);
      keys.addAll(page.keys());
      token = page.next();
    } while (token != null);
    return keys;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "plain",
        "with space",
        "plus+and%20percent",
        "a?b&c=d#e",
        "semi;colon,comma'quote\"double",
        "тест-ключ",
        "日本語/ファイル.raw",
        "emoji-\uD83D\uDCBE",
        "e\u0301 decomposed",
        "braces{}[]()<>|^`~",
        "dots...in..names.",
        "@:$!*=",
      })
  void keysAreKeptExactly(String name) throws IOException {
    put("keys/" + name, name);
    assertEquals(name, text("keys/" + name));
    assertEquals(at("keys/" + name), store().head(at("keys/" + name)).orElseThrow().location());
    assertEquals(List.of(prefix + "keys/" + name), store().list(bucket(), prefix + "keys/"));

    try (MultipartUpload upload = store().begin(at("multi/" + name), NO_METADATA)) {
      assertEquals(List.of(upload.uploadId()), openUploadIds(prefix + "multi/"));
      upload.commit(List.of(upload.upload(1, body(name))));
    }
    assertEquals(name, text("multi/" + name));
    store().delete(at("keys/" + name));
    assertEquals(List.of(), store().list(bucket(), prefix + "keys/"));
  }

  @Test
  void rangesAreReadIntoAnyBuffer() throws IOException {
    byte[] bytes = random(300_000, 3);
    String etag = store().put(at("ranges"), new ByteArrayBody(bytes), NO_METADATA, false).etag();
    int[][] ranges = {{0, 1}, {0, 300_000}, {299_999, 1}, {123, 200_000}, {300_000, 0}};
    for (int[] range : ranges) {
      for (ByteBuffer target :
          List.of(ByteBuffer.allocate(range[1] + 20), ByteBuffer.allocateDirect(range[1] + 20))) {
        target.position(7).limit(7 + range[1]);
        store().read(at("ranges"), etag, range[0], target);
        assertEquals(0, target.remaining());
        byte[] read = new byte[range[1]];
        target.position(7).get(read);
        assertArrayEquals(Arrays.copyOfRange(bytes, range[0], range[0] + range[1]), read);
      }
    }
  }

  @Test
  void readingAnotherStateIsRefused() throws IOException {
    String etag = put("state", "first").etag();
    put("state", "other");
    assertFails(
        ErrorCode.SOURCE_CHANGED,
        Outcome.REFUSED,
        () -> store().read(at("state"), etag, 0, ByteBuffer.allocate(5)));
    store().delete(at("state"));
    assertFails(
        ErrorCode.SOURCE_CHANGED,
        Outcome.REFUSED,
        () -> store().read(at("state"), etag, 0, ByteBuffer.allocate(5)));
  }

  @Test
  void readingBeyondTheEndIsRefused() throws IOException {
    String etag = put("short", "12345").etag();
    assertFails(
        ErrorCode.SOURCE_TRUNCATED,
        Outcome.REFUSED,
        () -> store().read(at("short"), etag, 3, ByteBuffer.allocate(3)));
    assertFails(
        ErrorCode.SOURCE_TRUNCATED,
        Outcome.REFUSED,
        () -> store().read(at("short"), etag, 6, ByteBuffer.allocate(1)));
  }

  @Test
  void commitPublishes() throws IOException {
    byte[] bytes = random(PART + 1234, 4);
    Map<String, String> metadata = Map.of("drover-import-id", "4711");
    StoredObject stored;
    try (MultipartUpload upload = store().begin(at("object"), metadata)) {
      assertEquals(at("object"), upload.location());
      UploadedPart first = upload.upload(1, new ByteArrayBody(bytes, 0, PART));
      UploadedPart second = upload.upload(2, new ByteArrayBody(bytes, PART, 1234));
      assertEquals(Crc32c.of(bytes, 0, PART), first.crc32c());
      assertEquals(1234, second.length());
      assertEquals(Optional.empty(), store().head(at("object")), "visible before commit");
      stored = upload.commit(List.of(first, second));
      assertThrows(IllegalStateException.class, () -> upload.commit(List.of(first, second)));
      assertThrows(IllegalStateException.class, () -> upload.upload(1, body("late")));
    }
    assertEquals(bytes.length, stored.size());
    assertEquals(metadata, stored.metadata());
    assertEquals(Optional.of(stored), store().head(at("object")));
    assertArrayEquals(bytes, store().get(at("object"), bytes.length).orElseThrow());
  }

  @Test
  void partsAreCopiedFromAnotherObject() throws IOException {
    byte[] source = random(2 * PART, 5);
    store().put(at("source"), new ByteArrayBody(source), NO_METADATA, false);
    StoredObject copied = store().head(at("source")).orElseThrow();
    StoredObject stored;
    try (MultipartUpload upload = store().begin(at("copy"), NO_METADATA)) {
      UploadedPart first = upload.copy(1, copied, 100, PART, Crc32c.of(source, 100, PART));
      UploadedPart second = upload.upload(2, body("tail"));
      stored = upload.commit(List.of(first, second));
    }
    byte[] expected = Arrays.copyOfRange(source, 100, 100 + PART + 4);
    System.arraycopy("tail".getBytes(StandardCharsets.UTF_8), 0, expected, PART, 4);
    assertEquals(PART + 4, stored.size());
    assertArrayEquals(expected, store().get(at("copy"), PART + 4).orElseThrow());
  }

  @Test
  void copyingAnotherStateIsRefused() throws IOException {
    put("source", "first");
    StoredObject first = store().head(at("source")).orElseThrow();
    put("source", "second");
    try (MultipartUpload upload = store().begin(at("copy"), NO_METADATA)) {
      assertThrows(IOException.class, () -> upload.copy(1, first, 0, 5, 0));
    }
    assertEquals(Optional.empty(), store().head(at("copy")));
  }

  @Test
  void commitReplaces() throws IOException {
    put("replaced", "old");
    try (MultipartUpload upload = store().begin(at("replaced"), NO_METADATA)) {
      UploadedPart part = upload.upload(1, body("new"));
      assertEquals("old", text("replaced"));
      upload.commit(List.of(part));
    }
    assertEquals("new", text("replaced"));
  }

  @Test
  void closeWithoutCommitLeavesNothing() throws IOException {
    MultipartUpload upload = store().begin(at("aborted"), NO_METADATA);
    assertEquals(List.of(upload.uploadId()), openUploadIds(prefix));
    upload.upload(1, body("content"));
    upload.close();
    upload.close();
    assertEquals(List.of(), store().openUploads(bucket(), prefix));
    assertEquals(Optional.empty(), store().head(at("aborted")));
    assertThrows(IllegalStateException.class, () -> upload.upload(2, body("late")));
  }

  @Test
  void anyonesUploadCanBeAborted() throws IOException {
    try (MultipartUpload upload = store().begin(at("stale"), NO_METADATA)) {
      OpenUpload open = store().openUploads(bucket(), prefix).get(0);
      UploadedPart part = upload.upload(1, body("content"));
      store().abort(open);
      store().abort(open);
      assertFails(
          ErrorCode.TARGET_UNAVAILABLE, Outcome.RESUMABLE, () -> upload.commit(List.of(part)));
    }
    assertEquals(Optional.empty(), store().head(at("stale")));
  }

  @Test
  void openUploadsGivesAllPages() throws IOException {
    List<OpenUpload> begun = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      MultipartUpload upload = store().begin(at("open/" + (char) ('a' + i / 2)), NO_METADATA);
      begun.add(new OpenUpload(upload.location(), upload.uploadId()));
    }
    List<OpenUpload> found = store().openUploads(bucket(), prefix + "open/");
    for (OpenUpload upload : begun) {
      store().abort(upload);
    }
    assertEquals(
        begun.stream().map(OpenUpload::uploadId).sorted().toList(),
        found.stream().map(OpenUpload::uploadId).sorted().toList());
    for (OpenUpload upload : found) {
      assertTrue(upload.age().compareTo(Duration.ofMinutes(2)) < 0, upload.toString());
    }
  }

  @Test
  void anotherWorkerTakesAnUploadUp() throws IOException {
    byte[] first = random(PART, 1);
    byte[] second = random(1000, 2);
    MultipartUpload begun = store().begin(at("resumed"), METADATA);
    UploadedPart one = begun.upload(1, new ByteArrayBody(first));
    begun.upload(2, body("lost again"));
    OpenUpload open = new OpenUpload(begun.location(), begun.uploadId());
    MultipartUpload resumed = store().resume(open, METADATA).orElseThrow();
    assertEquals(begun.uploadId(), resumed.uploadId());
    UploadedPart two = resumed.upload(2, new ByteArrayBody(second));
    List<ListedPart> parts = resumed.parts();
    assertEquals(List.of(1, 2), parts.stream().map(ListedPart::number).toList());
    assertEquals(List.of((long) PART, 1000L), parts.stream().map(ListedPart::length).toList());
    assertEquals(List.of(one.etag(), two.etag()), parts.stream().map(ListedPart::etag).toList());
    for (ListedPart part : parts) {
      UploadedPart sent = part.number() == 1 ? one : two;
      assertEquals(sent.crc32c(), part.crc32c().orElse(sent.crc32c()));
    }
    StoredObject stored = resumed.commit(List.of(one, two));
    assertEquals(PART + 1000, stored.size());
    assertEquals(METADATA, store().head(at("resumed")).orElseThrow().metadata());
    assertEquals(Optional.empty(), store().resume(open, METADATA));
    assertThrows(UploadLostException.class, () -> begun.parts());
  }

  @Test
  void partsAreListedOnAllPages() throws IOException {
    try (MultipartUpload upload = store().begin(at("pages"), NO_METADATA)) {
      assertEquals(List.of(), upload.parts());
      for (int number : new int[] {7, 1, 12, 3, 5, 2, 9}) {
        upload.upload(number, body("part " + number));
      }
      assertEquals(
          List.of(1, 2, 3, 5, 7, 9, 12), upload.parts().stream().map(ListedPart::number).toList());
    }
  }

  @Test
  void anUploadThatWasAbortedIsNotTakenUp() throws IOException {
    MultipartUpload upload = store().begin(at("gone"), NO_METADATA);
    OpenUpload open = new OpenUpload(upload.location(), upload.uploadId());
    assertTrue(store().resume(open, NO_METADATA).isPresent(), "without parts it is one, too");
    UploadedPart part = upload.upload(1, body("content"));
    store().abort(open);
    assertEquals(Optional.empty(), store().resume(open, NO_METADATA));
    assertThrows(UploadLostException.class, upload::parts);
    assertThrows(UploadLostException.class, () -> upload.commit(List.of(part)));
    try {
      upload.upload(2, body("late"));
      // some servers take parts of uploads that they do not know, and some never give them back
      store().abort(open);
    } catch (ImportException e) {
      assertEquals(Outcome.RESUMABLE, e.outcome());
    }
    assertEquals(
        Optional.empty(),
        store().resume(new OpenUpload(at("gone"), "no-such-upload"), NO_METADATA));
  }

  @Test
  void anObjectHasAnAge() throws IOException {
    assertEquals(Optional.empty(), store().age(at("young")));
    put("young", "x");
    Duration age = store().age(at("young")).orElseThrow();
    assertTrue(!age.isNegative() && age.compareTo(Duration.ofMinutes(2)) < 0, age.toString());
  }

  private List<String> openUploadIds(String under) throws IOException {
    return store().openUploads(bucket(), under).stream().map(OpenUpload::uploadId).toList();
  }

  @Test
  void aBodyThatFailsHalfWayLeavesNothing() throws IOException {
    IOException unreadable = ImportException.failed(ErrorCode.SOURCE_READ_ERROR, "sector", null);
    MultipartUpload upload = store().begin(at("half"), NO_METADATA);
    try (upload) {
      upload.upload(1, new ByteArrayBody(random(PART, 5)));
      IOException thrown =
          assertThrows(
              IOException.class, () -> upload.upload(2, new Unreadable(PART, 9000, unreadable)));
      assertSame(unreadable, thrown);
    }
    assertEquals(Optional.empty(), store().head(at("half")));
    assertSame(
        unreadable,
        assertThrows(
            IOException.class,
            () -> store().put(at("half"), new Unreadable(99, 9, unreadable), NO_METADATA, false)));
    assertEquals(Optional.empty(), store().head(at("half")));
  }

  @Test
  void aBodyOfAnotherLengthIsRefused() throws IOException {
    try (MultipartUpload upload = store().begin(at("length"), NO_METADATA)) {
      assertThrows(IOException.class, () -> upload.upload(1, new StatedLength(body("abc"), 4)));
      assertThrows(IOException.class, () -> upload.upload(1, new StatedLength(body("abc"), 2)));
    }
  }

  @Test
  void partsInAnyOrderAndSeveralAtOnce() throws Exception {
    int count = 5;
    byte[] bytes = random((count - 1) * PART + 17, 6);
    UploadedPart[] parts = new UploadedPart[count];
    ExecutorService lanes = Executors.newFixedThreadPool(3);
    try (MultipartUpload upload = store().begin(at("parallel"), NO_METADATA)) {
      List<Future<?>> running = new ArrayList<>();
      for (int index : new int[] {4, 2, 0, 3, 1}) {
        int offset = index * PART;
        int length = Math.min(PART, bytes.length - offset);
        running.add(
            lanes.submit(
                () ->
                    parts[index] =
                        upload.upload(index + 1, new ByteArrayBody(bytes, offset, length))));
      }
      for (Future<?> part : running) {
        part.get();
      }
      assertEquals(bytes.length, upload.commit(List.of(parts)).size());
    } finally {
      lanes.shutdownNow();
    }
    assertArrayEquals(bytes, store().get(at("parallel"), bytes.length).orElseThrow());
  }

  @Test
  void ofAPartSentTwiceTheLastCounts() throws IOException {
    try (MultipartUpload upload = store().begin(at("twice"), NO_METADATA)) {
      UploadedPart first = upload.upload(1, body("first"));
      UploadedPart second = upload.upload(1, body("again, and longer"));
      assertNotEquals(first.etag(), second.etag());
      upload.commit(List.of(second));
    }
    assertEquals("again, and longer", text("twice"));
  }

  @Test
  void aSmallPartInTheMiddleIsRefused() throws IOException {
    try (MultipartUpload upload = store().begin(at("small-part"), NO_METADATA)) {
      List<UploadedPart> parts = List.of(upload.upload(1, body("a")), upload.upload(2, body("b")));
      assertFails(ErrorCode.INTERNAL, Outcome.FAILED, () -> upload.commit(parts));
    }
    assertEquals(Optional.empty(), store().head(at("small-part")));
  }

  @Test
  void anObjectOfOneEmptyPart() throws IOException {
    Map<String, String> metadata = Map.of("drover-import-id", "0");
    try (MultipartUpload upload = store().begin(at("zero"), metadata)) {
      StoredObject stored =
          upload.commit(List.of(upload.upload(1, new ByteArrayBody(new byte[0]))));
      assertEquals(0, stored.size());
      assertEquals(metadata, stored.metadata());
    }
    assertEquals(0, store().get(at("zero"), 0).orElseThrow().length);
  }

  @Test
  void anEmptyLastPartAddsNothing() throws IOException {
    try (MultipartUpload upload = store().begin(at("tail"), NO_METADATA)) {
      UploadedPart first = upload.upload(1, new ByteArrayBody(random(PART, 7)));
      UploadedPart second = upload.upload(2, new ByteArrayBody(new byte[0]));
      assertEquals(PART, upload.commit(List.of(first, second)).size());
    }
  }

  @Test
  void partNumbersAreChecked() throws IOException {
    try (MultipartUpload upload = store().begin(at("numbers"), NO_METADATA)) {
      for (int number : new int[] {-1, 0, 10_001}) {
        assertThrows(IllegalArgumentException.class, () -> upload.upload(number, body("x")));
      }
      UploadedPart second = upload.upload(2, body("x"));
      assertThrows(IllegalArgumentException.class, () -> upload.commit(List.of(second)));
      assertThrows(IllegalArgumentException.class, () -> upload.commit(List.of()));
    }
  }

  @Test
  void metadataThatHeadersCannotCarryIsRefused() {
    for (Map<String, String> metadata :
        List.of(Map.of("Name", "x"), Map.of("a", "é"), Map.of("a", "x\n"), Map.of("a b", "x"))) {
      assertThrows(
          IllegalArgumentException.class, () -> store().put(at("bad"), body("x"), metadata, false));
      assertThrows(IllegalArgumentException.class, () -> store().begin(at("bad"), metadata));
    }
  }

  @Test
  void aMissingBucketIsNamed() {
    String missing = bucket() + "-missing";
    ObjectLocation location = new ObjectLocation(missing, "key");
    Stream.<Executable>of(
            () -> store().head(location),
            () -> store().get(location, 1),
            () -> store().put(location, body("x"), NO_METADATA, false),
            () -> store().begin(location, NO_METADATA),
            () -> store().list(missing, ""))
        .forEach(
            call ->
                assertTrue(
                    assertFails(ErrorCode.TARGET_UNAVAILABLE, Outcome.REFUSED, call)
                        .getMessage()
                        .contains("bucket " + missing + " does not exist")));
  }

  /** Runs what must fail in this way. */
  protected static ImportException assertFails(ErrorCode code, Outcome outcome, Executable call) {
    ImportException e = assertThrows(ImportException.class, call);
    assertEquals(code + " " + outcome, e.code() + " " + e.outcome(), e.getMessage());
    assertEquals(-1, e.getMessage().indexOf('\n'), e.getMessage());
    return e;
  }

  /** A location of this test's own. */
  protected final ObjectLocation at(String name) {
    return new ObjectLocation(bucket(), prefix + name);
  }

  protected static PartBody body(String text) {
    return new ByteArrayBody(text.getBytes(StandardCharsets.UTF_8));
  }

  protected static byte[] random(int length, long seed) {
    byte[] bytes = new byte[length];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  protected final StoredObject put(String name, String text) throws IOException {
    return store().put(at(name), body(text), NO_METADATA, false);
  }

  protected final String text(String name) throws IOException {
    return new String(store().get(at(name), 1000).orElseThrow(), StandardCharsets.UTF_8);
  }

  private record StatedChecksum(PartBody body, int crc32c) implements PartBody {
    @Override
    public boolean held() {
      return true;
    }

    @Override
    public long length() {
      return body.length();
    }

    @Override
    public InputStream open() throws IOException {
      return body.open();
    }
  }

  private record StatedLength(PartBody body, long length) implements PartBody {
    @Override
    public boolean held() {
      return true;
    }

    @Override
    public int crc32c() {
      return body.crc32c();
    }

    @Override
    public InputStream open() throws IOException {
      return body.open();
    }
  }

  /** Fails after some bytes, each time it is opened. */
  private record Unreadable(long length, int good, IOException failure) implements PartBody {
    @Override
    public boolean held() {
      return true;
    }

    @Override
    public int crc32c() {
      return 0;
    }

    @Override
    public InputStream open() {
      return new InputStream() {
        private int given;

        @Override
        public int read() throws IOException {
          if (given++ >= good) {
            throw failure;
          }
          return 0;
        }
      };
    }
  }
}
