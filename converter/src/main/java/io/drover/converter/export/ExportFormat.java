package io.drover.converter.export;

import java.util.Locale;
import java.util.Optional;

/** What an import is exported as. */
public enum ExportFormat {
  /** All bytes of the disk; a sparse file. */
  RAW,
  /** One self-contained qcow2 without compression. */
  QCOW2,
  /** The same, its clusters compressed by DEFLATE, which every reader of qcow2 knows. */
  QCOW2_DEFLATE,
  /** The same by Zstandard, which QEMU knows since 5.1. */
  QCOW2_ZSTD;

  /** The one that a file's name declares. */
  public static Optional<ExportFormat> ofName(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    if (lower.endsWith(".qcow2")) {
      return Optional.of(QCOW2);
    }
    return lower.endsWith(".raw") || lower.endsWith(".img") ? Optional.of(RAW) : Optional.empty();
  }

  /** Empty where nothing is compressed. */
  Optional<ClusterCompressor> compressor() {
    return switch (this) {
      case RAW, QCOW2 -> Optional.empty();
      case QCOW2_DEFLATE -> Optional.of(new ClusterCompressor.Deflate());
      case QCOW2_ZSTD -> Optional.of(new ClusterCompressor.Zstandard());
    };
  }
}
