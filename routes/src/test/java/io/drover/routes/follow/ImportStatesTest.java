package io.drover.routes.follow;

import static io.drover.routes.follow.Events.event;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.drover.routes.event.EventType;
import io.drover.routes.event.ImportEvent;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ImportStatesTest {
  private final ImportStates states = new ImportStates(3);

  @Test
  void foldsAnImportsEvents() {
    states.accept(event("a", 1, EventType.ACCEPTED));
    assertEquals(ImportState.Status.QUEUED, state("a").status());
    assertNull(state("a").startedAt());
    states.accept(event("a", 2, EventType.STARTED));
    states.accept(event("a", 3, EventType.PROGRESS));
    assertEquals(ImportState.Status.RUNNING, state("a").status());
    states.accept(event("a", 4, EventType.RETRYING));
    assertEquals("SOURCE_READ_ERROR", state("a").error().code());
    states.accept(event("a", 5, EventType.PROGRESS));
    assertNull(state("a").error(), "it goes on");
    states.accept(event("a", 6, EventType.COMPLETED));
    ImportState done = state("a");
    assertEquals(ImportState.Status.COMPLETED, done.status());
    assertEquals("s3://d", done.result().data());
    assertEquals("worker:1", done.worker());
    assertEquals(Events.START.plusSeconds(1), done.acceptedAt());
    assertEquals(Events.START.plusSeconds(2), done.startedAt());
    assertEquals(Events.START.plusSeconds(6), done.endedAt().orElseThrow());
    assertEquals(
        List.of(EventType.ACCEPTED, EventType.STARTED, EventType.RETRYING, EventType.COMPLETED),
        done.history().stream().map(ImportState.Step::type).toList());
  }

  @Test
  void whatCameBeforeIsNoNews() {
    List<ImportState> told = new ArrayList<>();
    states.listen(told::add);
    states.accept(event("a", 1, EventType.ACCEPTED));
    states.accept(event("a", 4, EventType.PROGRESS));
    states.accept(event("a", 4, EventType.PROGRESS));
    states.accept(event("a", 2, EventType.STARTED));
    assertEquals(2, told.size());
    assertEquals(4, state("a").last().sequence());
  }

  @Test
  void twoSidesTellTheSameStory() {
    List<ImportEvent> story = new ArrayList<>();
    story.add(event("a", 1, EventType.ACCEPTED));
    story.add(event("a", 2, EventType.STARTED));
    for (int sequence = 3; sequence < 90; sequence++) {
      story.add(event("a", sequence, EventType.PROGRESS));
    }
    story.add(event("a", 90, EventType.COMPLETED));
    story.forEach(states::accept);
    ImportState once = state("a");
    List<ImportEvent> again = new ArrayList<>(story);
    Collections.shuffle(again, new Random(7));
    again.forEach(states::accept);
    assertEquals(once, state("a"));
  }

  @Test
  void progressAfterTheEndWakesNothingButANewRunDoes() {
    states.accept(event("a", 5, EventType.FAILED));
    states.accept(event("a", 6, EventType.PROGRESS));
    assertEquals(ImportState.Status.FAILED, state("a").status());
    states.accept(event("a", 1_000_000_001, EventType.ACCEPTED));
    assertEquals(ImportState.Status.QUEUED, state("a").status());
    states.accept(event("a", 1_000_000_002, EventType.RESUMED, "other:2"));
    assertEquals(ImportState.Status.RUNNING, state("a").status());
    assertEquals("other:2", state("a").worker());
  }

  @Test
  void keepsAllThatGoOnAndTheNewestThatEnded() {
    for (int number = 0; number < 50; number++) {
      states.accept(event("going-" + number, 1, EventType.STARTED));
      states.accept(event("ended-" + number, 1, EventType.COMPLETED));
    }
    assertEquals(53, states.list().size());
    assertTrue(states.find("going-0").isPresent());
    assertTrue(states.find("ended-46").isEmpty());
    assertTrue(states.find("ended-47").isPresent());
  }

  @Test
  void whatATopicClaimsToBeUnderWayIsBounded() {
    for (int number = 0; number < ImportStates.MOST_UNENDED + 10; number++) {
      states.accept(event("i" + number, 1, EventType.STARTED));
    }
    assertEquals(ImportStates.MOST_UNENDED, states.list().size());
    assertTrue(states.find("i9").isEmpty());
    assertTrue(states.find("i10").isPresent());
  }

  @Test
  void aLongHistoryKeepsItsBeginningAndItsEnd() {
    states.accept(event("a", 1, EventType.ACCEPTED));
    for (int sequence = 2; sequence < 500; sequence++) {
      states.accept(event("a", sequence, EventType.RETRYING));
    }
    List<ImportState.Step> history = state("a").history();
    assertEquals(ImportState.MOST_STEPS, history.size());
    assertEquals(EventType.ACCEPTED, history.get(0).type());
    assertEquals(499, history.get(history.size() - 1).sequence());
  }

  private ImportState state(String id) {
    return states.find(id).orElseThrow();
  }
}
