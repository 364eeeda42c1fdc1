package io.drover.converter.imports;

import io.drover.converter.storage.ImageSource;
import java.io.IOException;

/** Opens a source when it is its import's turn, and no earlier. */
@FunctionalInterface
public interface SourceOpener {
  ImageSource open() throws IOException;
}
