package io.drover.converter.manifest;

import io.drover.converter.digest.BlockDigests;
import io.drover.converter.error.ImportException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Arrays;

/** Fuzz target: any bytes as a manifest, and as the list of blocks of a disk. */
public final class ManifestFuzz {
  private static final int BLOCKS = 3;

  private ManifestFuzz() {}

  /** Anything thrown is a finding. */
  public static void fuzzerTestOneInput(byte[] json) throws IOException {
    try {
      Manifest manifest = ManifestJson.read(json);
      byte[] written = ManifestJson.write(manifest);
      if (!Arrays.equals(written, ManifestJson.write(ManifestJson.read(written)))) {
        throw new AssertionError("not written as it was read");
      }
      BlockListJson.read(new ByteArrayInputStream(json), manifest.disk());
    } catch (ImportException refusal) {
      check(refusal);
    }
    BlockDigests zeros = new BlockDigests((long) BLOCKS * BlockDigests.BLOCK_SIZE);
    for (int block = 0; block < BLOCKS; block++) {
      zeros.putZero(block);
    }
    try {
      BlockListJson.read(
          new ByteArrayInputStream(json),
          Disk.withBlocksAt(BlockListJson.NAME, 65536, true, zeros));
    } catch (ImportException refusal) {
      check(refusal);
    }
  }

  private static void check(ImportException refusal) {
    if (refusal.getMessage().chars().anyMatch(Character::isISOControl)) {
      throw new AssertionError("control characters in the message", refusal);
    }
  }
}
