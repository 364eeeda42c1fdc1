package io.drover.converter.reader;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.image.DiskImage;
import io.drover.converter.image.Extent;
import io.drover.converter.image.ImageFormat;
import io.drover.converter.image.MapEntry;
import io.drover.converter.image.ReadPolicy;
import io.drover.converter.qcow2.ClusterCounts;
import io.drover.converter.qcow2.Qcow2Facts;
import io.drover.converter.qcow2.QemuTools;
import io.drover.converter.storage.FileSource;
import io.drover.converter.storage.MemorySource;
import io.drover.converter.storage.SymbolicLinks;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ImageOpenerTest {
  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(ints = {1, 511, 512, 513, 65_537, 300_000})
  void rawDisksArePaddedToASector(int size) throws IOException {
    byte[] content = new byte[size];
    new Random(size).nextBytes(content);
    content[0] = 0;
    byte[] disk = Arrays.copyOf(content, (size + 511) / 512 * 512);
    MemorySource source = new MemorySource(content);
    try (DiskImage image = ImageOpener.open(source, ImageFormat.RAW, ReadPolicy.DEFAULT)) {
      GuestBytes.check(image, disk);
      assertEquals(size % 512 == 0 ? 0 : 1, image.warnings().size());
    }
    assertTrue(source.closed());
  }

  @Test
  void rawHolesAreExtentsOfZeros() throws IOException {
    Path file = directory.resolve("sparse.raw");
    byte[] noise = new byte[200_000];
    new Random(1).nextBytes(noise);
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.wrap(noise), 0);
      channel.write(ByteBuffer.wrap(noise), 1 << 20);
      channel.write(ByteBuffer.wrap(new byte[100]), (3 << 20) + 1);
    }
    try (DiskImage image = open(file, ImageFormat.RAW)) {
      byte[] disk = QemuTools.guest(file, "raw");
      GuestBytes.check(image, disk);
      List<MapEntry> map = new ArrayList<>();
      image.map(0, image.virtualSize()).forEachRemaining(map::add);
      assertEquals(QemuMap.of(file, "raw"), QemuMap.comparable(map));
    }
  }

  @Test
  void limitsOnRawDisks() throws IOException {
    assertEquals(
        ErrorCode.VIRTUAL_SIZE_LIMIT,
        refusal(new byte[1024], ImageFormat.RAW, ReadPolicy.DEFAULT.withMaxVirtualSize(1023)));
    assertEquals(
        ErrorCode.EXPANSION_LIMIT,
        refusal(new byte[1024], ImageFormat.RAW, ReadPolicy.DEFAULT.withMaxDataBytes(1023)));
    Path file = directory.resolve("sparse.raw");
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.wrap(new byte[1]), 1L << 41);
    }
    assertEquals(
        ErrorCode.VIRTUAL_SIZE_LIMIT,
        assertThrows(ImportException.class, () -> open(file, ImageFormat.RAW)).code());
    try (DiskImage image =
        ImageOpener.open(
            FileSource.open(file, SymbolicLinks.REFUSE),
            ImageFormat.RAW,
            ReadPolicy.DEFAULT.withMaxVirtualSize(1L << 42))) {
      Iterator<Extent> extents = image.extents(0, image.virtualSize());
      assertTrue(extents.next().zero());
    }
  }

  @Test
  void refusalClosesTheSource() {
    for (ImageFormat format : ImageFormat.values()) {
      MemorySource source = new MemorySource("<html>\n".repeat(100).getBytes());
      assertThrows(
          ImportException.class, () -> ImageOpener.open(source, format, ReadPolicy.DEFAULT));
      assertTrue(source.closed(), format.label());
    }
  }

  @Test
  void aGuestThatLooksLikeAnImageIsImportedWithAWarning() throws IOException {
    Path inner = directory.resolve("inner.qcow2");
    QemuTools.img(directory, "create", "-f", "qcow2", inner.toString(), "1M");
    byte[] guest = Files.readAllBytes(inner);
    for (String option : List.of("", "-c")) {
      Path outer = directory.resolve("outer" + option + ".qcow2");
      List<String> convert = new ArrayList<>(List.of("convert", "-f", "raw", "-O", "qcow2"));
      if (!option.isEmpty()) {
        convert.add(option);
      }
      convert.addAll(List.of(inner.toString(), outer.toString()));
      QemuTools.img(directory, convert.toArray(String[]::new));
      try (DiskImage image = open(outer, ImageFormat.QCOW2)) {
        assertEquals(1, image.warnings().size());
        assertTrue(image.warnings().get(0).contains("qcow2"), image.warnings().toString());
        assertEquals(Optional.of("qcow2"), ImageOpener.rawLooksLike(image));
        GuestBytes.check(image, Arrays.copyOf(guest, (guest.length + 511) / 512 * 512));
      }
    }
    assertEquals(ErrorCode.FORMAT_MISMATCH, refusal(guest, ImageFormat.RAW, ReadPolicy.DEFAULT));
    try (DiskImage image =
        ImageOpener.open(
            new MemorySource(guest), ImageFormat.RAW, ReadPolicy.DEFAULT.withAllowForeign(true))) {
      assertTrue(image.warnings().get(image.warnings().size() - 1).contains("format=raw"));
    }
  }

  @Test
  void describesSoundImages() throws IOException {
    Path file = directory.resolve("image.qcow2");
    QemuTools.img(
        directory,
        "create",
        "-f",
        "qcow2",
        "-o",
        "cluster_size=32k,lazy_refcounts=on,refcount_bits=8,compression_type=zstd",
        "image.qcow2",
        "10M");
    QemuTools.io(file, "write -P 1 0 100k", "write -z 1M 64k", "write -c -P 2 2M 32k");
    QemuTools.img(directory, "snapshot", "-c", "s", "image.qcow2");
    ImageDescription description = describe(file, ImageFormat.QCOW2);
    assertEquals(Optional.empty(), description.refusal());
    assertEquals(10 << 20, description.virtualSize());
    assertEquals(Files.size(file), description.fileSize());
    Qcow2Facts facts = description.qcow2().orElseThrow();
    assertEquals(3, facts.version());
    assertEquals(32 << 10, facts.clusterSize());
    assertEquals("zstd", facts.compressionType());
    assertEquals(8, facts.refcountBits());
    assertTrue(facts.lazyRefcounts());
    assertFalse(facts.extendedL2() || facts.dirty() || facts.corrupt() || facts.encrypted());
    assertEquals(1, facts.snapshots());
    assertEquals(Optional.of(new ClusterCounts(4, 2, 1, 5 * 32 << 10)), facts.counts());
  }

  @Test
  void describesRefusedImages() throws IOException {
    Path file = directory.resolve("image.qcow2");
    QemuTools.img(
        directory,
        "create",
        "-f",
        "qcow2",
        "-u",
        "-b",
        "/etc/pass\u001b[31mwd",
        "-F",
        "raw",
        "image.qcow2",
        "1M");
    ImageDescription overlay = describe(file, ImageFormat.QCOW2);
    assertEquals(ErrorCode.QCOW2_BACKING_FILE, overlay.refusal().orElseThrow().code());
    Qcow2Facts facts = overlay.qcow2().orElseThrow();
    assertEquals(Optional.of("/etc/pass\\u001b[31mwd"), facts.backingFile());
    assertEquals(Optional.of("raw"), facts.backingFormat());
    assertEquals(Optional.of(new ClusterCounts(0, 0, 0, 0)), facts.counts());

    QemuTools.img(
        directory,
        "create",
        "-f",
        "qcow2",
        "-o",
        "data_file=d.raw,data_file_raw=on",
        "ext.qcow2",
        "1M");
    ImageDescription external = describe(directory.resolve("ext.qcow2"), ImageFormat.QCOW2);
    assertEquals(ErrorCode.QCOW2_DATA_FILE, external.refusal().orElseThrow().code());
    assertEquals(Optional.of("d.raw"), external.qcow2().orElseThrow().dataFile());
    assertTrue(external.qcow2().orElseThrow().rawDataFile());

    byte[] bytes = Files.readAllBytes(file);
    Random random = new Random(99);
    for (int round = 0; round < 300; round++) {
      byte[] hostile = bytes.clone();
      for (int poke = 0; poke < 4; poke++) {
        hostile[4 + random.nextInt(250)] = (byte) random.nextInt();
      }
      ImageDescription description =
          ImageOpener.describe(
              new MemorySource(Arrays.copyOf(hostile, 80 + random.nextInt(bytes.length))),
              ImageFormat.QCOW2,
              ReadPolicy.DEFAULT);
      assertEquals(ImageFormat.QCOW2, description.format());
    }
    ImageDescription text =
        ImageOpener.describe(
            new MemorySource("no image\n".getBytes()), ImageFormat.RAW, ReadPolicy.DEFAULT);
    assertEquals(ErrorCode.FORMAT_UNSUPPORTED, text.refusal().orElseThrow().code());
    assertEquals(9, text.virtualSize());
  }

  private ImageDescription describe(Path file, ImageFormat format) throws IOException {
    return ImageOpener.describe(
        FileSource.open(file, SymbolicLinks.REFUSE), format, ReadPolicy.DEFAULT);
  }

  private static DiskImage open(Path file, ImageFormat format) throws IOException {
    return ImageOpener.open(
        FileSource.open(file, SymbolicLinks.REFUSE), format, ReadPolicy.DEFAULT);
  }

  private static ErrorCode refusal(byte[] content, ImageFormat format, ReadPolicy policy) {
    return assertThrows(
            ImportException.class,
            () -> ImageOpener.open(new MemorySource(content), format, policy))
        .code();
  }
}
