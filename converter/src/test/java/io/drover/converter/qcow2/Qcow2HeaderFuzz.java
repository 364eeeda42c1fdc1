package io.drover.converter.qcow2;

import io.drover.converter.error.ImportException;
import io.drover.converter.image.ReadPolicy;
import io.drover.converter.storage.MemorySource;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * Fuzz target: any bytes as a qcow2 file, as far as metadata goes, once with backing files allowed,
 * so that their names are parsed.
 */
public final class Qcow2HeaderFuzz {
  private static final ReadPolicy LENIENT =
      ReadPolicy.DEFAULT.withBackingRoots(List.of(Path.of("/nowhere"))).withAllowCorrupt(true);

  private Qcow2HeaderFuzz() {}

  /** Anything thrown is a finding. */
  public static void fuzzerTestOneInput(byte[] file) throws IOException {
    Qcow2Facts.read(new MemorySource(file));
    for (ReadPolicy policy : List.of(ReadPolicy.DEFAULT, LENIENT)) {
      try {
        Qcow2Metadata.read(new MemorySource(file), policy);
      } catch (ImportException refusal) {
        FuzzRules.checkRefusal(refusal, file.length);
      }
    }
  }
}
