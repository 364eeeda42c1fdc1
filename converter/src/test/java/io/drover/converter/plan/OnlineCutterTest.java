package io.drover.converter.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.image.Extent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Plans that are made without looking ahead, against those that are made with it. */
class OnlineCutterTest {
  private static final long KIB = 1L << 10;
  private static final long MIB = 1L << 20;
  private static final long GIB = 1L << 30;
  private static final PlanOptions OFFLINE = PlanOptions.DEFAULT.withLargestZero(512 * MIB);

  private static CutSizes known(long size) {
    long alignment = OFFLINE.alignment();
    long largest = CutSizes.partSize(size, 16 * MIB, alignment);
    return new CutSizes(size, 16 * MIB, largest, alignment, 512 * MIB, true);
  }

  private static CutSizes unknown(long largest) {
    return new CutSizes(CutSizes.UNKNOWN, 16 * MIB, largest, 4 * MIB, 512 * MIB, true);
  }

  /** Feeds extents in steps as windows are, and takes what is ready as a scan does. */
  private static List<Part> cut(CutSizes sizes, boolean fills, long step, List<Extent> extents)
      throws ImportException {
    OnlineCutter cutter = new OnlineCutter(sizes, () -> fills);
    List<Part> parts = new ArrayList<>();
    for (Extent extent : extents) {
      for (long left = extent.length(); left > 0; ) {
        long count = Math.min(left, step);
        if (extent.zero()) {
          cutter.zeros(count);
        } else {
          cutter.beforeData();
          take(cutter, parts);
          count = Math.min(count, cutter.room());
          assertTrue(count > 0, "no room for data");
          assertTrue(cutter.position() + count - cutter.start() <= cutter.capacity());
          cutter.data((int) count);
        }
        take(cutter, parts);
        left -= count;
      }
    }
    cutter.end(cutter.position());
    take(cutter, parts);
    return parts;
  }

  private static void take(OnlineCutter cutter, List<Part> parts) {
    for (Part part = cutter.poll(); part != null; part = cutter.poll()) {
      parts.add(part);
    }
  }

  private static void requireNoDataLost(List<Part> parts, List<Extent> extents) {
    for (Part part : parts) {
      if (part instanceof Part.Zero) {
        assertTrue(part.length() <= 512 * MIB);
        assertFalse(
            extents.stream()
                .anyMatch(it -> !it.zero() && it.offset() < part.end() && it.end() > part.offset()),
            () -> part + " holds data");
      }
    }
  }

  @Test
  void anyDiskIsCoveredWithinTheRules() throws ImportException {
    Random random = new Random(11);
    for (int round = 0; round < 400; round++) {
      long size = 512 * (1 + random.nextLong((4 * GIB) >> (9 + random.nextInt(12))));
      List<Extent> extents = extents(size, random);
      boolean fills = random.nextInt(4) > 0;
      CutSizes sizes = random.nextBoolean() ? known(size) : unknown(64 * MIB);
      List<Part> parts = cut(sizes, fills, 64 * KIB << random.nextInt(7), extents);
      // a plan checks itself: gaps, order, numbers, sizes
      PartPlan plan = new PartPlan(size, parts);
      requireNoDataLost(parts, extents);
      if (!fills) {
        assertEquals(size, plan.summary().bytesSent());
      }
    }
  }

  @Test
  void bytesSentAreNearTheOptimum() throws ImportException {
    ZeroPartsTest.requireNearTheOptimum(
        (size, extents) -> new PartPlan(size, cut(known(size), true, MIB, extents)));
  }

  @ParameterizedTest
  @CsvSource({
    // disk GiB, extents, KiB of each, extents to a cluster, most times of the plan made ahead
    "100, 2485, 64, 1, 1.001",
    "100, 1024, 1024, 1, 1.001",
    "100, 12719, 640, 150, 1.001",
    "100, 21905, 450, 1, 1.02",
    "500, 104062, 450, 1, 1.10"
  })
  void bytesSentAreNearThoseOfThePlanMadeAhead(
      int gibibytes, int count, int kibibytes, int clustered, double most) throws ImportException {
    long size = gibibytes * GIB;
    List<Extent> extents = scattered(size, count, kibibytes * KIB, clustered, new Random(1));
    PartPlan ahead = PartPlanner.plan(size, extents::iterator, OFFLINE);
    PartPlan online = new PartPlan(size, cut(known(size), true, 4 * MIB, extents));
    PartPlan stream = new PartPlan(size, cut(unknown(123 * MIB), true, MIB, extents));
    requireNoDataLost(online.parts(), extents);
    long least = ahead.summary().bytesSent();
    assertTrue(
        online.summary().bytesSent() <= least * most,
        () -> online.summary() + " where the plan made ahead is " + ahead.summary());
    assertTrue(
        stream.summary().bytesSent() <= least * 1.5,
        () -> stream.summary() + " where the plan made ahead is " + ahead.summary());
  }

  @Test
  void aStreamMayBeLongerThanTenThousandOfItsFirstParts() throws ImportException {
    long size = 600 * GIB;
    List<Part> parts = cut(unknown(128 * MIB), true, 4 * MIB, List.of(new Extent(0, size, false)));
    assertEquals(16 * MIB, parts.get(0).length());
    assertEquals(128 * MIB, parts.get(6000).length());
    assertTrue(new PartPlan(size, parts).parts().size() < 8000);
    ImportException refused =
        assertThrows(
            ImportException.class,
            () -> cut(unknown(16 * MIB), true, 4 * MIB, List.of(new Extent(0, size, false))));
    assertEquals(ErrorCode.TARGET_LIMIT, refused.code());
  }

  @Test
  void longDataIsCutAtDigestBlocksAndLeavesNoCrumbs() throws ImportException {
    List<Extent> extents =
        List.of(
            new Extent(0, 33 * MIB, false),
            new Extent(33 * MIB, 100 * MIB, true),
            new Extent(133 * MIB, MIB, false));
    assertEquals(
        List.of(
            new Part.Upload(1, 0, 16 * MIB),
            new Part.Upload(2, 16 * MIB, 17 * MIB),
            new Part.Zero(3, 33 * MIB, 100 * MIB),
            new Part.Upload(4, 133 * MIB, MIB)),
        cut(known(134 * MIB), true, MIB, extents));
  }

  private static List<Extent> scattered(
      long size, int count, long length, int clustered, Random random) {
    long[] starts = new long[count];
    for (int index = 0; index < count; index++) {
      starts[index] =
          index % clustered == 0
              ? random.nextLong(size / length) * length
              : starts[index - 1] + length * (1 + random.nextInt(3));
    }
    Arrays.sort(starts);
    List<Extent> extents = new ArrayList<>();
    long at = 0;
    for (long start : starts) {
      if (start < at || start + length > size) {
        continue;
      }
      if (start > at) {
        extents.add(new Extent(at, start - at, true));
      }
      extents.add(new Extent(start, length, false));
      at = start + length;
    }
    extents.add(new Extent(at, size - at, true));
    return extents;
  }

  private static List<Extent> extents(long size, Random random) {
    List<Extent> extents = new ArrayList<>();
    boolean zero = random.nextBoolean();
    for (long at = 0; at < size; zero = !zero) {
      long length =
          Math.min(size - at, 512 * (1 + random.nextLong(1 + (size >> (10 + random.nextInt(8))))));
      extents.add(new Extent(at, length, zero));
      at += length;
    }
    return extents;
  }
}
