package io.drover.converter.metadata;

import java.nio.charset.StandardCharsets;

/**
 * The external data file as the metadata names it.
 *
 * <p>Only a bare file name is possible. QEMU since 2024 takes the name literally, relative to its
 * working directory; older ones parse it, so that {@code json:…} or {@code nbd://…} in it would
 * make them open whatever it says (CVE-2024-4467).
 *
 * @param name 1 to 255 bytes of UTF-8 without slashes, colons or control characters
 * @param raw whether the data file alone is the guest disk (autoclear bit 1), zeros included
 */
public record DataFile(String name, boolean raw) {
  /** The limit of common file systems; the header has room for it in the smallest cluster. */
  private static final int MAX_NAME_BYTES = 255;

  public DataFile {
    int bytes = name.getBytes(StandardCharsets.UTF_8).length;
    if (bytes < 1
        || bytes > MAX_NAME_BYTES
        || name.equals(".")
        || name.equals("..")
        || !name.chars().allMatch(DataFile::isPlain)) {
      throw new IllegalArgumentException(
          "no bare file name of 1 to " + MAX_NAME_BYTES + " bytes: '" + name + "'");
    }
  }

  private static boolean isPlain(int unit) {
    return unit != '/' && unit != '\\' && unit != ':' && !Character.isISOControl(unit);
  }
}
