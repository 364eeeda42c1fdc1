package io.drover.converter.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.drover.converter.error.ImportException;
import io.drover.converter.image.Extent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ZeroPartsTest {
  private static final long MIB = 1L << 20;
  private static final long GIB = 1L << 30;
  private static final PlanOptions OPTIONS = PlanOptions.DEFAULT.withLargestZero(512 * MIB);

  @Test
  void aDiskOfZerosIsFilledOnTheServer() throws ImportException {
    assertEquals(
        List.of(new Part.Zero(1, 0, 512 * MIB), new Part.Zero(2, 512 * MIB, 512 * MIB)),
        plan(GIB, List.of(new Extent(0, GIB, true))).parts());
  }

  @Test
  void anIsolatedExtentCostsTheSmallestPart() throws ImportException {
    PartPlan plan = plan(GIB, disk(GIB, 300 * MIB, 64 << 10));
    assertEquals(PartLimits.MIN_PART, plan.summary().bytesSent());
    assertEquals(new Part.Upload(2, 300 * MIB, PartLimits.MIN_PART), plan.part(2));
  }

  @Test
  void aTailIsCutHoweverShort() throws ImportException {
    PartPlan plan = plan(17 * MIB, disk(17 * MIB, 0, 16 * MIB));
    assertEquals(16 * MIB, plan.summary().bytesSent());
    assertEquals(MIB, plan.summary().bytesCopied());
  }

  @Test
  void aShortHoleIsSent() throws ImportException {
    List<Extent> extents =
        List.of(
            new Extent(0, 8 * MIB, false),
            new Extent(8 * MIB, 4 * MIB, true),
            new Extent(12 * MIB, 8 * MIB, false));
    assertEquals(20 * MIB, plan(20 * MIB, extents).summary().bytesSent());
  }

  @Test
  void denseDataIsCutAtDigestBlocks() throws ImportException {
    PartPlan plan = plan(100 * MIB, disk(100 * MIB, 3 * MIB, 90 * MIB));
    for (Part part : plan.parts().subList(0, plan.parts().size() - 2)) {
      assertEquals(0, part.end() % (4 * MIB), part.toString());
    }
  }

  @Test
  void anyDiskIsCoveredAndNoDataIsTakenForZeros() throws ImportException {
    Random random = new Random(4);
    for (int round = 0; round < 400; round++) {
      long size = 512 * (1 + random.nextLong((4 * GIB) >> (9 + random.nextInt(12))));
      List<Extent> extents = random(size, random);
      PlanOptions options =
          new PlanOptions(
              PartLimits.MIN_PART + random.nextInt(40 << 20),
              1L << random.nextInt(23),
              10 * MIB + random.nextInt(1 << 30));
      // a plan checks itself: gaps, order, numbers, sizes
      PartPlan plan = PartPlanner.plan(size, extents::iterator, options);
      for (Part part : plan.parts()) {
        if (part instanceof Part.Zero) {
          assertTrue(part.length() <= options.largestZero());
          assertFalse(
              extents.stream()
                  .anyMatch(
                      extent ->
                          !extent.zero()
                              && extent.offset() < part.end()
                              && extent.end() > part.offset()),
              () -> part + " holds data");
        } else {
          assertTrue(
              part.length() <= options.partSize() + PartLimits.MIN_PART, () -> part.toString());
        }
      }
    }
  }

  @Test
  void bytesSentAreNearTheOptimum() throws ImportException {
    requireNearTheOptimum(ZeroPartsTest::plan);
  }

  /** Cuts a disk of so many bytes. */
  @FunctionalInterface
  interface Cut {
    PartPlan plan(long size, List<Extent> extents) throws ImportException;
  }

  /** Over 300 random disks, against the exact optimum of parts at whole mebibytes. */
  static void requireNearTheOptimum(Cut cut) throws ImportException {
    Random random = new Random(5);
    long sent = 0;
    long least = 0;
    for (int round = 0; round < 300; round++) {
      int mebibytes = 20 + random.nextInt(180);
      List<Extent> extents = new ArrayList<>();
      boolean[] data = new boolean[mebibytes];
      boolean zero = random.nextBoolean();
      for (int at = 0; at < mebibytes; zero = !zero) {
        int length = Math.min(mebibytes - at, 1 + random.nextInt(zero ? 25 : 7));
        extents.add(new Extent(at * MIB, length * MIB, zero));
        Arrays.fill(data, at, at + length, !zero);
        at += length;
      }
      long best = optimum(data) * MIB;
      long got = cut.plan(mebibytes * MIB, extents).summary().bytesSent();
      assertTrue(got >= best, "the reference is no optimum");
      sent += got;
      least += best;
    }
    assertTrue(sent <= least * 1.02, sent + " bytes, the least are " + least);
  }

  @Test
  void scatteredExtentsStayWithinTenThousandParts() throws ImportException {
    Random random = new Random(6);
    long size = 500 * GIB;
    List<Extent> extents = new ArrayList<>();
    long at = 0;
    while (at < size - 20 * MIB) {
      long hole = 65_536 * (1 + random.nextInt(150));
      long length = 65_536 * (1 + random.nextInt(14));
      extents.add(new Extent(at, hole, true));
      extents.add(new Extent(at + hole, length, false));
      at += hole + length;
    }
    extents.add(new Extent(at, size - at, true));
    PartPlan plan = plan(size, extents);
    assertTrue(plan.parts().size() <= PartLimits.MAX_PARTS);
    assertTrue(plan.summary().bytesCopied() > 0, "no hole was worth anything");
  }

  /** Fewest units sent, by trying every cut between units of 1 MiB. */
  static long optimum(boolean[] data) {
    int smallest = 5;
    int end = data.length;
    long[] best = new long[end + 1];
    Arrays.fill(best, Long.MAX_VALUE / 2);
    best[0] = 0;
    for (int to = 1; to <= end; to++) {
      boolean zeros = true;
      for (int from = to - 1; from >= 0; from--) {
        zeros &= !data[from];
        if (to - from >= smallest || to == end) {
          best[to] = Math.min(best[to], best[from] + (zeros ? 0 : to - from));
        }
      }
    }
    return best[end];
  }

  private static PartPlan plan(long size, List<Extent> extents) throws ImportException {
    return PartPlanner.plan(size, extents::iterator, OPTIONS);
  }

  private static List<Extent> disk(long size, long dataAt, long dataLength) {
    List<Extent> extents = new ArrayList<>();
    if (dataAt > 0) {
      extents.add(new Extent(0, dataAt, true));
    }
    extents.add(new Extent(dataAt, dataLength, false));
    if (dataAt + dataLength < size) {
      extents.add(new Extent(dataAt + dataLength, size - dataAt - dataLength, true));
    }
    return extents;
  }

  private static List<Extent> random(long size, Random random) {
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
