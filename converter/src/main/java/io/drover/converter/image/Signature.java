package io.drover.converter.image;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;

/**
 * Bytes at a fixed offset by which a format is known.
 *
 * @param format the format's usual name
 * @param offset where the bytes lie, from the start of the file
 * @param diskImage whether QEMU's probing would take a guest disk that begins so for an image
 */
record Signature(String format, int offset, byte[] bytes, boolean diskImage) {
  /** Versions of {@code QFI\xfb} follow it; only version 1 is a format of its own. */
  static final String QCOW2 = "qcow2";

  static final String VMDK = "VMDK";
  static final String ISO_9660 = "ISO 9660";

  /** All that are looked for at the start of a file; a raw disk begins with none of them. */
  static final List<Signature> AT_START =
      List.of(
          image("qcow1", 0, hex("514649fb00000001")),
          image(QCOW2, 0, hex("514649fb")),
          image("QED", 0, ascii("QED\0")),
          image(VMDK, 0, ascii("KDMV")),
          image(VMDK, 0, ascii("COWD")),
          image(VMDK, 0, ascii("# Disk DescriptorFile")),
          image("VHDX", 0, ascii("vhdxfile")),
          image("VHD", 0, ascii("conectix")),
          image("VDI", 64, hex("7f10dabe")),
          image("Parallels", 0, ascii("WithoutFreeSpace")),
          image("Parallels", 0, ascii("WithouFreSpacExt")),
          image("Bochs", 0, ascii("Bochs Virtual HD Image")),
          image("cloop", 0, ascii("#!/bin/sh\n#V2.0 Format\n")),
          image("LUKS", 0, hex("4c554b53babe")),
          other("Android sparse", 0, hex("3aff26ed")),
          other("EnCase", 0, hex("455646090d0aff00")),
          other("WIM", 0, ascii("MSWIM\0\0\0")),
          other(ISO_9660, 32769, ascii("CD001")),
          other("gzip", 0, hex("1f8b08")),
          other("bzip2", 4, hex("314159265359")),
          other("xz", 0, hex("fd377a585a00")),
          other("zstd", 0, hex("28b52ffd")),
          other("lz4", 0, hex("04224d18")),
          other("zip", 0, hex("504b0304")),
          other("zip", 0, hex("504b0506")),
          other("7z", 0, hex("377abcaf271c")),
          other("RAR", 0, hex("526172211a07")),
          other("tar", 257, ascii("ustar")),
          other("ELF", 0, hex("7f454c46")));

  /** The footer of a fixed VHD, which is a raw disk but for this last sector. */
  static final Signature VHD_FOOTER = other("VHD", 0, ascii("conectix"));

  /** The trailer of an Apple disk image. */
  static final Signature DMG_TRAILER = other("DMG", 0, ascii("koly"));

  /** A partition table that makes anything at offset 0 but boot code a contradiction. */
  static final Signature GPT = other("GPT", 512, ascii("EFI PART"));

  boolean matches(ByteBuffer content) {
    int start = content.position() + offset;
    return content.remaining() >= offset + bytes.length
        && content.slice(start, bytes.length).equals(ByteBuffer.wrap(bytes));
  }

  private static Signature image(String format, int offset, byte[] bytes) {
    return new Signature(format, offset, bytes, true);
  }

  private static Signature other(String format, int offset, byte[] bytes) {
    return new Signature(format, offset, bytes, false);
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private static byte[] hex(String digits) {
    return HexFormat.of().parseHex(digits);
  }
}
