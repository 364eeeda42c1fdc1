package io.drover.converter.hostile;

import io.drover.converter.qcow2.Qcow2Spec;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * A sound image with seeded damage: boundary values in fields and table entries, flipped bits,
 * swapped blocks, pieces of other images, and a cut.
 *
 * @param bytes the file
 * @param uncut the same before it was cut; the same array if it was not
 * @param damage what was done, for messages
 */
record Mutant(byte[] bytes, byte[] uncut, String damage) {
  private static final int[] HEADER_32 = {4, 16, 20, 32, 36, 56, 60, 96, 100, 104};
  private static final int[] HEADER_64 = {8, 24, 40, 48, 64, 72, 80, 88};
  private static final long[] VALUES = {
    0,
    1,
    2,
    3,
    4,
    8,
    9,
    16,
    31,
    32,
    63,
    64,
    511,
    512,
    513,
    4096,
    65535,
    65536,
    131072,
    1 << 20,
    (1 << 20) - 512,
    (1 << 20) + 1,
    2 << 20,
    1L << 31,
    (1L << 31) - 1,
    (1L << 32) - 1,
    1L << 40,
    1L << 54,
    1L << 55,
    1L << 56,
    1L << 61,
    1L << 62,
    Long.MIN_VALUE,
    Long.MIN_VALUE | 1,
    Long.MAX_VALUE,
    -1,
    -512,
    -65536
  };

  static Mutant of(List<byte[]> sound, long seed) {
    Random random = new Random(seed);
    byte[] base = sound.get((int) (seed % sound.size()));
    ByteBuffer image = ByteBuffer.wrap(base.clone());
    List<String> damage = new ArrayList<>();
    Places places = new Places(base);
    for (int left = 1 + random.nextInt(3); left > 0; left--) {
      damage.add(
          switch (random.nextInt(10)) {
            case 0, 1 -> field(image, random, places);
            case 2, 3, 4 -> entry(image, random, places);
            case 5 -> bit(image, random.nextInt(200), random);
            case 6 -> bit(image, random.nextInt(image.limit()), random);
            case 7 -> bit(image, places.table(random) + random.nextInt(64), random);
            case 8 -> swap(image, random, places.clusterSize);
            default -> splice(image, sound.get(random.nextInt(sound.size())), random);
          });
    }
    byte[] whole = image.array();
    if (random.nextInt(6) > 0) {
      return new Mutant(whole, whole, "seed " + seed + ": " + damage);
    }
    int length =
        switch (random.nextInt(3)) {
          case 0 -> whole.length - 1 - random.nextInt(Math.min(1024, whole.length - 1));
          case 1 -> random.nextInt(whole.length) / 512 * 512;
          default -> random.nextInt(whole.length);
        };
    damage.add("cut to " + length);
    return new Mutant(Arrays.copyOf(whole, length), whole, "seed " + seed + ": " + damage);
  }

  boolean cut() {
    return bytes != uncut;
  }

  /** Where the tables of a sound image lie. */
  private static final class Places {
    private final int clusterSize;
    private final List<Integer> tables = new ArrayList<>();

    private Places(byte[] sound) {
      ByteBuffer image = ByteBuffer.wrap(sound);
      clusterSize = 1 << image.getInt(20);
      int l1 = (int) image.getLong(40);
      int reftable = (int) image.getLong(48);
      tables.addAll(List.of(l1, reftable, (int) image.getLong(reftable)));
      for (int entry = 0; entry < image.getInt(36); entry++) {
        int l2 = (int) (image.getLong(l1 + 8 * entry) & Qcow2Spec.OFFSET_MASK);
        if (l2 != 0) {
          // most entries that count stand in L2 tables
          tables.addAll(List.of(l2, l2, l2));
        }
      }
    }

    private int table(Random random) {
      return tables.get(random.nextInt(tables.size()));
    }
  }

  private static String field(ByteBuffer image, Random random, Places places) {
    if (random.nextBoolean()) {
      int at = HEADER_32[random.nextInt(HEADER_32.length)];
      int before = image.getInt(at);
      int value = (int) value(random, before, places);
      image.putInt(at, value);
      return String.format("u32 %d %08x to %08x", at, before, value);
    }
    int at = HEADER_64[random.nextInt(HEADER_64.length)];
    return put(image, at, value(random, image.getLong(at), places));
  }

  private static String entry(ByteBuffer image, Random random, Places places) {
    int at = places.table(random) + 8 * random.nextInt(random.nextBoolean() ? 4 : 64);
    if (at > image.limit() - 8) {
      return "nothing";
    }
    long before = image.getLong(at);
    if (random.nextInt(4) == 0) {
      // another entry's value: shared, crossed
      int other = places.table(random) + 8 * random.nextInt(32);
      return put(image, at, other > image.limit() - 8 ? 0 : image.getLong(other));
    }
    return put(image, at, value(random, before, places));
  }

  private static String put(ByteBuffer image, int at, long value) {
    long before = image.getLong(at);
    image.putLong(at, value);
    return String.format("u64 %d %016x to %016x", at, before, value);
  }

  private static long value(Random random, long before, Places places) {
    return switch (random.nextInt(7)) {
      case 0, 1 -> VALUES[random.nextInt(VALUES.length)];
      case 2 -> before ^ 1L << random.nextInt(64);
      case 3 -> before + places.clusterSize * (random.nextInt(9) - 4L);
      case 4 -> before + random.nextInt(5) - 2;
      case 5 -> places.table(random) | (long) random.nextInt(4) << 62;
      default -> before & Long.MIN_VALUE | (long) random.nextInt(40) * places.clusterSize;
    };
  }

  private static String bit(ByteBuffer image, int at, Random random) {
    if (at >= image.limit()) {
      return "nothing";
    }
    int bit = random.nextInt(8);
    image.put(at, (byte) (image.get(at) ^ 1 << bit));
    return "bit " + bit + " of " + at;
  }

  private static String swap(ByteBuffer image, Random random, int clusterSize) {
    int size = random.nextBoolean() ? clusterSize : 512;
    int blocks = image.limit() / size;
    if (blocks < 2) {
      return "nothing";
    }
    int one = random.nextInt(blocks) * size;
    int two = random.nextInt(blocks) * size;
    byte[] kept = Arrays.copyOfRange(image.array(), one, one + size);
    System.arraycopy(image.array(), two, image.array(), one, size);
    System.arraycopy(kept, 0, image.array(), two, size);
    return "swapped " + size + " at " + one + " and " + two;
  }

  private static String splice(ByteBuffer image, byte[] other, Random random) {
    int length = 1 + random.nextInt(random.nextBoolean() ? 64 : 4096);
    int from = random.nextInt(other.length);
    int to = random.nextInt(3) == 0 ? random.nextInt(512) : random.nextInt(image.limit());
    int count = Math.min(length, Math.min(other.length - from, image.limit() - to));
    System.arraycopy(other, from, image.array(), to, count);
    return count + " bytes of another image to " + to;
  }
}
