package io.drover.converter.manifest;

import java.net.URI;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * QEMU's protocol node for one object: where its bytes are.
 *
 * @param driver {@code http}, {@code https} or {@code file}
 * @param location a URL without credentials, or a file name
 */
public record StorageNode(String driver, String location) {
  private static final Set<String> DRIVERS = Set.of("http", "https", "file");

  public StorageNode {
    if (!DRIVERS.contains(driver) || location.isEmpty() || location.indexOf('\0') >= 0) {
      throw new IllegalArgumentException("no storage node: " + driver);
    }
  }

  /**
   * An object at a URL. User names and queries are refused: they are where credentials and
   * signatures stand, and the node is written into files that outlive them.
   */
  public static StorageNode http(URI url) {
    boolean http = "http".equals(url.getScheme()) || "https".equals(url.getScheme());
    if (!http
        || url.getRawAuthority() == null
        || url.getRawAuthority().indexOf('@') >= 0
        || url.getRawQuery() != null
        || url.getRawFragment() != null) {
      throw new IllegalArgumentException(
          "no plain http or https URL (no user, no query): host " + url.getHost());
    }
    return new StorageNode(url.getScheme(), url.toASCIIString());
  }

  /** An object as a local file. */
  public static StorageNode file(Path file) {
    return new StorageNode("file", file.toString());
  }

  /** The driver's option for the location. */
  String option() {
    return driver.equals("file") ? "filename" : "url";
  }

  Map<String, Object> options() {
    Map<String, Object> options = new LinkedHashMap<>();
    options.put("driver", driver);
    options.put(option(), location);
    return options;
  }
}
