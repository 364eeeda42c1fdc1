package io.drover.converter.error;

/**
 * Makes text that somebody else wrote (image, file name, message) safe for a terminal, a log line
 * or an event: control characters, line breaks, ANSI escapes, bidirectional and invisible
 * formatting and lone surrogates become {@code \n}-style or {@code \\uXXXX} escapes, and long text
 * is cut.
 */
public final class Printable {
  /** Characters kept by {@link #text(String)}. */
  public static final int LIMIT = 256;

  private Printable() {}

  /** The text, escaped, cut after {@value #LIMIT} characters; {@code "null"} for null. */
  public static String text(String hostile) {
    return text(hostile, LIMIT);
  }

  /** The text, escaped, cut after {@code limit} characters of the original. */
  public static String text(String hostile, int limit) {
    if (hostile == null) {
      return "null";
    }
    StringBuilder safe = new StringBuilder(Math.min(hostile.length(), limit) + 8);
    int index = 0;
    while (index < hostile.length() && index < limit) {
      int point = hostile.codePointAt(index);
      append(safe, point);
      index += Character.charCount(point);
    }
    return index < hostile.length() ? safe.append('…').toString() : safe.toString();
  }

  private static void append(StringBuilder safe, int point) {
    switch (point) {
      case '\n' -> safe.append("\\n");
      case '\r' -> safe.append("\\r");
      case '\t' -> safe.append("\\t");
      case '\\' -> safe.append("\\\\");
      default -> {
        if (isSafe(point)) {
          safe.appendCodePoint(point);
        } else if (point <= 0xFFFF) {
          safe.append(String.format("\\u%04x", point));
        } else {
          safe.append(String.format("\\U%08x", point));
        }
      }
    }
  }

  private static boolean isSafe(int point) {
    return switch (Character.getType(point)) {
      // FORMAT holds the bidirectional controls and the zero-width characters
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.PRIVATE_USE,
          Character.UNASSIGNED,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          false;
      default -> true;
    };
  }
}
