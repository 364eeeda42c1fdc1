package io.drover.routes.page;

import io.drover.routes.event.EventType;
import io.drover.routes.follow.ImportState;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * How fast imports went, for a picture: a bounded number of points for each, of which every second
 * one goes when there are too many. Thread-safe.
 */
final class Throughput implements Consumer<ImportState> {
  /** Points that are kept of an import. */
  static final int MOST_POINTS = 240;

  private static final int MOST_IMPORTS = 3_000;

  /**
   * @param millis since the epoch
   * @param logical bytes of the disk that were finished then
   * @param sent bytes that were sent then
   */
  record Point(long millis, long logical, long sent) {}

  private static final class Series {
    private final List<Point> points = new ArrayList<>();
    private long gapMillis;

    void add(Point point, boolean must) {
      if (!points.isEmpty()) {
        Point last = points.get(points.size() - 1);
        if (point.millis() < last.millis() || !must && point.millis() - last.millis() < gapMillis) {
          return;
        }
      }
      points.add(point);
      if (points.size() > MOST_POINTS) {
        for (int index = points.size() - 2; index > 0; index -= 2) {
          points.remove(index);
        }
        long span = point.millis() - points.get(0).millis();
        gapMillis = span / (MOST_POINTS / 2);
      }
    }
  }

  /** By import; the one that was quiet for the longest time first. */
  private final Map<String, Series> all = new LinkedHashMap<>();

  @Override
  public synchronized void accept(ImportState state) {
    String id = state.importId();
    Series series = all.remove(id);
    if (series == null || state.last().type() == EventType.ACCEPTED) {
      series = new Series();
    }
    all.put(id, series);
    if (all.size() > MOST_IMPORTS) {
      Iterator<String> oldest = all.keySet().iterator();
      oldest.next();
      oldest.remove();
    }
    series.add(
        new Point(
            state.last().time().toEpochMilli(),
            state.last().bytes().logical(),
            state.last().bytes().sent()),
        state.status().ended());
  }

  /** Oldest first. */
  synchronized List<Point> of(String importId) {
    Series series = all.get(importId);
    return series == null ? List.of() : List.copyOf(series.points);
  }
}
