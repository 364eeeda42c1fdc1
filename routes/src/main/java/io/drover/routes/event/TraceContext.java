package io.drover.routes.event;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where an import stands in a distributed trace, as "W3C Trace Context" writes it and as the
 * "Distributed Tracing" extension of CloudEvents carries it. What breaks their rules is nobody's
 * context: it is left out, and stops nothing.
 *
 * @param traceparent {@code 00-TRACE-SPAN-FLAGS}, checked
 * @param tracestate vendors' own members; empty where there are none
 */
public record TraceContext(String traceparent, String tracestate) {
  /** Extension attributes of events, and headers of messages, bear these names. */
  public static final String PARENT = "traceparent";

  public static final String STATE = "tracestate";

  /** Section 3.2.2 of the specification; a later version may have more behind the flags. */
  private static final Pattern FORM =
      Pattern.compile("([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?");

  private static final Pattern FIRST_VERSION =
      Pattern.compile("00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}");

  /** Section 3.3.1.3: keys may name a tenant; values are printable, without comma and equals. */
  private static final Pattern MEMBER =
      Pattern.compile(
          "([a-z0-9][a-z0-9_*/-]{0,255}|[a-z0-9][a-z0-9_*/-]{0,240}@[a-z][a-z0-9_*/-]{0,13})"
              + "=[\\x20-\\x2b\\x2d-\\x3c\\x3e-\\x7e]{0,255}[\\x21-\\x2b\\x2d-\\x3c\\x3e-\\x7e]");

  private static final int MOST_PARENT = 256;
  private static final int MOST_STATE = 512;
  private static final int MOST_MEMBERS = 32;

  public TraceContext {
    if (!FIRST_VERSION.matcher(traceparent).matches() || !state(tracestate).equals(tracestate)) {
      throw new IllegalArgumentException("no trace context: " + traceparent + ", " + tracestate);
    }
  }

  /**
   * Reads what somebody has sent.
   *
   * @param parent null for none
   * @param state null for none; left out by itself if it is wrong
   */
  public static Optional<TraceContext> read(String parent, String state) {
    if (parent == null || parent.length() > MOST_PARENT) {
      return Optional.empty();
    }
    Matcher form = FORM.matcher(parent.strip());
    if (!form.matches() || form.group(1).equals("ff")) {
      return Optional.empty();
    }
    boolean first = form.group(1).equals("00");
    if (first && form.group(5) != null) {
      return Optional.empty();
    }
    // of later versions only what this one knows: the ids, and whether it is sampled
    int flags = Integer.parseInt(form.group(4), 16) & (first ? 0xff : 1);
    String known = String.format("00-%s-%s-%02x", form.group(2), form.group(3), flags);
    return FIRST_VERSION.matcher(known).matches()
        ? Optional.of(new TraceContext(known, state(state)))
        : Optional.empty();
  }

  /** 32 hex digits, the same for all that belongs together. */
  public String traceId() {
    return traceparent.substring(3, 35);
  }

  /** 16 hex digits. */
  public String spanId() {
    return traceparent.substring(36, 52);
  }

  private static String state(String given) {
    if (given == null || given.length() > MOST_STATE) {
      return "";
    }
    List<String> members = new ArrayList<>();
    Set<String> keys = new HashSet<>();
    for (String piece : given.split(",")) {
      String member = piece.strip();
      if (member.isEmpty()) {
        continue;
      }
      Matcher form = MEMBER.matcher(member);
      if (!form.matches() || !keys.add(form.group(1)) || members.size() == MOST_MEMBERS) {
        return "";
      }
      members.add(member);
    }
    return String.join(",", members);
  }
}
