package io.drover.converter.manifest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.drover.converter.digest.BlockDigests;
import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.Test;

class BlockListJsonTest {
  private static final long BLOCK = 4L << 20;

  @Test
  void readsWhatItWrote() throws IOException {
    BlockDigests digests = random(20_000);
    Disk disk = Disk.withBlocksAt("blocks.json", 65536, true, digests);
    String text = text(digests);
    BlockDigests read = read(text, disk);
    assertEquals(digests.diskDigest(), read.diskDigest());
    for (int block = 0; block < digests.count(); block++) {
      assertEquals(digests.isZero(block), read.isZero(block));
    }
    assertTrue(text.startsWith("[") && text.endsWith("]"));
    String[] items = text.substring(1, text.length() - 1).split(",");
    assertEquals(digests.count(), items.length);
    for (String item : items) {
      assertTrue(item.equals("0") || item.matches("\"[0-9a-f]{64}\""), item);
    }
  }

  @Test
  void refusesOtherLists() throws IOException {
    BlockDigests digests = random(3);
    Disk disk = Disk.withBlocksAt("blocks.json", 65536, true, digests);
    String text = text(digests);
    corrupted("", disk);
    corrupted("{}", disk);
    corrupted("[]", disk);
    corrupted("[0,0,0]", disk);
    corrupted("[0,0,1]", disk);
    corrupted("[0,0,0.0]", disk);
    corrupted("[0,0,null]", disk);
    corrupted("[0,0,\"0\"]", disk);
    corrupted("[0,0,[]]", disk);
    corrupted(text.replace("]", ",0]"), disk);
    corrupted(text + "[", disk);
    corrupted(text.toUpperCase(Locale.ROOT), disk);
    for (int length = 1; length < text.length(); length++) {
      corrupted(text.substring(0, length), disk);
    }
  }

  @Test
  void largeListsHaveTheirOwnObject() {
    assertFalse(Disk.needsBlocksKey(16L << 30));
    assertTrue(Disk.needsBlocksKey((16L << 30) + 512));
    assertFalse(Disk.needsBlocksKey(0));
  }

  @Test
  void theLargestInlineListIsReadAgain() throws IOException {
    BlockDigests digests = new BlockDigests(Disk.MAX_INLINE_BLOCKS * BLOCK);
    for (int block = 0; block < digests.count(); block++) {
      byte[] digest = new byte[32];
      digest[0] = (byte) block;
      digest[1] = (byte) (block >> 8);
      digest[2] = 1;
      digests.put(block, digest);
    }
    assertEquals(
        digests.diskDigest(), Disk.inline(65536, true, digests).inlineDigests().get().diskDigest());
    BlockDigests more = new BlockDigests(Disk.MAX_INLINE_BLOCKS * BLOCK + 1);
    for (int block = 0; block < more.count(); block++) {
      more.putZero(block);
    }
    assertThrows(IllegalArgumentException.class, () -> Disk.inline(65536, true, more));
  }

  private static BlockDigests random(int count) throws IOException {
    Random random = new Random(count);
    BlockDigests digests = new BlockDigests(count * BLOCK - 7);
    for (int block = 0; block < count; block++) {
      if (random.nextBoolean()) {
        byte[] digest = new byte[32];
        random.nextBytes(digest);
        digests.put(block, digest);
      } else {
        digests.putZero(block);
      }
    }
    return digests;
  }

  private static String text(BlockDigests digests) throws IOException {
    ByteArrayOutputStream target = new ByteArrayOutputStream();
    BlockListJson.write(digests, target);
    return target.toString(StandardCharsets.US_ASCII);
  }

  private static BlockDigests read(String text, Disk disk) throws IOException {
    return BlockListJson.read(
        new ByteArrayInputStream(text.getBytes(StandardCharsets.US_ASCII)), disk);
  }

  private static void corrupted(String text, Disk disk) {
    ImportException exception = assertThrows(ImportException.class, () -> read(text, disk));
    assertEquals(ErrorCode.TARGET_CORRUPTED, exception.code());
  }
}
