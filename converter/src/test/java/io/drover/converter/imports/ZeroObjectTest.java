package io.drover.converter.imports;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.object.ByteArrayBody;
import io.drover.converter.object.CallScript;
import io.drover.converter.object.InMemoryObjectStore;
import io.drover.converter.object.ObjectLocation;
import io.drover.converter.object.StoredObject;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ZeroObjectTest {
  private static final long SIZE = 64L << 20;

  private final InMemoryObjectStore store = new InMemoryObjectStore(1, "images");

  @AfterEach
  void noUploadIsLeftOpen() {
    store.assertNoOpenUploads();
  }

  @Test
  void itIsMadeOnceAndFoundAgain() {
    ZeroObject zeros = zeros();
    StoredObject made = zeros.in("images").orElseThrow();
    assertEquals(SIZE, made.size());
    assertEquals(SIZE / 64 + SIZE / 512, sentBytes(), "only the seed was sent");
    int puts = store.script().count(CallScript.Kind.PUT);
    assertEquals(made, zeros.in("images").orElseThrow());
    assertEquals(made, zeros().in("images").orElseThrow());
    assertEquals(puts, store.script().count(CallScript.Kind.PUT));
  }

  @Test
  void aServerThatCannotCopyGetsZerosSent() {
    store
        .script()
        .failAll(
            CallScript.Kind.COPY_PART,
            ImportException.failed(ErrorCode.INTERNAL, "501 NotImplemented", null));
    assertEquals(Optional.empty(), zeros().in("images"));
  }

  @Test
  void anObjectOfThatNameWithOtherContentIsNotUsed() throws Exception {
    byte[] other = new byte[1 << 20];
    other[7] = 1;
    store.put(
        new ObjectLocation("images", ".drover/zeros-" + SIZE),
        new ByteArrayBody(other),
        Map.of(),
        false);
    StoredObject made = zeros().in("images").orElseThrow();
    assertEquals(SIZE, made.size(), "it was made anew");
  }

  @Test
  void withoutAPrefixNoneIsMade() {
    assertEquals(Optional.empty(), new ZeroObject(store, "").in("images"));
    assertTrue(store.locations().isEmpty());
  }

  private ZeroObject zeros() {
    return new ZeroObject(store, ".drover/", SIZE);
  }

  private long sentBytes() {
    return store
        .bytes(new ObjectLocation("images", ".drover/zeros-" + (SIZE / 64 + SIZE / 512)))
        .orElseThrow()
        .length;
  }
}
