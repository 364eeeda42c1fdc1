package io.drover.converter.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.image.Extent;
import java.util.Iterator;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PartPlannerTest {
  private static final long MIB = 1L << 20;
  private static final long GIB = 1L << 30;

  @ParameterizedTest
  @CsvSource({
    // object size, preferred, part size used, parts
    "0, 16777216, 0, 1",
    "1, 16777216, 1, 1",
    "16777216, 16777216, 16777216, 1",
    "16777217, 16777216, 16777216, 2",
    // not a multiple of 4 MiB, and taken at its word
    "104857600, 5242880, 5242880, 20",
    // raised, and then a multiple of 4 MiB
    "104857600000, 5242880, 12582912, 8334",
    // 10,000 parts of 16 MiB, and one sector more
    "167772160000, 16777216, 16777216, 10000",
    "167772160512, 16777216, 20971520, 8001",
    // 5 TiB
    "5497558138880, 16777216, 553648128, 9930",
    // the largest object there may be
    "53687091200000, 16777216, 5368709120, 10000",
    "53687091200000, 5368709120, 5368709120, 10000"
  })
  void partSizesFollowTheObject(long size, long preferred, long partSize, int count)
      throws ImportException {
    PartPlan plan = PartPlanner.plan(size, data(size), PlanOptions.DEFAULT.withPartSize(preferred));
    assertEquals(count, plan.parts().size());
    assertEquals(partSize, plan.part(1).length());
    assertEquals(new PlanSummary(count, 0, 0, size, 0, count + 2), plan.summary());
  }

  @Test
  void anyObjectIsCoveredWithinTheLimits() throws ImportException {
    Random random = new Random(48);
    for (int round = 0; round < 300; round++) {
      long size = random.nextLong(PartLimits.MAX_OBJECT + 1) >> random.nextInt(40);
      long preferred =
          PartLimits.MIN_PART
              + (random.nextLong(PartLimits.MAX_PART - PartLimits.MIN_PART + 1)
                  >> random.nextInt(12));
      PlanOptions options = new PlanOptions(preferred, 1L << random.nextInt(31), 0);
      List<Part> parts = PartPlanner.plan(size, data(size), options).parts();
      assertTrue(parts.size() <= 10_000);
      long end = 0;
      for (Part part : parts) {
        assertEquals(end, part.offset());
        end += part.length();
        if (part.number() < parts.size()) {
          assertTrue(part.length() == preferred || part.length() % options.alignment() == 0);
          assertTrue(part.length() >= 5 * MIB && part.length() <= 5 * GIB);
          assertTrue(part.length() >= preferred);
          assertEquals(parts.get(0).length(), part.length());
        }
      }
      assertEquals(size, end);
      assertEquals(parts.get(parts.size() - 1).number(), parts.size());
    }
  }

  @Test
  void refusesWhatNoObjectCanHold() {
    long size = PartLimits.MAX_OBJECT + 1;
    ImportException exception =
        assertThrows(
            ImportException.class, () -> PartPlanner.plan(size, data(size), PlanOptions.DEFAULT));
    assertEquals(ErrorCode.TARGET_LIMIT, exception.code());
    assertTrue(exception.getMessage().contains("53687091200001"), exception.getMessage());
  }

  @Test
  void extentsThatWouldLoseDataAreNoInput() throws ImportException {
    Extent first = new Extent(0, MIB, false);
    Extent zeros = new Extent(MIB, MIB, true);
    Extent last = new Extent(2 * MIB, MIB, false);
    assertEquals(
        1, PartPlanner.plan(3 * MIB, of(first, zeros, last), PlanOptions.DEFAULT).parts().size());
    // zeros past the end of the object are as good as there
    assertEquals(MIB, PartPlanner.plan(MIB, of(first, zeros), PlanOptions.DEFAULT).objectSize());
    rejected(3 * MIB, of(first, last));
    rejected(3 * MIB, of(zeros, last));
    rejected(3 * MIB, of(first, zeros));
    rejected(2 * MIB, of(first, zeros, last));
    rejected(MIB, of());
    rejected(3 * MIB, of(first, first, zeros, last));
  }

  private static void rejected(long size, Supplier<Iterator<Extent>> extents) {
    assertThrows(
        IllegalArgumentException.class, () -> PartPlanner.plan(size, extents, PlanOptions.DEFAULT));
  }

  @Test
  void theObjectEndsWithTheLastDataUnlessRaw() {
    Supplier<Iterator<Extent>> extents =
        of(
            new Extent(0, 512, true),
            new Extent(512, 512, false),
            new Extent(1024, 10 * MIB - 1024, true));
    assertEquals(10 * MIB, PartPlanner.objectSize(extents, 10 * MIB, 65536, true));
    assertEquals(65536, PartPlanner.objectSize(extents, 10 * MIB, 65536, false));
    assertEquals(1024, PartPlanner.objectSize(extents, 10 * MIB, 512, false));
    assertEquals(0, PartPlanner.objectSize(of(new Extent(0, MIB, true)), MIB, 65536, false));
    assertEquals(
        66048, PartPlanner.objectSize(of(new Extent(0, 66048, false)), 66048, 65536, false));
    assertEquals(0, PartPlanner.objectSize(of(), 0, 65536, false));
  }

  @Test
  void optionsCheckThemselves() {
    assertThrows(IllegalArgumentException.class, () -> new PlanOptions(5 * MIB - 1, MIB, 0));
    assertThrows(IllegalArgumentException.class, () -> new PlanOptions(5 * GIB + 1, MIB, 0));
    assertThrows(IllegalArgumentException.class, () -> new PlanOptions(16 * MIB, 3 * MIB, 0));
    assertThrows(IllegalArgumentException.class, () -> new PlanOptions(16 * MIB, 0, 0));
    assertThrows(
        IllegalArgumentException.class, () -> new PlanOptions(16 * MIB, Long.MIN_VALUE, 0));
    assertThrows(IllegalArgumentException.class, () -> new PlanOptions(16 * MIB, 2 * GIB, 0));
  }

  private static Supplier<Iterator<Extent>> data(long size) {
    return size == 0 ? of() : of(new Extent(0, size, false));
  }

  private static Supplier<Iterator<Extent>> of(Extent... extents) {
    return () -> List.of(extents).iterator();
  }
}
