package io.drover.converter.object.s3;

import io.drover.converter.error.Printable;
import io.drover.converter.object.ObjectLocation;

/**
 * What was tried, for messages.
 *
 * @param verb as in "cannot VERB s3://bucket/key"
 * @param bucket empty for an operation on the server
 * @param key empty for an operation on the bucket
 */
record Operation(String verb, String bucket, String key) {
  static Operation on(ObjectLocation location, String verb) {
    return new Operation(verb, location.bucket(), location.key());
  }

  @Override
  public String toString() {
    if (bucket.isEmpty()) {
      return verb;
    }
    return verb + " s3://" + Printable.text(bucket) + "/" + Printable.text(key, 1024);
  }
}
