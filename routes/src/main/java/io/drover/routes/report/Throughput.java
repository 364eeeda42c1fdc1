package io.drover.routes.report;

import java.util.ArrayList;
import java.util.List;

/**
 * How many bytes were done when, in at most {@value #MOST} points however long it takes: when there
 * are more, every other one is forgotten. Thread-safe.
 */
public final class Throughput {
  private static final int MOST = 400;

  private final List<Point> points = new ArrayList<>();
  private double interval;

  /**
   * @param seconds since the beginning
   * @param logical bytes of disks that are done, without those that were done before
   * @param sent bytes put on the wire
   * @param images that came to an end
   */
  public record Point(double seconds, long logical, long sent, long images) {}

  public Throughput() {
    points.add(new Point(0, 0, 0, 0));
  }

  public synchronized void add(Point point) {
    if (point.seconds() - points.get(points.size() - 1).seconds() < interval) {
      return;
    }
    points.add(point);
    if (points.size() > MOST) {
      for (int index = points.size() - 2; index > 0; index -= 2) {
        points.remove(index);
      }
      interval = 2 * points.get(points.size() - 1).seconds() / points.size();
    }
  }

  public synchronized List<Point> points() {
    return List.copyOf(points);
  }
}
