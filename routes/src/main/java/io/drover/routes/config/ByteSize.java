package io.drover.routes.config;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Sizes as users of qemu-img write and read them: {@code 64k}, {@code 2M}, {@code 1.5 GiB}. */
public final class ByteSize {
  private static final Pattern FORM =
      Pattern.compile("(\\d{1,18})\\s*([kmgtp]?)(i?b)?", Pattern.CASE_INSENSITIVE);
  private static final String[] UNITS = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};

  private ByteSize() {}

  /**
   * Bytes; the suffixes k, M, G, T and P (with or without iB) are powers of 1024, as qemu-img's.
   *
   * @throws IllegalArgumentException if it is no size, with the text quoted
   */
  public static long parse(String text) {
    Matcher match = FORM.matcher(text.trim());
    if (!match.matches()) {
      throw new IllegalArgumentException(
          "'" + text + "' is no size: write a number with k, M, G or T, such as 64k or 2M");
    }
    int power = " kmgtp".indexOf((match.group(2) + " ").toLowerCase(Locale.ROOT).charAt(0));
    try {
      return Math.multiplyExact(Long.parseLong(match.group(1)), 1L << (10 * power));
    } catch (ArithmeticException e) {
      throw new IllegalArgumentException("'" + text + "' is more than 8 EiB", e);
    }
  }

  /** For people: three significant digits and a binary unit. */
  public static String print(long bytes) {
    double value = bytes;
    int unit = 0;
    while (value >= 1023.5 && unit < UNITS.length - 1) {
      value /= 1024;
      unit++;
    }
    String form = unit == 0 || value >= 99.95 ? "%.0f %s" : value >= 9.995 ? "%.1f %s" : "%.2f %s";
    return String.format(Locale.ROOT, form, value, UNITS[unit]);
  }
}
