package io.drover.routes.batch;

import io.drover.converter.error.ImportException;
import java.util.Map;

/** One entry of a list. */
public sealed interface Listed {
  /** Its line, from 1; of a folder or prefix the number in which it was found. */
  long line();

  /**
   * One image that is asked for, as it was written.
   *
   * @param place what {@code {name}} and {@code {relpath}} are made of
   * @param format null if the line has none, like all that follow
   * @param options {@code cluster_size} and {@code data_file_raw}
   */
  record Wish(
      long line,
      String source,
      String place,
      String format,
      String destination,
      String checksum,
      Map<String, String> options)
      implements Listed {
    public Wish {
      options = Map.copyOf(options);
    }

    /** One that was found, not written. */
    static Wish found(long line, String source, String place) {
      return new Wish(line, source, place, null, null, null, Map.of());
    }
  }

  /**
   * One that cannot be understood, or not be looked at.
   *
   * @param shown what stands there, escaped
   */
  record Unreadable(long line, String shown, ImportException error) implements Listed {}
}
