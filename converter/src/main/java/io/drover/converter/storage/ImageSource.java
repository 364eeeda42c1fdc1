package io.drover.converter.storage;

import java.io.Closeable;

/** Where an image comes from: bytes at rest, or a stream that is read once. */
public interface ImageSource extends Closeable {
  /** How messages and the manifest name it; may hold hostile text, so escape it before printing. */
  String uri();

  /** Length in bytes; of a stream, what was read of it. */
  long size();

  /** What tells this source from a later one of the same name. */
  SourceIdentity identity();
}
