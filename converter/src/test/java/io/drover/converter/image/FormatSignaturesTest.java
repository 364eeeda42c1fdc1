package io.drover.converter.image;

import static io.drover.converter.error.ErrorCode.*;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.hostile.HostileCase;
import io.drover.converter.storage.MemorySource;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

public class FormatSignaturesTest {
  private static final int SIZE = 200_000;

  private final List<DynamicTest> cases = new ArrayList<>();
  private final List<HostileCase> corpus = new ArrayList<>();

  /** The table's files, for tests of more than this package. */
  public static List<HostileCase> corpus() {
    FormatSignaturesTest table = new FormatSignaturesTest();
    table.foreignFormats();
    table.disks();
    return table.corpus;
  }

  private void raw(String name, ErrorCode expected, byte[] content) {
    check(name + " as raw", expected, content, ImageFormat.RAW);
    cases.add(
        DynamicTest.dynamicTest(
            name + " as raw, foreign formats allowed",
            () ->
                assertDoesNotThrow(
                    () ->
                        FormatSignatures.require(
                            new MemorySource(content),
                            ImageFormat.RAW,
                            ReadPolicy.DEFAULT.withAllowForeign(true)))));
  }

  private void check(String name, ErrorCode expected, byte[] content, ImageFormat declared) {
    corpus.add(HostileCase.refused(name, declared, ReadPolicy.DEFAULT, () -> content, expected));
    cases.add(
        DynamicTest.dynamicTest(
            expected + " " + name,
            () ->
                assertEquals(
                    expected,
                    assertThrows(
                            ImportException.class,
                            () ->
                                FormatSignatures.require(
                                    new MemorySource(content), declared, ReadPolicy.DEFAULT))
                        .code())));
  }

  private void fine(String name, byte[] content, ImageFormat declared) {
    if (declared == ImageFormat.RAW) {
      byte[] disk = Arrays.copyOf(content, (content.length + 511) / 512 * 512);
      corpus.add(
          HostileCase.accepted(name, declared, ReadPolicy.DEFAULT, () -> content, () -> disk));
    }
    cases.add(
        DynamicTest.dynamicTest(
            "accept " + name,
            () ->
                FormatSignatures.require(new MemorySource(content), declared, ReadPolicy.DEFAULT)));
  }

  @TestFactory
  Stream<DynamicTest> foreignFormats() {
    String[][] starts = {
      {"QED", "51454400"},
      {"qcow1", "514649fb00000001"},
      {"VMDK sparse", "4b444d5601000000"},
      {"VMDK ESX", "434f574401000000"},
      {"VHDX", "7668647866696c65"},
      {"VHD dynamic", "636f6e6563746978"},
      {"Parallels", HexFormat.of().formatHex("WithoutFreeSpace".getBytes())},
      {"Parallels 2", HexFormat.of().formatHex("WithouFreSpacExt".getBytes())},
      {"LUKS", "4c554b53babe0001"},
      {"gzip", "1f8b0800"},
      {"bzip2", "425a6839314159265359"},
      {"xz", "fd377a585a00"},
      {"zstd", "28b52ffd"},
      {"lz4", "04224d18"},
      {"zip", "504b0304"},
      {"7z", "377abcaf271c"},
      {"ELF", "7f454c46020101"},
      {"Android sparse", "3aff26ed01000000"}
    };
    for (String[] start : starts) {
      raw(start[0], FORMAT_UNSUPPORTED, at(0, HexFormat.of().parseHex(start[1])));
      check(
          start[0] + " as qcow2",
          start[0].equals("qcow1") ? FORMAT_UNSUPPORTED : FORMAT_MISMATCH,
          at(0, HexFormat.of().parseHex(start[1])),
          start[0].equals("qcow1") ? ImageFormat.RAW : ImageFormat.QCOW2);
    }
    raw("VDI", FORMAT_UNSUPPORTED, at(64, HexFormat.of().parseHex("7f10dabe")));
    raw("tar", FORMAT_UNSUPPORTED, at(257, "ustar".getBytes()));
    raw("ISO 9660", FORMAT_UNSUPPORTED, at(32769, "CD001".getBytes()));
    raw("VHD fixed", FORMAT_UNSUPPORTED, at(SIZE - 512, "conectix".getBytes()));
    raw("VHD fixed, footer of 511", FORMAT_UNSUPPORTED, at(SIZE - 511, "conectix".getBytes()));
    raw("DMG", FORMAT_UNSUPPORTED, at(SIZE - 512, "koly".getBytes()));
    raw("qcow2", FORMAT_MISMATCH, qcow2());
    raw("qcow2 and noise", FORMAT_MISMATCH, at(0, HexFormat.of().parseHex("514649fbdeadbeef")));
    raw("ISO and qcow2", FORMAT_AMBIGUOUS, both(qcow2(), at(32769, "CD001".getBytes())));
    raw("GPT and qcow2", FORMAT_AMBIGUOUS, both(qcow2(), at(512, "EFI PART".getBytes())));
    check(
        "ISO and qcow2 as qcow2",
        FORMAT_AMBIGUOUS,
        both(qcow2(), at(32769, "CD001".getBytes())),
        ImageFormat.QCOW2);
    check(
        "GPT and qcow2 as qcow2",
        FORMAT_AMBIGUOUS,
        both(qcow2(), at(512, "EFI PART".getBytes())),
        ImageFormat.QCOW2);
    for (String text :
        List.of(
            "# Disk DescriptorFile\nversion=1\nRW 1 FLAT \"/etc/passwd\" 0\n",
            "hello\nworld\n",
            "<!DOCTYPE html>\n<html>",
            "  <html><body>",
            "<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>",
            "name,größe\n".repeat(100))) {
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      raw("text " + text.substring(0, 9).strip(), FORMAT_UNSUPPORTED, bytes);
      check("text as qcow2", FORMAT_MISMATCH, bytes, ImageFormat.QCOW2);
    }
    raw("words and lines", FORMAT_UNSUPPORTED, "two words\nand more\n".getBytes());
    raw("text, half of it beyond ASCII", FORMAT_UNSUPPORTED, beyondAscii(256));
    check("zeros as qcow2", FORMAT_MISMATCH, new byte[SIZE], ImageFormat.QCOW2);
    raw("DMG of one sector", FORMAT_UNSUPPORTED, Arrays.copyOf("koly".getBytes(), 512));
    check("four bytes as qcow2", FORMAT_MISMATCH, new byte[4], ImageFormat.QCOW2);
    check("three bytes as qcow2", QCOW2_HEADER_TRUNCATED, new byte[3], ImageFormat.QCOW2);
    return cases.stream();
  }

  @TestFactory
  Stream<DynamicTest> disks() {
    fine("zeros", new byte[SIZE], ImageFormat.RAW);
    fine("one byte", new byte[] {'A'}, ImageFormat.RAW);
    byte[] letters = new byte[511];
    Arrays.fill(letters, (byte) 'Z');
    fine("511 letters", letters, ImageFormat.RAW);
    byte[] mbr = at(0, HexFormat.of().parseHex("eb6390000000000000"));
    mbr[510] = 0x55;
    mbr[511] = (byte) 0xAA;
    fine("MBR", mbr, ImageFormat.RAW);
    fine("lines, most of them beyond ASCII", beyondAscii(257), ImageFormat.RAW);
    byte[] deleted = "two words\nand more\n".getBytes();
    deleted[3] = 0x7F;
    fine("text with a DEL", deleted, ImageFormat.RAW);
    fine("GPT", both(mbr, at(512, "EFI PART".getBytes())), ImageFormat.RAW);
    fine("ext4", at(1080, HexFormat.of().parseHex("53ef")), ImageFormat.RAW);
    fine("XFS", at(0, "XFSB".getBytes()), ImageFormat.RAW);
    fine("squashfs", at(0, "hsqs".getBytes()), ImageFormat.RAW);
    fine("LVM", at(512, "LABELONE".getBytes()), ImageFormat.RAW);
    fine("swap", at(4086, "SWAPSPACE2".getBytes()), ImageFormat.RAW);
    for (int seed = 0; seed < 50; seed++) {
      byte[] noise = new byte[3000];
      new Random(seed).nextBytes(noise);
      fine("noise " + seed, noise, ImageFormat.RAW);
    }
    fine("qcow2", qcow2(), ImageFormat.QCOW2);
    byte[] small = both(qcow2(), at(32769, "CD001".getBytes()));
    small[23] = 12;
    fine("qcow2 with guest data where an ISO signs", small, ImageFormat.QCOW2);
    return cases.stream();
  }

  @Test
  void guestDisksThatLookLikeImages() {
    assertEquals(Optional.of("qcow2"), FormatSignatures.looksLike(ByteBuffer.wrap(qcow2())));
    assertEquals(
        Optional.of("VMDK"), FormatSignatures.looksLike(ByteBuffer.wrap(at(0, "KDMV".getBytes()))));
    for (String start :
        List.of(
            "# Disk DescriptorFile\n",
            "version=1\n",
            "version=3\r\n",
            "# a comment\n# another\nversion=2\n",
            " \n   \r\nversion=1\n")) {
      assertEquals(
          Optional.of("VMDK"),
          FormatSignatures.looksLike(ByteBuffer.wrap(at(0, start.getBytes()))),
          start);
    }
    for (String start :
        List.of("version=4\n", "version=1 ", "\nversion=1\n", " x\nversion=1\n", "#\0")) {
      assertEquals(
          Optional.empty(),
          FormatSignatures.looksLike(ByteBuffer.wrap(at(0, start.getBytes()))),
          start);
    }
    assertEquals(
        Optional.of("cloop"),
        FormatSignatures.looksLike(
            ByteBuffer.wrap(at(0, "#!/bin/sh\n#V2.0 Format\nmodprobe".getBytes()))));
    assertEquals(Optional.empty(), FormatSignatures.looksLike(ByteBuffer.wrap(new byte[SIZE])));
    assertEquals(Optional.empty(), FormatSignatures.looksLike(ByteBuffer.allocate(0)));
  }

  private static byte[] beyondAscii(int high) {
    byte[] text = new byte[512];
    Arrays.fill(text, (byte) '\n');
    Arrays.fill(text, 512 - high, 512, (byte) 0xE4);
    return text;
  }

  private static byte[] qcow2() {
    return at(0, HexFormat.of().parseHex("514649fb000000030000000000000000000000000000001000"));
  }

  private static byte[] at(int offset, byte[] bytes) {
    byte[] content = new byte[SIZE];
    System.arraycopy(bytes, 0, content, offset, bytes.length);
    return content;
  }

  private static byte[] both(byte[] one, byte[] two) {
    byte[] both = one.clone();
    for (int i = 0; i < both.length; i++) {
      both[i] |= two[i];
    }
    return both;
  }
}
