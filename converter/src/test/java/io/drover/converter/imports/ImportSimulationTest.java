package io.drover.converter.imports;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/**
 * Many lives of an import, each from its seed: {@code -Dsimulation.seeds=100000} for more of them,
 * {@code -Dsimulation.first=N} to begin elsewhere, {@code -Dsimulation.seed=N} for one, told in
 * full.
 */
class ImportSimulationTest {
  private static final long DEFAULT_SEEDS = 2_000;
  private static final Logger LOG =
      (Logger) LoggerFactory.getLogger(ImportSimulationTest.class.getPackageName());
  private static Level before;

  @BeforeAll
  static void whatIsWarnedOfIsWanted() {
    before = LOG.getLevel();
    LOG.setLevel(Level.OFF);
  }

  @AfterAll
  static void warnAgain() {
    LOG.setLevel(before);
  }

  @Test
  void whateverHappensAllIsInOrderInTheEnd() throws Exception {
    Long one = Long.getLong("simulation.seed");
    if (one != null) {
      SimulatedImport.Story story = SimulatedImport.run(one);
      System.out.println(String.join("\n", story.trace()));
      requireGood(story);
      return;
    }
    long first = Long.getLong("simulation.first", 1);
    long end = first + Long.getLong("simulation.seeds", DEFAULT_SEEDS);
    long committed = 0;
    for (long seed = first; seed < end; seed++) {
      SimulatedImport.Story story = SimulatedImport.run(seed);
      requireGood(story);
      committed += story.committed() ? 1 : 0;
    }
    assertTrue(committed > (end - first) / 2, committed + " were committed");
  }

  private static void requireGood(SimulatedImport.Story story) {
    if (story.found() != null) {
      throw new AssertionError(
          "seed "
              + story.seed()
              + ": "
              + story.found().getMessage()
              + "\n"
              + String.join("\n", story.trace()),
          story.found());
    }
  }

  @Test
  void theSameSeedIsTheSameStory() throws Exception {
    for (long seed = 1; seed <= 30; seed++) {
      SimulatedImport.Story story = SimulatedImport.run(seed);
      assertNull(story.found());
      assertEquals(story.trace(), SimulatedImport.run(seed).trace(), "seed " + seed);
    }
  }
}
