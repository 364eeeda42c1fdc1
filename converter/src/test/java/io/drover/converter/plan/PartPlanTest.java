package io.drover.converter.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PartPlanTest {
  private static final long MIB = 1L << 20;

  @Test
  void countsEveryKind() {
    PartPlan plan =
        new PartPlan(
            31 * MIB,
            List.of(
                new Part.Upload(1, 0, 8 * MIB),
                new Part.Zero(2, 8 * MIB, 10 * MIB),
                new Part.Reuse(3, 18 * MIB, 6 * MIB),
                new Part.Upload(4, 24 * MIB, 7 * MIB)));
    assertEquals(new PlanSummary(2, 1, 1, 15 * MIB, 16 * MIB, 6), plan.summary());
  }

  @Test
  void emptyObjectsHaveOneEmptyPart() {
    assertEquals(0, new PartPlan(0, List.of(new Part.Upload(1, 0, 0))).part(1).length());
    rejected(0);
    rejected(MIB, new Part.Upload(1, 0, 0), new Part.Upload(2, 0, MIB));
  }

  @Test
  void partsCoverTheObjectExactly() {
    Part first = new Part.Upload(1, 0, 8 * MIB);
    rejected(9 * MIB, first);
    rejected(7 * MIB, first);
    rejected(16 * MIB, first, new Part.Upload(3, 8 * MIB, 8 * MIB));
    rejected(17 * MIB, first, new Part.Upload(2, 9 * MIB, 8 * MIB));
    rejected(15 * MIB, first, new Part.Upload(2, 7 * MIB, 8 * MIB));
    rejected(8 * MIB, first, new Part.Upload(2, 8 * MIB, 0));
    rejected(8 * MIB, new Part.Upload(2, 0, 8 * MIB));
  }

  @Test
  void partsKeepTheLimits() {
    rejected(9 * MIB, new Part.Upload(1, 0, 4 * MIB), new Part.Upload(2, 4 * MIB, 5 * MIB));
    rejected((5L << 30) + 1, new Part.Upload(1, 0, (5L << 30) + 1));
    List<Part> parts = new ArrayList<>();
    for (int number = 1; number <= 10_000; number++) {
      parts.add(new Part.Upload(number, (number - 1) * 5 * MIB, 5 * MIB));
    }
    assertEquals(10_000, new PartPlan(50_000 * MIB, parts).parts().size());
    parts.add(parts.get(0));
    assertThrows(IllegalArgumentException.class, () -> new PartPlan(50_000 * MIB, parts));
  }

  private static void rejected(long objectSize, Part... parts) {
    assertThrows(IllegalArgumentException.class, () -> new PartPlan(objectSize, List.of(parts)));
  }
}
