package io.drover.converter.qcow2;

import static io.drover.converter.error.ErrorCode.*;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdDictCompress;
import com.github.luben.zstd.ZstdOutputStream;
import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.hostile.HostileCase;
import io.drover.converter.image.ImageFormat;
import io.drover.converter.image.ReadPolicy;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import java.util.zip.Deflater;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Compressed clusters, well-formed and not; qemu-img is the judge of the well-formed ones. */
public class HostileCompressionTest {
  private static final int CLUSTER = 65536;

  /** Every decision is the same, whoever decompresses. */
  private static final Map<String, ReadPolicy> DECODERS =
      Map.of(
          "",
          ReadPolicy.DEFAULT,
          ", by the JDK's inflater",
          ReadPolicy.DEFAULT.withNativeInflate(false));

  @TempDir static Path directory;

  private static byte[] deflateImage;
  private static byte[] zstdImage;

  private final List<DynamicTest> cases = new ArrayList<>();
  private final List<HostileCase> corpus = new ArrayList<>();

  /** The table's images, for tests of more than this package. */
  public static List<HostileCase> corpus(Path directory) throws IOException {
    HostileCompressionTest.directory = directory;
    makeImages();
    HostileCompressionTest table = new HostileCompressionTest();
    table.deflate();
    table.zstd();
    return table.corpus;
  }

  @BeforeAll
  static void makeImages() throws IOException {
    deflateImage = image("deflate.qcow2", "compression_type=zlib");
    zstdImage = image("zstd.qcow2", "compression_type=zstd");
  }

  private static byte[] image(String name, String options) throws IOException {
    Path image = directory.resolve(name);
    QemuTools.img(directory, "create", "-f", "qcow2", "-o", options, name, "256k");
    QemuTools.io(image, "write -P 1 0 64k");
    return Files.readAllBytes(image);
  }

  /** Guest cluster 1 holds the data, placed at an odd offset, and one sector of junk behind it. */
  private static Hostile holding(byte[] base, byte[] data) {
    Hostile image = new Hostile(base);
    byte[] placed = new byte[100 + data.length + 700];
    Arrays.fill(placed, (byte) 0x5A);
    System.arraycopy(data, 0, placed, 100, data.length);
    long at = image.append(placed) + 100;
    return image.entry(1, image.compressed(at, Math.max(1, data.length)));
  }

  private void refused(String name, ErrorCode expected, Hostile image) {
    corpus.add(
        HostileCase.refused(name, ImageFormat.QCOW2, ReadPolicy.DEFAULT, image::bytes, expected));
    DECODERS.forEach(
        (decoder, policy) ->
            cases.add(
                DynamicTest.dynamicTest(
                    expected + " " + name + decoder,
                    () -> {
                      ImportException refusal =
                          assertThrows(
                              ImportException.class,
                              () -> HostileCases.readAll(image.bytes(), policy));
                      assertEquals(expected, refusal.code(), refusal.getMessage());
                    })));
  }

  private void accepted(String name, Hostile image, byte[] expected) {
    byte[] disk = new byte[4 * CLUSTER];
    Arrays.fill(disk, 0, CLUSTER, (byte) 1);
    System.arraycopy(expected, 0, disk, CLUSTER, CLUSTER);
    corpus.add(
        HostileCase.accepted(
            name, ImageFormat.QCOW2, ReadPolicy.DEFAULT, image::bytes, () -> disk));
    DECODERS.forEach(
        (decoder, policy) ->
            cases.add(
                DynamicTest.dynamicTest(
                    "accept " + name + decoder,
                    () -> {
                      ByteBuffer guest = HostileCases.readAll(image.bytes(), policy);
                      assertEquals(ByteBuffer.wrap(expected), guest.slice(CLUSTER, CLUSTER));
                      Path file = Files.createTempFile(directory, "accept", ".qcow2");
                      Files.write(file, image.bytes());
                      assertEquals(ByteBuffer.wrap(QemuTools.guest(file, "qcow2")), guest);
                    })));
  }

  @TestFactory
  Stream<DynamicTest> deflate() {
    byte[] text = text(CLUSTER);
    byte[] good = deflate(text, true);
    accepted("deflate at an odd offset", holding(deflateImage, good), text);
    accepted(
        "more than a cluster",
        holding(deflateImage, deflate(Arrays.copyOf(text, 3 * CLUSTER), true)),
        text);
    byte[] noEnd = Arrays.copyOf(good, good.length - 1);
    accepted("a lost end marker", holding(deflateImage, noEnd), text);
    accepted("a window of 32 KiB", holding(deflateImage, deflate(far(), true)), far());
    refused("short", QCOW2_COMPRESSED_DATA, holding(deflateImage, deflate(text(40_000), true)));
    refused("empty", QCOW2_COMPRESSED_DATA, holding(deflateImage, deflate(new byte[0], true)));
    refused("zlib header", QCOW2_COMPRESSED_DATA, holding(deflateImage, deflate(text, false)));
    refused("zeros", QCOW2_COMPRESSED_DATA, holding(deflateImage, new byte[600]));
    refused("noise", QCOW2_COMPRESSED_DATA, holding(deflateImage, noise(600)));
    refused(
        "zstd in a zlib image", QCOW2_COMPRESSED_DATA, holding(deflateImage, Zstd.compress(text)));
    Hostile fewSectors = holding(deflateImage, deflate(far(), true));
    refused(
        "too few sectors",
        QCOW2_COMPRESSED_DATA,
        fewSectors.entry(1, fewSectors.entry(1) & ~(0xFFL << 54)));
    Hostile plain = new Hostile(deflateImage);
    refused("beyond", QCOW2_CLUSTER_RANGE, plain.entry(1, plain.compressed(1L << 40, 512)));
    Hostile most = new Hostile(deflateImage);
    refused(
        "at the largest offset",
        QCOW2_CLUSTER_RANGE,
        most.entry(1, most.compressed((1L << 54) - 1, 1)));
    Hostile copied = holding(deflateImage, good);
    refused("COPIED", QCOW2_L2, copied.entry(1, copied.entry(1) | Qcow2Spec.COPIED));
    Hostile header = new Hostile(deflateImage);
    refused("in the header", QCOW2_CLUSTER_OVERLAP, header.entry(1, header.compressed(512, 512)));
    Hostile cut = holding(deflateImage, deflate(far(), true));
    refused("cut", SOURCE_TRUNCATED, cut.cut(cut.length() - 2 * 65536 / 3));
    Hostile padding = holding(deflateImage, good);
    long end = (padding.entry(1) & (1L << 54) - 1) + good.length;
    accepted("cut in its last sector", padding.cut(end), text);
    Hostile byteLess = holding(deflateImage, good);
    refused("cut by three bytes", SOURCE_TRUNCATED, byteLess.cut(end - 3));
    return cases.stream();
  }

  @TestFactory
  Stream<DynamicTest> zstd() {
    byte[] text = text(CLUSTER);
    byte[] good = Zstd.compress(text);
    accepted("zstd at an odd offset", holding(zstdImage, good), text);
    byte[] two =
        join(
            Zstd.compress(Arrays.copyOf(text, 20_000)),
            Zstd.compress(Arrays.copyOfRange(text, 20_000, CLUSTER)));
    accepted("two frames", holding(zstdImage, two), text);
    byte[] skippable = HexFormat.of().parseHex("502a4d1803000000aabbcc");
    accepted("a skippable frame first", holding(zstdImage, join(skippable, good)), text);
    accepted("a checksum", holding(zstdImage, checksummed(text)), text);
    byte[] wrong = checksummed(text);
    wrong[wrong.length - 1] ^= 1;
    refused("a wrong checksum", QCOW2_COMPRESSED_DATA, holding(zstdImage, wrong));
    refused("window of 128 MiB", QCOW2_COMPRESSED_DATA, holding(zstdImage, window(text, 17 << 3)));
    refused("window of 2 GiB", QCOW2_COMPRESSED_DATA, holding(zstdImage, window(text, 21 << 3)));
    refused("window of 2 TiB", QCOW2_COMPRESSED_DATA, holding(zstdImage, window(text, 31 << 3)));
    accepted("window of 8 MiB", holding(zstdImage, window(text, 13 << 3)), text);
    refused(
        "content of 2^62",
        QCOW2_COMPRESSED_DATA,
        holding(zstdImage, HexFormat.of().parseHex("28b52ffde00000000000000040010000")));
    refused("25 MiB from little", QCOW2_COMPRESSED_DATA, holding(zstdImage, zeros(25)));
    refused(
        "a byte too many",
        QCOW2_COMPRESSED_DATA,
        holding(zstdImage, Zstd.compress(text(CLUSTER + 1))));
    refused("short", QCOW2_COMPRESSED_DATA, holding(zstdImage, Zstd.compress(text(CLUSTER - 1))));
    refused("noise", QCOW2_COMPRESSED_DATA, holding(zstdImage, noise(600)));
    refused("zeros", QCOW2_COMPRESSED_DATA, holding(zstdImage, new byte[600]));
    refused(
        "deflate in a zstd image", QCOW2_COMPRESSED_DATA, holding(zstdImage, deflate(text, true)));
    refused("a dictionary", QCOW2_COMPRESSED_DATA, holding(zstdImage, withDictionary(text)));
    refused(
        "a reserved block",
        QCOW2_COMPRESSED_DATA,
        holding(zstdImage, HexFormat.of().parseHex("28b52ffd0058070000")));
    byte[] lie = Zstd.compress(text(300));
    ByteBuffer.wrap(lie).order(ByteOrder.LITTLE_ENDIAN).putShort(5, (short) 5);
    refused("a content size that lies", QCOW2_COMPRESSED_DATA, holding(zstdImage, lie));
    Hostile cut = holding(zstdImage, Zstd.compress(far()));
    refused("cut", SOURCE_TRUNCATED, cut.cut(cut.length() - 2 * 65536 / 3));
    return cases.stream();
  }

  @Test
  void aSharedCompressedClusterIsLegalButBounded() throws IOException {
    byte[] text = text(CLUSTER);
    Hostile image = holding(deflateImage, deflate(text, true));
    image.u64(24, 512L << 20);
    for (int cluster = 0; cluster < 8192; cluster++) {
      image.entry(cluster, image.entry(1));
    }
    ImportException refusal =
        assertThrows(
            ImportException.class, () -> HostileCases.readAll(image.bytes(), ReadPolicy.DEFAULT));
    assertEquals(EXPANSION_LIMIT, refusal.code());
    ByteBuffer guest =
        HostileCases.readAll(image.u64(24, 64L * CLUSTER).bytes(), ReadPolicy.DEFAULT);
    assertEquals(ByteBuffer.wrap(text), guest.slice(63 * CLUSTER, CLUSTER));
    assertEquals(
        EXPANSION_LIMIT,
        assertThrows(
                ImportException.class,
                () ->
                    HostileCases.readAll(
                        image.bytes(), ReadPolicy.DEFAULT.withMaxDataBytes(63L * CLUSTER)))
            .code());
  }

  private static byte[] text(int length) {
    byte[] text = new byte[length];
    for (int i = 0; i < length; i++) {
      text[i] = (byte) ("the quick brown fox ".charAt(i % 20) + i / 5000);
    }
    return text;
  }

  private static byte[] noise(int length) {
    byte[] noise = new byte[length];
    new Random(7).nextBytes(noise);
    return noise;
  }

  /** Noise that repeats only at a distance of 31 KiB, which needs a large window. */
  private static byte[] far() {
    byte[] noise = noise(31 << 10);
    byte[] far = new byte[CLUSTER];
    for (int i = 0; i < far.length; i++) {
      far[i] = noise[i % noise.length];
    }
    return far;
  }

  private static byte[] deflate(byte[] data, boolean raw) {
    Deflater deflater = new Deflater(9, raw);
    deflater.setInput(data);
    deflater.finish();
    byte[] out = new byte[data.length + 1000];
    int length = deflater.deflate(out);
    deflater.end();
    return Arrays.copyOf(out, length);
  }

  /** A frame of that many MiB, made without holding them. */
  private static byte[] zeros(int mebibytes) {
    ByteArrayOutputStream frame = new ByteArrayOutputStream();
    try (ZstdOutputStream zstd = new ZstdOutputStream(frame)) {
      for (int i = 0; i < mebibytes; i++) {
        zstd.write(new byte[1 << 20]);
      }
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return frame.toByteArray();
  }

  private static byte[] checksummed(byte[] data) {
    try (ZstdCompressCtx context = new ZstdCompressCtx()) {
      return context.setChecksum(true).compress(data);
    }
  }

  /** The frame of QEMU's shape, not a single segment, with the window descriptor given. */
  private static byte[] window(byte[] data, int descriptor) {
    try (ZstdCompressCtx context = new ZstdCompressCtx()) {
      ByteBuffer out = ByteBuffer.allocateDirect(data.length + 1000);
      ByteBuffer in = ByteBuffer.allocateDirect(data.length).put(data).flip();
      // without a known size the frame has a window descriptor
      context.setContentSize(false).setWindowLog(17);
      while (!context.compressDirectByteBufferStream(
          out, in, com.github.luben.zstd.EndDirective.END)) {}
      byte[] frame = new byte[out.flip().remaining()];
      out.get(frame);
      assertEquals(0, frame[4] & 0x20, "a single segment");
      frame[5] = (byte) descriptor;
      return frame;
    }
  }

  private static byte[] withDictionary(byte[] data) {
    byte[][] samples = new byte[200][];
    Random random = new Random(3);
    for (int i = 0; i < samples.length; i++) {
      samples[i] = text(300 + random.nextInt(300));
    }
    byte[] dictionary = new byte[2000];
    long length = Zstd.trainFromBuffer(samples, dictionary, false);
    assertEquals(false, Zstd.isError(length));
    try (ZstdDictCompress dict = new ZstdDictCompress(dictionary, 3)) {
      return Zstd.compress(data, dict);
    }
  }

  private static byte[] join(byte[]... pieces) {
    ByteArrayOutputStream joined = new ByteArrayOutputStream();
    for (byte[] piece : pieces) {
      joined.writeBytes(piece);
    }
    return joined.toByteArray();
  }
}
