package io.drover.converter.qcow2;

import io.drover.converter.image.DiskImage;
import java.io.IOException;
import java.util.Optional;

/** Decides whether a backing file is opened, and which file its name means. */
@FunctionalInterface
public interface BackingOpener {
  /**
   * @param name as it stands in the image: hostile
   * @param format what the image declares for it, hostile, too; empty if it declares none
   * @throws io.drover.converter.error.ImportException {@code QCOW2_BACKING_FILE} to refuse it
   */
  DiskImage open(String name, Optional<String> format) throws IOException;
}
