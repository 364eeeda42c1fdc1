package io.drover.converter.object;

import java.util.Map;

/**
 * An object as the server shows it.
 *
 * @param size bytes
 * @param etag as the server gave it, quotes included
 * @param metadata user metadata, names in lower case
 */
public record StoredObject(
    ObjectLocation location, long size, String etag, Map<String, String> metadata) {
  public StoredObject {
    metadata = Map.copyOf(metadata);
  }
}
