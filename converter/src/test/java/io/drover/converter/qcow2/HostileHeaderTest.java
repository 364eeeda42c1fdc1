package io.drover.converter.qcow2;

import static io.drover.converter.error.ErrorCode.*;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.drover.converter.error.ImportException;
import io.drover.converter.image.ReadPolicy;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Headers, extensions and references that must not be believed. */
class HostileHeaderTest extends HostileCases {
  @TestFactory
  Stream<DynamicTest> headerFields() {
    for (int length : new int[] {0, 1, 4, 71, 72, 103, 104, 111, 112, 4096, 65535}) {
      refused("cut to " + length, QCOW2_HEADER_TRUNCATED, plain, it -> it.cut(length));
    }
    for (long version : new long[] {0, 1, 4, 0xFFFFFFFFL}) {
      refused("version " + version, QCOW2_VERSION, plain, it -> it.u32(4, version));
    }
    for (long bits : new long[] {0, 8, 22, 31, 32, 63, 64, 0xFFFFFFFFL}) {
      refused("cluster_bits " + bits, QCOW2_CLUSTER_BITS, plain, it -> it.u32(20, bits));
    }
    for (long length : new long[] {0, 71, 72, 103, 105, 65544, 0x7FFFFFFFL, 0xFFFFFFFFL}) {
      refused("header_length " + length, QCOW2_HEADER_LENGTH, plain, it -> it.u32(100, length));
    }
    for (long order : new long[] {7, 8, 31, 0xFFFFFFFFL}) {
      refused("refcount_order " + order, QCOW2_REFCOUNT_ORDER, plain, it -> it.u32(96, order));
    }
    for (int bit : new int[] {5, 6, 31, 32, 63}) {
      refused("bit " + bit, QCOW2_FEATURE_UNKNOWN, plain, it -> it.incompatible(1L << bit));
    }
    refused("corrupt bit", QCOW2_CORRUPT_BIT, plain, it -> it.incompatible(2));
    accepted(
        "corrupt bit, allowed",
        plain,
        it -> it.incompatible(2),
        ReadPolicy.DEFAULT.withAllowCorrupt(true));
    accepted("dirty bit", plain, it -> it.incompatible(1));
    refused("zstd without bit", QCOW2_COMPRESSION_TYPE, plain, it -> it.u8(104, 1));
    refused("type 2 without bit", QCOW2_COMPRESSION_TYPE, plain, it -> it.u8(104, 2));
    refused("type 2", QCOW2_COMPRESSION_TYPE, plain, it -> it.u8(104, 2).incompatible(8));
    refused("bit without type", QCOW2_COMPRESSION_TYPE, plain, it -> it.incompatible(8));
    refused(
        "bit, header too short",
        QCOW2_COMPRESSION_TYPE,
        plain,
        it -> it.extension(0, 0).u32(100, 104).incompatible(8));
    for (long method : new long[] {1, 2, 3, 0xFFFFFFFFL}) {
      refused("crypt_method " + method, QCOW2_ENCRYPTED, plain, it -> it.u32(32, method));
    }
    refused(
        "LUKS header far away",
        QCOW2_ENCRYPTED,
        plain,
        it ->
            it.u32(32, 2)
                .extension(Qcow2Spec.EXTENSION_LUKS, 16, new byte[] {0x40, 0, 0, 0, 0, 0, 0, 0}));
    for (long size : new long[] {Long.MIN_VALUE, Long.MIN_VALUE + 512, -1}) {
      refused(
          "virtual size " + Long.toUnsignedString(size),
          VIRTUAL_SIZE_INVALID,
          plain,
          it -> it.u64(24, size));
    }
    refused("virtual size 2^63-1", QCOW2_L1, plain, it -> it.u64(24, Long.MAX_VALUE));
    refused("1 PiB, one L1 entry", QCOW2_L1, plain, it -> it.u64(24, 1L << 50));
    refused("16 TiB", VIRTUAL_SIZE_LIMIT, plain, it -> it.u64(24, 16L << 40).u32(36, 1L << 15));
    refused(
        "64 TiB at the L1 limit",
        VIRTUAL_SIZE_LIMIT,
        plain,
        it -> it.u64(24, 64L << 40).u32(36, 4L << 20));
    accepted("size no multiple of 512", plain, it -> it.u64(24, (1 << 20) - 100));
    return cases.stream();
  }

  @TestFactory
  Stream<DynamicTest> extensionsAndReferences() {
    for (long length : new long[] {0x7FFFFFFFL, 0xFFFFFFFFL, 0xFFFFFFF9L, 65536 - 119}) {
      refused("length " + length, QCOW2_EXTENSION, plain, it -> it.extension(0x11111111, length));
    }
    accepted("extension up to the end", plain, it -> it.extension(0x11111111, 65536 - 120));
    refused(
        "8,000 empty extensions",
        QCOW2_EXTENSION,
        plain,
        it -> IntStream.range(0, 8000).forEach(i -> it.u64(112 + 8 * i, 0x22222222L << 32)));
    refused(
        "backing format of 4 KiB",
        QCOW2_EXTENSION,
        plain,
        it -> it.extension(Qcow2Spec.EXTENSION_BACKING_FORMAT, 4096));
    accepted("odd feature table", plain, it -> it.extension(Qcow2Spec.EXTENSION_FEATURE_NAMES, 50));
    accepted("stale bitmaps", plain, it -> it.extension(Qcow2Spec.EXTENSION_BITMAPS, 24));
    refused(
        "bitmaps of 5 bytes",
        QCOW2_BITMAP,
        plain,
        it -> it.extension(Qcow2Spec.EXTENSION_BITMAPS, 5));
    refused(
        "2^32-1 bitmaps",
        QCOW2_BITMAP,
        plain,
        it ->
            it.extension(Qcow2Spec.EXTENSION_BITMAPS, 24)
                .u32(120, 0xFFFFFFFFL)
                .u64(128, 64)
                .u64(136, 65536)
                .u64(88, 1));
    refused(
        "bitmap directory of 2^63",
        QCOW2_BITMAP,
        plain,
        it ->
            it.extension(Qcow2Spec.EXTENSION_BITMAPS, 24)
                .u32(120, 1)
                .u64(128, Long.MIN_VALUE)
                .u64(136, 65536)
                .u64(88, 1));
    for (String name :
        List.of("/etc/passwd", "../../x", "nbd://127.0.0.1", "json:{}", "a\nb", "", "x")) {
      refused("backing " + name.strip(), QCOW2_BACKING_FILE, plain, it -> it.backing(name));
      refused("v2 backing " + name.strip(), QCOW2_BACKING_FILE, version2, it -> it.backing(name));
      refused(
          "data file " + name.strip(),
          QCOW2_DATA_FILE,
          plain,
          it -> it.extension(Qcow2Spec.EXTENSION_DATA_FILE, name).incompatible(4));
    }
    ReadPolicy roots = ReadPolicy.DEFAULT.withBackingRoots(List.of(Path.of("/nowhere")));
    for (long offset : new long[] {-1, Long.MIN_VALUE, 8, 65536, 1L << 40}) {
      refused("name at " + offset, QCOW2_BACKING_FILE, plain, it -> it.backing("x").u64(8, offset));
      refused(
          "name at " + offset + ", backing files allowed",
          QCOW2_BACKING_FILE,
          plain,
          it -> it.backing("x").u64(8, offset),
          roots);
    }
    for (long length : new long[] {0, 1024, 0xFFFFFFFFL}) {
      refused(
          "name of " + length,
          QCOW2_BACKING_FILE,
          plain,
          it -> it.backing("x").u32(16, length),
          roots);
    }
    refused("data bit without name", QCOW2_DATA_FILE, plain, it -> it.incompatible(4));
    refused("raw bit alone", QCOW2_DATA_FILE, plain, it -> it.u64(88, 2));
    refused(
        "name without bit",
        QCOW2_DATA_FILE,
        plain,
        it -> it.extension(Qcow2Spec.EXTENSION_DATA_FILE, "x"));
    return cases.stream();
  }

  @Test
  void namesOfUnknownFeaturesAreEscaped() {
    byte[] entry = new byte[48];
    entry[1] = 7;
    byte[] name = "\u001b[31mred\nline".getBytes();
    System.arraycopy(name, 0, entry, 2, name.length);
    Hostile hostile =
        new Hostile(plain)
            .extension(Qcow2Spec.EXTENSION_FEATURE_NAMES, 48, entry)
            .incompatible(1 << 7);
    ImportException refusal =
        assertThrows(ImportException.class, () -> readAll(hostile.bytes(), ReadPolicy.DEFAULT));
    assertEquals(QCOW2_FEATURE_UNKNOWN, refusal.code());
    assertTrue(refusal.getMessage().contains("\\u001b[31mred\\nline"), refusal.getMessage());
    assertFalse(refusal.getMessage().contains("\u001b"));
  }
}
