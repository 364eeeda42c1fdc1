package io.drover.routes.batch;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.error.Printable;
import io.drover.routes.config.ConfigException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.NoSuchElementException;

/** A CSV with a header, or JSON objects, one on each line. */
public final class ListFile implements ImageList {
  private static final int SHOWN = 80;

  private final Lines lines;
  private final LineForm form;
  private Lines.Line next;
  private boolean ended;

  /**
   * @param in is closed with this
   * @throws ConfigException if the first line is neither a header nor a JSON object
   */
  public ListFile(InputStream in) throws ConfigException, IOException {
    lines = new Lines(in);
    Lines.Line first = lines.next();
    while (first != null && first.text() != null && first.text().isBlank()) {
      first = lines.next();
    }
    if (first == null) {
      // nothing to do is no error; but most likely nobody meant that
      throw new ConfigException("the list is empty");
    }
    if (first.text() == null) {
      throw new ConfigException("the list's first line: " + first.wrong());
    }
    if (first.text().stripLeading().startsWith("{")) {
      form = new LineForm.Json();
      next = first;
    } else {
      form = new LineForm.Csv(first.text());
    }
  }

  @Override
  public boolean hasNext() {
    while (next == null && !ended) {
      try {
        next = lines.next();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      ended = next == null;
      if (!ended && next.text() != null && next.text().isBlank()) {
        next = null;
      }
    }
    return !ended;
  }

  @Override
  public Listed next() {
    if (!hasNext()) {
      throw new NoSuchElementException();
    }
    Lines.Line line = next;
    next = null;
    if (line.text() == null) {
      return unreadable(line, "", LineForm.invalid(line.wrong()));
    }
    try {
      return form.parse(line.number(), line.text());
    } catch (ImportException e) {
      return unreadable(line, Printable.text(line.text(), SHOWN), e);
    }
  }

  private static Listed unreadable(Lines.Line line, String shown, ImportException why) {
    return new Listed.Unreadable(
        line.number(),
        shown,
        ImportException.refused(
            ErrorCode.REQUEST_INVALID,
            "line " + line.number() + " of the list: " + why.getMessage()));
  }

  /** The entries of a list, without looking at them; a header counts as none. */
  public static long count(Path list) throws IOException {
    try (Lines lines = new Lines(Files.newInputStream(list))) {
      long count = 0;
      boolean csv = true;
      for (Lines.Line line = lines.next(); line != null; line = lines.next()) {
        if (line.text() == null || !line.text().isBlank()) {
          csv =
              count > 0 ? csv : line.text() == null || !line.text().stripLeading().startsWith("{");
          count++;
        }
      }
      return csv ? Math.max(0, count - 1) : count;
    }
  }

  @Override
  public void close() throws IOException {
    lines.close();
  }
}
