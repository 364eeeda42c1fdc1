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

  private static final String KINDS = "" + UNKNOWN + TO_SEND + TO_COPY + DATA + SENT_ZEROS + COPIED;
  private static final int MOST_CELLS = 4096;

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
    if (virtualSize == 0) {
      // a stream that has not ended: nobody knows yet of how much this is a part
      return;
    }
    if (!(part instanceof Part.Upload)) {
      fill(part, COPIED);
      return;
    }
    fill(part, SENT_ZEROS);
    // any data at all makes it a cell of data
    for (int cell = cell(part.offset()); cell < cells.length && offset(cell) < part.end(); cell++) {
      long start = Math.max(part.offset(), offset(cell));
      long end = Math.min(part.end(), offset(cell + 1));
      if (cells[cell] == SENT_ZEROS && start < end && clusters.anyIn(start, end - start)) {
        cells[cell] = DATA;
      }
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

  /**
   * Each kind, and the number of cells that it goes on for where that is more than one, in the
   * order of the disk: {@code S12z700d56}.
   */
  public String runs() {
    StringBuilder runs = new StringBuilder();
    int next;
    for (int cell = 0; cell < cells.length; cell = next) {
      next = cell + 1;
      while (next < cells.length && cells[next] == cells[cell]) {
        next++;
      }
      runs.append(cells[cell]);
      if (next - cell > 1) {
        runs.append(next - cell);
      }
    }
    return runs.toString();
  }

  /**
   * Whether a text from anywhere is what {@link #runs()} writes, of a few thousand cells at most.
   */
  public static boolean isRuns(String text) {
    int total = 0;
    int index = 0;
    while (index < text.length()) {
      if (KINDS.indexOf(text.charAt(index++)) < 0) {
        return false;
      }
      int digits = index;
      int count = 0;
      while (index < text.length() && isDigit(text.charAt(index))) {
        count = Math.min(MOST_CELLS + 1, 10 * count + text.charAt(index++) - '0');
      }
      total += index == digits ? 1 : count;
      if (total > MOST_CELLS || index > digits && count == 0) {
        return false;
      }
    }
    return total > 0;
  }

  private static boolean isDigit(char each) {
    return each >= '0' && each <= '9';
  }

  /** One character for each cell, in the order of the disk. */
  @Override
  public String toString() {
    return new String(cells);
  }
}
