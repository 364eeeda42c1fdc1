package io.drover.converter.hostile;

import static io.drover.converter.error.ErrorCode.*;

import com.github.luben.zstd.Zstd;
import io.drover.converter.error.ErrorCode;
import io.drover.converter.image.ImageFormat;
import io.drover.converter.image.ReadPolicy;
import io.drover.converter.qcow2.QemuTools;
import io.drover.converter.storage.FileSource;
import io.drover.converter.storage.SymbolicLinks;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Whole files of other formats, as the programs that own them write them, declared as what they are
 * not: nothing in them is unpacked, followed or believed.
 */
final class ContainerCases {
  private static final int SECTOR = 512;

  private final List<HostileCase> cases = new ArrayList<>();
  private final Path directory;
  private final byte[] qcow2;

  private ContainerCases(Path directory) throws IOException {
    this.directory = directory;
    QemuTools.img(directory, "create", "-f", "qcow2", "inner.qcow2", "64k");
    this.qcow2 = Files.readAllBytes(directory.resolve("inner.qcow2"));
  }

  static List<HostileCase> corpus(Path directory) throws IOException {
    ContainerCases table = new ContainerCases(directory);
    table.writtenByQemu();
    table.vmdk();
    table.archives();
    table.bombs();
    return table.cases;
  }

  /** Every other format that qemu-img writes, in each of its layouts. */
  private void writtenByQemu() throws IOException {
    Path raw = Files.write(directory.resolve("contained.raw"), SoundImages.disk(1 << 20));
    String[][] layouts = {
      {"vmdk", "subformat=monolithicSparse"},
      {"vmdk", "subformat=monolithicFlat"},
      {"vmdk", "subformat=twoGbMaxExtentSparse"},
      {"vmdk", "subformat=twoGbMaxExtentFlat"},
      {"vmdk", "subformat=streamOptimized"},
      {"vpc", "subformat=dynamic"},
      {"vpc", "subformat=fixed"},
      {"vhdx", "subformat=dynamic"},
      {"vhdx", "subformat=fixed"},
      {"vdi", "static=off"},
      {"vdi", "static=on"},
      {"qed", "cluster_size=64k"},
      {"qcow", "size=1M"},
      {"parallels", "cluster_size=1M"}
    };
    for (String[] layout : layouts) {
      String name = layout[0] + " " + layout[1];
      Path image = directory.resolve(name.replaceAll("[ =]", "-"));
      QemuTools.img(
          directory,
          "convert",
          "-f",
          "raw",
          "-O",
          layout[0],
          "-o",
          layout[1],
          raw.toString(),
          image.toString());
      refused(name, image, ImageFormat.RAW, FORMAT_UNSUPPORTED);
      refused(
          name,
          image,
          ImageFormat.QCOW2,
          layout[0].equals("qcow") ? QCOW2_VERSION : FORMAT_MISMATCH);
    }
    Path extent = directory.resolve("vmdk-subformat-twoGbMaxExtentSparse-s001");
    refused("sparse extent of a VMDK", extent, ImageFormat.RAW, FORMAT_UNSUPPORTED);
    Path flat = directory.resolve("vmdk-subformat-monolithicFlat-flat");
    byte[] disk = Files.readAllBytes(raw);
    // an extent that is all of the disk, and nothing but the disk
    cases.add(
        HostileCase.accepted(
            "flat extent of a VMDK",
            ImageFormat.RAW,
            ReadPolicy.DEFAULT,
            () -> contents(flat),
            () -> disk));
  }

  private void vmdk() {
    for (String extent :
        List.of(
            "RW 2048 FLAT \"/etc/passwd\" 0",
            "RW 2048 FLAT \"../../../../etc/passwd\" 0",
            "RW 2048 SPARSE \"disk-s001.vmdk\"",
            "RW 2048 VMFS \"disk-flat.vmdk\"",
            "RW 2048 FLAT \"nbd:127.0.0.1:10809\" 0",
            "RW 2048 FLAT \"json:{\\\"driver\\\":\\\"file\\\"}\" 0")) {
      for (String start :
          List.of(
              "# Disk DescriptorFile\nversion=1\n",
              "# Disk DescriptorFile\r\nversion=1\r\n",
              "# anything at all\nversion=1\n",
              "#\n \nversion=2\n",
              "version=3\r\n")) {
        byte[] text = (start + "CID=fffffffe\n" + extent + "\n").getBytes(StandardCharsets.UTF_8);
        both("VMDK descriptor " + start.strip() + " " + extent, text);
        // the rest of a sector or of a whole disk: no text file any more, but QEMU reads it so
        both("VMDK descriptor in a disk " + start.strip() + " " + extent, padded(text, 64 << 10));
      }
    }
    both("VMDK, tables of 2^63 sectors", sparseExtent(Long.MAX_VALUE, 1, Long.MAX_VALUE));
    both("VMDK, 2^32 grain table entries", sparseExtent(1L << 40, 0xFFFFFFFFL, 1));
    both("VMDK, grains of 0 sectors", sparseExtent(1L << 40, 0, 1));
    both("VMDK, its descriptor at the end of the world", sparseExtent(2048, 512, -1));
  }

  /** The header of a sparse extent; Virtual Disk Format 5.0, section "Sparse Extent Header". */
  private static byte[] sparseExtent(long capacity, long entriesPerTable, long descriptorAt) {
    ByteBuffer header = ByteBuffer.allocate(4096).order(ByteOrder.LITTLE_ENDIAN);
    header.put("KDMV".getBytes(StandardCharsets.US_ASCII)).putInt(1).putInt(0x30003);
    header.putLong(capacity).putLong(128).putLong(descriptorAt).putLong(20);
    header.putInt((int) entriesPerTable).putLong(-1).putLong(-1).putLong(-1);
    return header.array();
  }

  private void archives() throws IOException {
    for (String name : List.of("../../../../etc/cron.d/x", "/etc/passwd", "disk.raw", "..\\x")) {
      ByteArrayOutputStream zip = new ByteArrayOutputStream();
      try (ZipOutputStream out = new ZipOutputStream(zip)) {
        out.putNextEntry(new ZipEntry(name));
        out.write(qcow2);
      }
      both("zip of " + name, zip.toByteArray());
      both("tar of " + name, tar(name, '0', "", qcow2));
      both("gzip of a tar of " + name, gzip(tar(name, '0', "", qcow2), 1));
    }
    both("tar of a link to /etc/passwd", tar("disk.raw", '2', "/etc/passwd", new byte[0]));
    both("OVA", tar("machine.ovf", '0', "", "<?xml version='1.0'?>".getBytes()));
    ByteArrayOutputStream empty = new ByteArrayOutputStream();
    new ZipOutputStream(empty).close();
    both("empty zip", empty.toByteArray());
  }

  /** One entry as POSIX.1-1988 writes it. */
  private static byte[] tar(String name, char type, String link, byte[] content) {
    ByteBuffer header = ByteBuffer.allocate(SECTOR);
    header.put(0, ascii(name)).put(100, ascii("0000644\0")).put(156, new byte[] {(byte) type});
    header.put(124, ascii(String.format("%011o\0", content.length))).put(157, ascii(link));
    header.put(136, ascii("00000000000\0")).put(148, ascii("        "));
    header.put(257, ascii("ustar\00000"));
    int sum = 0;
    for (byte value : header.array()) {
      sum += value & 0xFF;
    }
    header.put(148, ascii(String.format("%06o\0 ", sum)));
    byte[] archive = padded(header.array(), 3 * SECTOR + (content.length + 511) / 512 * 512);
    System.arraycopy(content, 0, archive, SECTOR, content.length);
    return archive;
  }

  /** Compressed files, which would be large if anybody unpacked them. */
  private void bombs() throws IOException {
    byte[] zeros = new byte[4 << 20];
    both("gzip of 4 MiB of zeros", gzip(zeros, 1));
    both("gzip in gzip in gzip", gzip(zeros, 3));
    both("gzip of a qcow2", gzip(qcow2, 1));
    both("zstd of 4 MiB of zeros", Zstd.compress(zeros));
    both("zstd of a qcow2", Zstd.compress(qcow2));
    byte[] disk = SoundImages.disk(64 << 10);
    byte[] compressed = gzip(disk, 1);
    // a disk that happens to end as an archive does is still a disk
    byte[] tail = Arrays.copyOf(disk, disk.length + (compressed.length + 511) / 512 * 512);
    tail[0] = 0;
    System.arraycopy(compressed, 0, tail, disk.length, compressed.length);
    cases.add(
        HostileCase.accepted(
            "a disk with gzip data in its middle",
            ImageFormat.RAW,
            ReadPolicy.DEFAULT,
            () -> tail,
            () -> tail));
  }

  private static byte[] gzip(byte[] content, int times) throws IOException {
    byte[] result = content;
    for (int round = 0; round < times; round++) {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      try (OutputStream out = new GZIPOutputStream(bytes)) {
        out.write(result);
      }
      result = bytes.toByteArray();
    }
    return result;
  }

  private static byte[] padded(byte[] content, int length) {
    return Arrays.copyOf(content, length);
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  /** The file under each declaration. */
  private void both(String name, byte[] content) {
    cases.add(
        HostileCase.refused(
            name + " as raw",
            ImageFormat.RAW,
            ReadPolicy.DEFAULT,
            () -> content,
            FORMAT_UNSUPPORTED));
    cases.add(
        HostileCase.refused(
            name + " as qcow2",
            ImageFormat.QCOW2,
            ReadPolicy.DEFAULT,
            () -> content,
            FORMAT_MISMATCH));
  }

  private void refused(String name, Path file, ImageFormat declared, ErrorCode expected) {
    cases.add(
        new HostileCase(
            name + " as " + declared.label(),
            declared,
            ReadPolicy.DEFAULT,
            () -> FileSource.open(file, SymbolicLinks.REFUSE),
            Set.of(expected),
            Optional.empty()));
  }

  private static byte[] contents(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
