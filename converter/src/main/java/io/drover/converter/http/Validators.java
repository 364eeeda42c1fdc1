package io.drover.converter.http;

import java.util.Optional;

/** What tells one state of a resource from another (RFC 9110, section 8.8). */
record Validators(Optional<String> etag, Optional<String> lastModified) {
  /** The ETag for {@code If-Match}, which compares strongly: a weak one never matches. */
  Optional<String> strongEtag() {
    return etag.filter(tag -> tag.startsWith("\""));
  }

  /** Whether an answer with these validators may be of the same state. */
  boolean agreesWith(Validators other) {
    if (etag.isPresent() && other.etag.isPresent()) {
      return etag.equals(other.etag);
    }
    return lastModified.isEmpty()
        || other.lastModified.isEmpty()
        || lastModified.equals(other.lastModified);
  }
}
