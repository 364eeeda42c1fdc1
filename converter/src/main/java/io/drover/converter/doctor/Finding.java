package io.drover.converter.doctor;

import io.drover.converter.error.Printable;
import java.util.Objects;

/**
 * One thing that was looked at, and what was seen.
 *
 * @param area what it belongs to: {@code s3}, {@code kafka}, {@code machine}
 * @param check its name, the same in every run: programs tell findings apart by it
 * @param text what was seen and what it means for imports, on one line; already escaped
 */
public record Finding(String area, String check, Verdict verdict, String text) {
  /** What follows from a finding. */
  public enum Verdict {
    /** As it should be. */
    OK,
    /**
     * Imports work; something is missing or ignored, and the text says what Drover does instead.
     */
    NOTE,
    /** Imports will fail. */
    FAIL
  }

  public Finding {
    Objects.requireNonNull(verdict);
    area = Printable.text(area, 32);
    check = Printable.text(check, 64);
    text = Printable.text(text, 1000);
  }

  public static Finding ok(String area, String check, String text) {
    return new Finding(area, check, Verdict.OK, text);
  }

  public static Finding note(String area, String check, String text) {
    return new Finding(area, check, Verdict.NOTE, text);
  }

  public static Finding fail(String area, String check, String text) {
    return new Finding(area, check, Verdict.FAIL, text);
  }
}
