package io.drover.converter.imports;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.drover.converter.metadata.DataClusters;
import io.drover.converter.plan.Part;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class DiskMapTest {
  private static final int CLUSTER = 512;

  @Test
  void cellsTellWhatBecomesOfTheirParts() throws Exception {
    Part data = new Part.Upload(1, 0, 4096);
    Part zeros = new Part.Zero(2, 4096, 4096);
    Part rest = new Part.Upload(3, 8192, 4096);
    DataClusters clusters = DataClusters.growing(16384, CLUSTER);
    clusters.mark(1024, 512);
    DiskMap map = new DiskMap(16384, 16);
    assertEquals(".16", map.runs());
    map.planned(List.of(data, zeros, rest));
    // what lies behind the last part is zeros that nobody has to fill
    assertEquals("d4z4d4C4", map.runs());
    map.finished(data, clusters);
    assertEquals("sSs2z4d4C4", map.runs());
    map.finished(zeros, clusters);
    map.finished(rest, clusters);
    assertEquals("sSs2C4s4C4", map.runs());
  }

  @Test
  void ofADiskOfUnknownSizeNothingIsKnown() throws Exception {
    DataClusters clusters = DataClusters.growing(16384, CLUSTER);
    clusters.mark(1024, 512);
    DiskMap map = new DiskMap(0, 16);
    map.finished(new Part.Upload(1, 0, 4096), clusters);
    map.finished(new Part.Zero(2, 4096, 4096), clusters);
    assertEquals(".16", map.runs());
  }

  @Test
  void isWhatLookingAtEveryByteGives() throws Exception {
    Random random = new Random(5);
    for (int round = 0; round < 500; round++) {
      long size = CLUSTER * (1L + random.nextInt(64));
      List<Part> parts = parts(size, random);
      DataClusters clusters = DataClusters.growing(size, CLUSTER);
      for (int mark = random.nextInt(8); mark > 0; mark--) {
        clusters.mark(random.nextInt((int) size), 1);
      }
      int cells = 1 + random.nextInt(100);
      DiskMap map = new DiskMap(size, cells);
      map.planned(parts);
      char[] expected = new char[cells];
      for (int cell = 0; cell < cells; cell++) {
        expected[cell] = slow(size, cells, cell, parts, clusters);
      }
      parts.forEach(part -> map.finished(part, clusters));
      assertEquals(new String(expected), map.toString(), "round " + round);
      assertEquals(map.toString(), expanded(map.runs()));
      assertTrue(DiskMap.isRuns(map.runs()));
    }
  }

  @Test
  void whatIsNoMapIsToldApart() {
    for (String map : List.of("S", "S12z700d56", "s4096", ".sSzdC")) {
      assertTrue(DiskMap.isRuns(map), map);
    }
    for (String other : List.of("", "4", "S0", "s4097", "s4096S", "x", "S-1", "S1 z", "S\u0661")) {
      assertFalse(DiskMap.isRuns(other), other);
    }
    assertFalse(DiskMap.isRuns("S" + "9".repeat(1000)));
  }

  private static List<Part> parts(long size, Random random) {
    List<Part> parts = new ArrayList<>();
    long offset = 0;
    while (offset < size) {
      long length = Math.min(size - offset, CLUSTER * (1L + random.nextInt(16)));
      int number = parts.size() + 1;
      parts.add(
          random.nextBoolean()
              ? new Part.Upload(number, offset, length)
              : new Part.Zero(number, offset, length));
      offset += length;
    }
    return parts;
  }

  /** By its definition, byte for byte. */
  private static char slow(
      long size, int cells, int cell, List<Part> parts, DataClusters clusters) {
    long start = (long) ((double) size * cell / cells);
    long end = (long) ((double) size * (cell + 1) / cells);
    Part first =
        parts.stream()
            .filter(it -> it.offset() <= start && start < it.end())
            .findAny()
            .orElseThrow();
    if (!(first instanceof Part.Upload)) {
      return DiskMap.COPIED;
    }
    for (long offset = start; offset < end; offset++) {
      long at = offset;
      boolean sent =
          parts.stream()
              .filter(Part.Upload.class::isInstance)
              .anyMatch(it -> it.offset() <= at && at < it.end());
      if (sent && clusters.anyIn(offset, 1)) {
        return DiskMap.DATA;
      }
    }
    return DiskMap.SENT_ZEROS;
  }

  private static String expanded(String runs) {
    StringBuilder cells = new StringBuilder();
    for (String run : runs.split("(?<=\\d)(?=\\D)|(?<=\\D)(?=\\D)")) {
      int count = run.length() == 1 ? 1 : Integer.parseInt(run.substring(1));
      cells.append(run.substring(0, 1).repeat(count));
    }
    return cells.toString();
  }
}
