package io.drover.routes.cli;

import io.drover.routes.config.ConfigException;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Speeds of links as they are sold: bits a second, by powers of 1000. */
final class Bandwidth {
  private static final Pattern FORM =
      Pattern.compile(
          "(\\d{1,9}(?:\\.\\d{1,3})?)\\s*([kmg])(?:bit(?:/s)?|bps)?", Pattern.CASE_INSENSITIVE);

  private Bandwidth() {}

  /**
   * @param text as {@code 1G}, {@code 100Mbit/s}; null for none
   * @return bits a second; 0 for none
   */
  static long parse(String text) throws ConfigException {
    if (text == null) {
      return 0;
    }
    Matcher match = FORM.matcher(text.trim());
    if (!match.matches()) {
      throw new ConfigException("--bandwidth " + text + ": bits a second as 100M, 1G or 2.5Gbit/s");
    }
    double unit = Math.pow(1000, 1 + "kmg".indexOf(match.group(2).toLowerCase(Locale.ROOT)));
    return Math.max(1, Math.round(Double.parseDouble(match.group(1)) * unit));
  }

  static String print(long bitsPerSecond) {
    return bitsPerSecond >= 1_000_000_000
        ? String.format(Locale.ROOT, "%.4g Gbit/s", bitsPerSecond / 1e9)
        : String.format(Locale.ROOT, "%.4g Mbit/s", bitsPerSecond / 1e6);
  }
}
