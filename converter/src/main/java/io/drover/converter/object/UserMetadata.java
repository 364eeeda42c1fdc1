package io.drover.converter.object;

import java.util.Map;
import java.util.regex.Pattern;

/** What may travel as {@code x-amz-meta-} headers through every server unchanged. */
public final class UserMetadata {
  private static final Pattern NAME = Pattern.compile("[a-z0-9-]+");
  private static final Pattern VALUE = Pattern.compile("[!-~]([ -~]*[!-~])?");

  private UserMetadata() {}

  /**
   * A copy of the map.
   *
   * @throws IllegalArgumentException for a name that is not lower-case letters, digits and hyphens,
   *     and for a value that is empty, not printable ASCII, or has spaces at its ends
   */
  public static Map<String, String> checked(Map<String, String> metadata) {
    for (Map.Entry<String, String> entry : metadata.entrySet()) {
      if (!NAME.matcher(entry.getKey()).matches() || !VALUE.matcher(entry.getValue()).matches()) {
        throw new IllegalArgumentException(
            "user metadata '" + entry.getKey() + "' = '" + entry.getValue() + "'");
      }
    }
    return Map.copyOf(metadata);
  }
}
