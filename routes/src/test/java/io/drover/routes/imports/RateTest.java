package io.drover.routes.imports;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class RateTest {
  private final Rate rate = new Rate();

  @Test
  void isUnknownBeforeTheSecondLook() {
    assertEquals(-1, rate.bytesPerSecond());
    assertEquals(-1, rate.secondsFor(1_000));
    rate.sample(1_000, 5_000);
    assertEquals(-1, rate.bytesPerSecond());
  }

  @Test
  void isExactWhenTheSpeedIsEven() {
    for (int second = 0; second < 20; second++) {
      rate.sample(second * 1_000L, second * 3_000_000L);
    }
    assertEquals(3_000_000, rate.bytesPerSecond());
    assertEquals(4, rate.secondsFor(10_000_000));
    assertEquals(0, rate.secondsFor(0));
    assertEquals(0, rate.secondsFor(-1));
  }

  @Test
  void followsAChangeWithinSecondsAndDoesNotJump() {
    long bytes = 0;
    for (int second = 0; second < 10; second++) {
      rate.sample(second * 1_000L, bytes);
      bytes += 1_000_000;
    }
    long before = rate.bytesPerSecond();
    bytes += 9_000_000;
    rate.sample(10_000, bytes);
    assertTrue(rate.bytesPerSecond() < 4_000_000, "jumped to " + rate.bytesPerSecond());
    assertTrue(rate.bytesPerSecond() > before);
    for (int second = 11; second < 31; second++) {
      bytes += 10_000_000;
      rate.sample(second * 1_000L, bytes);
    }
    assertEquals(10_000_000, rate.bytesPerSecond(), 300_000);
  }

  @Test
  void aClockThatStandsOrGoesBackChangesNothing() {
    rate.sample(1_000, 0);
    rate.sample(2_000, 1_000);
    rate.sample(2_000, 900_000);
    rate.sample(1_500, 900_000);
    assertEquals(1_000, rate.bytesPerSecond());
  }

  @Test
  void aStandstillHasNoEnd() {
    rate.sample(0, 7);
    rate.sample(1_000, 7);
    assertEquals(0, rate.bytesPerSecond());
    assertEquals(-1, rate.secondsFor(1));
  }
}
