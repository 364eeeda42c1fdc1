package io.drover.converter.object;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.drover.converter.object.CallScript.Call;
import io.drover.converter.object.CallScript.Kind;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class InMemoryObjectStoreTest extends ObjectStoreContract {
  private final InMemoryObjectStore store = new InMemoryObjectStore("bucket");

  @Override
  protected ObjectStore store() {
    return store;
  }

  @Override
  protected String bucket() {
    return "bucket";
  }

  @AfterEach
  void nothingOpen() {
    store.assertNoOpenUploads();
  }

  @Test
  void callsAreRecordedInOrder() throws IOException {
    ObjectLocation key = new ObjectLocation("bucket", "key");
    try (MultipartUpload upload = store.begin(key, Map.of())) {
      upload.upload(7, body("x"));
    }
    assertEquals(
        List.of(
            new Call(Kind.BEGIN, "bucket", "key", 0),
            new Call(Kind.UPLOAD_PART, "bucket", "key", 7),
            new Call(Kind.ABORT, "bucket", "key", 0)),
        store.script().calls());
  }

  @Test
  void callsFailAsTold() throws IOException {
    IOException second = new IOException("second call");
    IOException put = new IOException("first put");
    IOException outage = new IOException("every list");
    store.script().failCall(2, second);
    store.script().fail(Kind.PUT, 1, put);
    store.script().failAll(Kind.LIST, outage);

    store.head(at("a"));
    assertSame(second, assertThrows(IOException.class, () -> store.head(at("a"))));
    assertSame(put, assertThrows(IOException.class, () -> put("a", "x")));
    assertEquals(List.of(), store.locations());
    assertSame(outage, assertThrows(IOException.class, () -> store.list("bucket", "")));
    assertSame(outage, assertThrows(IOException.class, () -> store.list("bucket", "")));
    put("a", "x");

    store.script().heal();
    assertEquals(1, store.list("bucket", "").size());
  }

  @Test
  void aLostAnswerHasItsEffect() throws IOException {
    IOException lost = new IOException("lost");
    store.script().loseAnswer(Kind.COMMIT, 1, lost);
    try (MultipartUpload upload = store.begin(at("a"), Map.of())) {
      List<UploadedPart> parts = List.of(upload.upload(1, body("content")));
      assertSame(lost, assertThrows(IOException.class, () -> upload.commit(parts)));
    }
    assertEquals("content", text("a"));
  }

  @Test
  void anOpenUploadIsFound() throws IOException {
    MultipartUpload upload = store.begin(at("open"), Map.of());
    assertThrows(AssertionError.class, store::assertNoOpenUploads);
    upload.close();
  }

  @Test
  void theLeastPartLengthCanBeLowered() throws IOException {
    try (InMemoryObjectStore small = new InMemoryObjectStore(2, "bucket");
        MultipartUpload upload = small.begin(at("small"), Map.of())) {
      upload.commit(List.of(upload.upload(1, body("ab")), upload.upload(2, body("c"))));
      assertEquals(3, small.head(at("small")).orElseThrow().size());
    }
  }
}
