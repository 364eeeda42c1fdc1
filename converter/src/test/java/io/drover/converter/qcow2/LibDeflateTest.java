package io.drover.converter.qcow2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** libdeflate and the JDK's inflater give the same bytes, and the same verdicts on damage. */
class LibDeflateTest {
  private static final int CLUSTER = 8 << 10;
  private static final int MUTANTS = 1500;

  @Test
  void itIsChosenWhereItIsAndMayBeUsed() {
    try (ClusterDecompressor forbidden = decompressor(false);
        ClusterDecompressor allowed = decompressor(true)) {
      assertInstanceOf(Inflate.class, forbidden);
      assertEquals(LibDeflate.available(), allowed instanceof LibDeflate);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {Deflater.DEFAULT_STRATEGY, Deflater.FILTERED, Deflater.HUFFMAN_ONLY})
  void theSameForMutatedStreams(int strategy) throws DataFormatException {
    assumeTrue(LibDeflate.available(), "no libdeflate on this system");
    Random random = new Random(strategy);
    int accepted = 0;
    int refused = 0;
    try (ClusterDecompressor jdk = decompressor(false);
        ClusterDecompressor lib = decompressor(true)) {
      for (int mutant = 0; mutant < MUTANTS; mutant++) {
        byte[] stream = mutated(stream(random, strategy), random);
        ByteBuffer expected = decompress(jdk, stream);
        assertEquals(expected, decompress(lib, stream), "mutant " + mutant);
        if (expected == null) {
          refused++;
        } else {
          accepted++;
        }
      }
    }
    assertTrue(accepted > MUTANTS / 10 && refused > MUTANTS / 10, accepted + "/" + refused);
  }

  /** The cluster, or null where the data is called damaged. */
  private static ByteBuffer decompress(ClusterDecompressor decompressor, byte[] stream) {
    // at an odd place, as compressed clusters are
    ByteBuffer compressed = ByteBuffer.allocateDirect(stream.length + 3);
    compressed.position(3).put(3, stream);
    ByteBuffer cluster = ByteBuffer.allocateDirect(CLUSTER + 16).position(8).limit(CLUSTER + 8);
    try {
      decompressor.decompress(compressed, cluster);
    } catch (DataFormatException damaged) {
      return null;
    }
    assertEquals(CLUSTER + 8, cluster.position());
    assertEquals(0, cluster.clear().getLong(0));
    assertEquals(0, cluster.getLong(CLUSTER + 8));
    return cluster;
  }

  /** From less than a cluster to more, of little and of much entropy. */
  private static byte[] stream(Random random, int strategy) {
    int length =
        switch (random.nextInt(4)) {
          case 0 -> CLUSTER - 1 - random.nextInt(300);
          case 1 -> CLUSTER + 1 + random.nextInt(300);
          default -> CLUSTER;
        };
    byte[] data = new byte[length];
    int letters = 1 + random.nextInt(256);
    for (int at = 0; at < length; at++) {
      boolean repeat = at > 1000 && random.nextInt(100) != 0;
      data[at] = repeat ? data[at - 1000] : (byte) random.nextInt(letters);
    }
    Deflater deflater = new Deflater(random.nextInt(10), true);
    deflater.setStrategy(strategy);
    deflater.setInput(data);
    deflater.finish();
    byte[] out = new byte[2 * length + 100];
    int size = 0;
    while (!deflater.finished()) {
      size += deflater.deflate(out, size, out.length - size);
    }
    deflater.end();
    return Arrays.copyOf(out, size);
  }

  private static byte[] mutated(byte[] stream, Random random) {
    byte[] mutant = stream;
    switch (random.nextInt(4)) {
      case 0 -> mutant = Arrays.copyOf(stream, stream.length + random.nextInt(600));
      case 1 -> mutant = Arrays.copyOf(stream, stream.length - random.nextInt(stream.length));
      default -> {
        for (int flips = 1 + random.nextInt(3); flips > 0; flips--) {
          int at =
              random.nextInt(random.nextBoolean() ? stream.length : Math.min(100, stream.length));
          mutant[at] ^= (byte) (1 << random.nextInt(8));
        }
      }
    }
    return mutant;
  }

  private static ClusterDecompressor decompressor(boolean nativeInflate) {
    return ClusterDecompressor.of(Qcow2Spec.COMPRESSION_DEFLATE, nativeInflate);
  }
}
