package io.drover.converter.imports;

import io.drover.converter.imports.SimulatedServer.Answer;
import io.drover.converter.imports.SimulatedServer.Refusal;
import java.util.function.Supplier;

/**
 * What becomes of one process's requests: every one takes its time, and has a point before its
 * effect and one after it. At either the process may be killed or paused; before it the request may
 * be refused, after it the answer may be lost.
 */
final class SimulatedWeather {
  /**
   * How bad it is.
   *
   * @param kills at most, of this process
   * @param kill probability at each point
   * @param pauses at most
   * @param pause probability at each point
   * @param refused probability that a request is refused for a passing reason
   * @param lost probability that an answer is lost
   * @param slow whether the source and large requests may take very long, without any failure
   * @param late probability that a request that was given up has its effect all the same, later
   */
  record Climate(
      int kills,
      double kill,
      int pauses,
      double pause,
      double refused,
      double lost,
      double late,
      boolean slow) {
    static final Climate FAIR = new Climate(0, 0, 0, 0, 0, 0, 0, false);
  }

  /** Shared by all processes: the server is away, or denies everything. */
  static final class Outages {
    private long awayUntil;
    private long deniedUntil;
    private long lastTrouble = Long.MIN_VALUE / 2;

    void away(long until) {
      awayUntil = until;
    }

    void denied(long until) {
      deniedUntil = until;
    }

    /** Virtual time of the last request that the server did not serve. */
    long lastTrouble() {
      return lastTrouble;
    }
  }

  private final SimulatedTime time;
  private final SimulatedTime.Process process;
  private final Outages outages;
  private Climate climate;
  private int kills;
  private int pauses;
  private long lastTrouble = Long.MIN_VALUE / 2;

  SimulatedWeather(
      SimulatedTime time, SimulatedTime.Process process, Outages outages, Climate climate) {
    this.time = time;
    this.process = process;
    this.outages = outages;
    this.climate = climate;
  }

  /** Virtual time at which this process was last paused, or a request of it last failed. */
  long lastTrouble() {
    return Math.max(lastTrouble, outages.lastTrouble());
  }

  <T> T request(String label, boolean mayBeLate, Supplier<T> work) {
    if (process.killed()) {
      throw new SimulatedTime.Killed();
    }
    try {
      point(label + " …");
    } catch (SimulatedTime.Killed e) {
      if (mayBeLate && time.chance(climate.late())) {
        late(label, work);
      }
      throw e;
    }
    if (time.now() < outages.awayUntil || time.chance(climate.refused())) {
      trouble();
      time.say(label + " refused");
      throw new Refusal(Answer.SERVICE_UNAVAILABLE);
    }
    if (time.now() < outages.deniedUntil) {
      trouble();
      time.say(label + " denied");
      throw new Refusal(Answer.ACCESS_DENIED);
    }
    if (mayBeLate && time.chance(climate.lost() * climate.late())) {
      trouble();
      time.say(label + " given up");
      late(label, work);
      throw new Refusal(Answer.CONNECTION_RESET);
    }
    T result;
    try {
      result = work.get();
      time.say(label + " = " + shown(result));
    } catch (Refusal e) {
      time.say(label + " = " + e.answer());
      point("");
      throw e;
    }
    point("");
    if (time.chance(climate.lost())) {
      trouble();
      time.say(label + " answer lost");
      throw new Refusal(Answer.CONNECTION_RESET);
    }
    return result;
  }

  private void trouble() {
    lastTrouble = time.now();
    if (time.now() < Math.max(outages.awayUntil, outages.deniedUntil)) {
      outages.lastTrouble = time.now();
    }
  }

  private void late(String label, Supplier<?> work) {
    time.later(
        time.some(30 * SimulatedTime.SECOND),
        () -> {
          try {
            work.get();
            time.say(process.name() + "'s " + label + " takes effect only now");
          } catch (Refusal e) {
            time.say(process.name() + "'s " + label + " comes too late: " + e.answer());
          }
        });
  }

  /** Time passes; perhaps more of it than anybody expects, perhaps all of it. */
  void point(String label) {
    if (kills < climate.kills() && time.chance(climate.kill())) {
      kills++;
      process.kill();
      time.say("killed " + label);
      throw new SimulatedTime.Killed();
    }
    if (pauses < climate.pauses() && time.chance(climate.pause())) {
      pauses++;
      long pause =
          time.chance(0.5)
              ? time.some(5 * SimulatedTime.MINUTE)
              : 10 * SimulatedTime.MINUTE + time.some(90 * SimulatedTime.MINUTE);
      lastTrouble = time.now() + pause;
      process.pauseUntil(time.now() + pause);
      time.say("paused for " + pause / SimulatedTime.SECOND + " s " + label);
    }
    long most = time.chance(0.05) ? 20 * SimulatedTime.SECOND : 200 * SimulatedTime.MILLI;
    if (climate.slow() && time.chance(0.3) && label.matches("(PART|COPY|COMPLETE|reading) .*")) {
      most = 60 * SimulatedTime.MINUTE;
    }
    time.sleep(time.some(most));
  }

  private static String shown(Object result) {
    if (result instanceof SimulatedServer.Stored stored) {
      return stored.length() + " bytes";
    }
    if (result instanceof java.util.Optional<?> found) {
      return found.isPresent() ? "there" : "nothing";
    }
    return String.valueOf(result);
  }
}
