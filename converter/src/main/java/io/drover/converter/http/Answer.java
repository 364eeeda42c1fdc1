package io.drover.converter.http;

import java.net.http.HttpHeaders;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The head of an answer to a request for a range (RFC 9110).
 *
 * @param location that answered
 */
record Answer(HttpLocation location, int status, HttpHeaders headers) {
  private static final Pattern CONTENT_RANGE =
      Pattern.compile("bytes (\\d{1,19})-(\\d{1,19})/(\\d{1,19})");
  private static final Pattern UNSATISFIED = Pattern.compile("bytes \\*/(\\d{1,19})");

  /** The size of the whole, if this is exactly the range from first to last (section 14.4). */
  OptionalLong sizeOfExactly(long first, long last) {
    Matcher range = CONTENT_RANGE.matcher(contentRange());
    if (!range.matches()) {
      return OptionalLong.empty();
    }
    try {
      return Long.parseLong(range.group(1)) == first && Long.parseLong(range.group(2)) == last
          ? OptionalLong.of(Long.parseLong(range.group(3)))
          : OptionalLong.empty();
    } catch (NumberFormatException e) {
      return OptionalLong.empty();
    }
  }

  /** The size of the whole, where the range lies beyond its end (section 15.5.17). */
  OptionalLong sizeUnsatisfied() {
    Matcher range = UNSATISFIED.matcher(contentRange());
    try {
      return range.matches()
          ? OptionalLong.of(Long.parseLong(range.group(1)))
          : OptionalLong.empty();
    } catch (NumberFormatException e) {
      return OptionalLong.empty();
    }
  }

  String contentRange() {
    return header("Content-Range").orElse("");
  }

  /** Whether the bytes are the file's own, not a compressed form of them (section 8.4). */
  boolean encoded() {
    return header("Content-Encoding").filter(it -> !it.equalsIgnoreCase("identity")).isPresent();
  }

  Validators validators() {
    return new Validators(header("ETag"), header("Last-Modified"));
  }

  Optional<String> header(String name) {
    return headers.firstValue(name);
  }

  boolean redirect() {
    return switch (status) {
      case 301, 302, 303, 307, 308 -> header("Location").isPresent();
      default -> false;
    };
  }

  /** Whether asking again may help: the server or what is before it is busy, or broken just now. */
  boolean passing() {
    return switch (status) {
      case 408, 425, 429, 500, 502, 503, 504 -> true;
      default -> false;
    };
  }
}
