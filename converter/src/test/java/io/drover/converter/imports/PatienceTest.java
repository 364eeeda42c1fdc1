package io.drover.converter.imports;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.error.Outcome;
import io.drover.converter.object.UploadLostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PatienceTest {
  private static final ImportException AWAY =
      ImportException.resumable(ErrorCode.TARGET_UNAVAILABLE, "503", null);

  private final List<String> seen = new ArrayList<>();
  private ImportException stopped;
  private int runs;

  private final Patience.Watcher watcher =
      new Patience.Watcher() {
        @Override
        public void requireGoing() throws ImportException {
          if (stopped != null) {
            throw stopped;
          }
        }

        @Override
        public void retrying(ImportException cause) {
          seen.add("retrying " + cause.getMessage());
        }

        @Override
        public void recovered() {
          seen.add("recovered");
        }
      };

  @Test
  void aPassingFailureIsTriedAgainUntilItPasses() throws Exception {
    String result =
        new Patience(Duration.ofMinutes(15), watcher, Timing.SYSTEM)
            .insist(
                () -> {
                  if (++runs < 3) {
                    throw AWAY;
                  }
                  return "done";
                });
    assertEquals("done", result);
    assertEquals(List.of("retrying 503", "retrying 503", "recovered"), seen);
  }

  @Test
  void aLastingFailureIsNot() {
    ImportException exists = ImportException.refused(ErrorCode.TARGET_EXISTS, "412");
    assertSame(exists, failure(Duration.ofSeconds(30), exists));
    assertEquals(1, runs);
    assertEquals(List.of(), seen);
  }

  @Test
  void aRightThatIsTakenAwayIsLookedForAFewTimesAndThenLeftToTheNextRun() {
    ImportException denied = ImportException.refused(ErrorCode.TARGET_DENIED, "403");
    ImportException given = failure(Duration.ofMillis(300), denied);
    assertEquals(ErrorCode.TARGET_DENIED, given.code());
    assertEquals(Outcome.RESUMABLE, given.outcome());
    assertSame(denied, given.getCause());
    assertEquals(4, runs);
    assertEquals(3, seen.size());
  }

  @Test
  void aRightThatWasNeverThereIsNoPassingMatter() {
    ImportException denied = ImportException.refused(ErrorCode.TARGET_DENIED, "403");
    assertSame(
        denied,
        assertThrows(
            ImportException.class,
            () ->
                new Patience(Duration.ofSeconds(30), watcher, Timing.SYSTEM)
                    .insistFirst(
                        () -> {
                          runs++;
                          throw denied;
                        })));
    assertEquals(1, runs);
  }

  @Test
  void anUploadThatIsGoneDoesNotComeBack() {
    UploadLostException lost = new UploadLostException("404", null);
    assertSame(lost, failure(Duration.ofSeconds(30), lost));
    assertEquals(1, runs);
  }

  @Test
  void theBudgetEndsIt() {
    assertSame(AWAY, failure(Duration.ofMillis(300), AWAY));
    assertTrue(runs > 1, "it was tried again");
  }

  @Test
  void withoutABudgetTheFirstFailureCounts() {
    assertSame(AWAY, failure(Duration.ZERO, AWAY));
    assertEquals(1, runs);
  }

  @Test
  void whoeverStopsTheImportIsHeard() {
    stopped = ImportException.resumable(ErrorCode.CANCELLED, "Ctrl-C", null);
    assertSame(stopped, failure(Duration.ofMinutes(15), AWAY));
  }

  private ImportException failure(Duration budget, ImportException cause) {
    return assertThrows(
        ImportException.class,
        () ->
            new Patience(budget, watcher, Timing.SYSTEM)
                .insist(
                    () -> {
                      runs++;
                      throw cause;
                    }));
  }
}
