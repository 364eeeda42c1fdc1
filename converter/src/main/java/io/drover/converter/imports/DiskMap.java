package io.drover.converter.imports;

import io.drover.converter.metadata.DataClusters;
import io.drover.converter.plan.Part;
import java.util.Arrays;
import java.util.Collection;

/**
 * A disk in a fixed number of cells, each for the same number of bytes (the last ones may lie
 * behind its end), in few bytes whatever its size: what becomes of the part that a cell begins in.
 */
public final class DiskMap {
  /** Not planned yet. */
  public static final char UNKNOWN = '.';

  /** To be read and sent. */
  public static final char TO_SEND = 'd';

  /** To be filled or copied on the server. */
  public static final char TO_COPY = 'z';

  /** On the server, and there is data in it. */
  public static final char DATA = 'S';

  /** Sent as a part of something, and all zeros. */
  public static final char SENT_ZEROS = 's';

  /** Filled or copied on the server. */
  public static final char COPIED = 'C';

  private final long virtualSize;
  private final char[] cells;

  DiskMap(long virtualSize, int cells) {
    this.virtualSize = virtualSize;
    this.cells = new char[cells];
    Arrays.fill(this.cells, UNKNOWN);
  }

  void planned(Collection<Part> parts) {
    parts.forEach(part -> fill(part, part instanceof Part.Upload ? TO_SEND : TO_COPY));
    // what lies behind the object is zeros that nobody has to fill
    parts.stream().mapToLong(Part::end).max().ifPresent(end -> fill(end, virtualSize, COPIED));
  }

  void finished(Part part, DataClusters clusters) {
    if (!(part instanceof Part.Upload)) {
      fill(part, COPIED);
      return;
    }
    fill(part, SENT_ZEROS);
    if (part.length() > 0) {
      long size = clusters.clusterSize();
      clusters.forEachRun(
          part.offset(),
          part.length(),
          (first, count) ->
              touch(
                  Math.max(part.offset(), first * size),
                  Math.min(part.end(), (first + count) * size)));
    }
  }

  private void fill(Part part, char kind) {
    fill(part.offset(), part.end(), kind);
  }

  private void fill(long start, long end, char kind) {
    for (int cell = cell(start - 1) + 1; cell < cells.length && offset(cell) < end; cell++) {
      cells[cell] = kind;
    }
  }

  /** Any data at all makes it a cell of data, if its part is there. */
  private void touch(long start, long end) {
    for (int cell = cell(start); cell < cells.length && offset(cell) < end; cell++) {
      if (cells[cell] == SENT_ZEROS) {
        cells[cell] = DATA;
      }
    }
  }

  /** Guest offset where a cell begins. */
  private long offset(int cell) {
    return (long) ((double) virtualSize * cell / cells.length);
  }

  private int cell(long offset) {
    if (offset < 0 || virtualSize == 0) {
      return -1;
    }
    int near = (int) Math.min(cells.length - 1, (double) offset / virtualSize * cells.length);
    while (near + 1 < cells.length && offset(near + 1) <= offset) {
      near++;
    }
    while (near > 0 && offset(near) > offset) {
      near--;
    }
    return near;
  }

  /** One character for each cell, in the order of the disk. */
  @Override
  public String toString() {
    return new String(cells);
  }
}
