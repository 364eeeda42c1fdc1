package io.drover.routes.boot;

import java.net.InetAddress;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;

/**
 * Which {@code Host} headers are answered. A web page can make a browser send requests to loopback
 * under a name of the page's own (DNS rebinding), and would then be allowed to read the answers;
 * such a request carries that name.
 *
 * @param names lower case, without port; empty accepts all
 */
public record HostCheck(Set<String> names) {
  public HostCheck {
    names = Set.copyOf(names);
  }

  /** Names of this machine if the server is bound to loopback; all if it was bound elsewhere. */
  public static HostCheck forServerAt(InetAddress bound) {
    if (!bound.isLoopbackAddress()) {
      return new HostCheck(Set.of());
    }
    String literal = bound.getHostAddress();
    Set<String> names = new HashSet<>(Set.of("localhost", "127.0.0.1", "[::1]"));
    names.add(literal.indexOf(':') >= 0 ? "[" + literal + "]" : literal);
    return new HostCheck(names);
  }

  /**
   * @param header the field's value, null if there was none
   */
  public boolean accepts(String header) {
    if (names.isEmpty()) {
      return true;
    }
    // only HTTP/1.0 may leave it out, and no browser speaks that
    return header == null
        || names.contains(header.replaceFirst(":\\d*$", "").toLowerCase(Locale.ROOT));
  }
}
