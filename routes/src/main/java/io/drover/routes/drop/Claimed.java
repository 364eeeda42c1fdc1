package io.drover.routes.drop;

import java.nio.file.Path;

/**
 * A file that this service took out of the inbox.
 *
 * @param importId follows from its place in the inbox and its identity: the same after a restart
 * @param place where it lay, relative to the inbox
 * @param path where it lies now, below {@code .inprogress/}{@link #importId()}
 */
record Claimed(String importId, Path place, Path path) {
  /** The file's own name, which may be hostile. */
  String name() {
    return place.getFileName().toString();
  }
}
