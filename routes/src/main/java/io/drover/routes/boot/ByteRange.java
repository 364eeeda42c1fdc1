package io.drover.routes.boot;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A range of an object, as asked for by the {@code Range} header (RFC 9110 section 14.2).
 *
 * @param first offset of its first byte
 * @param length bytes; 0 when no byte of the object lies in what was asked for
 */
record ByteRange(long first, long length) {
  private static final Pattern SINGLE = Pattern.compile("(?i)bytes=\\s*(\\d*)-(\\d*)\\s*");

  ByteRange {
    if (first < 0 || length < 0) {
      throw new IllegalArgumentException("no range: " + length + " bytes at " + first);
    }
  }

  /**
   * Reads one range: {@code bytes=A-B}, {@code bytes=A-} or {@code bytes=-N}.
   *
   * @param header the field's value
   * @param size bytes of the object
   * @return the range, cut at the object's end; empty if the header is to be ignored, as it is when
   *     it names another unit, is malformed, or lists several ranges (a server may always answer
   *     with the whole)
   */
  static Optional<ByteRange> parse(String header, long size) {
    Matcher matcher = SINGLE.matcher(header);
    if (!matcher.matches()
        || matcher.end(1) == matcher.start(1) && matcher.end(2) == matcher.start(2)) {
      return Optional.empty();
    }
    if (matcher.group(1).isEmpty()) {
      long length = Math.min(number(matcher.group(2)), size);
      return Optional.of(new ByteRange(size - length, length));
    }
    long first = number(matcher.group(1));
    long last = matcher.group(2).isEmpty() ? Long.MAX_VALUE : number(matcher.group(2));
    if (last < first) {
      return Optional.empty();
    }
    long end = Math.min(last, size - 1) + 1;
    return Optional.of(new ByteRange(first, Math.max(0, end - Math.min(first, end))));
  }

  /** The value for a {@code Content-Range} header. */
  String contentRange(long size) {
    return "bytes " + first + "-" + (first + length - 1) + "/" + size;
  }

  /** Digits without end are legal; what no file can have is as good as the largest number. */
  private static long number(String digits) {
    try {
      return Long.parseLong(digits);
    } catch (NumberFormatException e) {
      return Long.MAX_VALUE;
    }
  }
}
