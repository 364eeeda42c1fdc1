package io.drover.converter.storage;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * What tells one state of a source from another: for a file its device, inode, size, mtime and
 * ctime; for an object its bucket, key, version and ETag. Ordered, so that equal identities print
 * alike.
 */
public record SourceIdentity(Map<String, String> fields) {
  public SourceIdentity {
    if (fields.isEmpty()) {
      throw new IllegalArgumentException("an identity needs at least one field");
    }
    fields = Collections.unmodifiableMap(new TreeMap<>(fields));
  }
}
