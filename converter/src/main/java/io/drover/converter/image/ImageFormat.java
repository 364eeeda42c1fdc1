package io.drover.converter.image;

import java.util.Locale;
import java.util.Optional;

/** The formats that can be imported. Always declared, never guessed from content. */
public enum ImageFormat {
  RAW("raw"),
  QCOW2("qcow2");

  private final String label;

  ImageFormat(String label) {
    this.label = label;
  }

  /** The name users type: {@code raw}, {@code qcow2}. */
  public String label() {
    return label;
  }

  /** The format users name so, if it is one. */
  public static Optional<ImageFormat> ofLabel(String label) {
    for (ImageFormat format : values()) {
      if (format.label.equals(label.toLowerCase(Locale.ROOT))) {
        return Optional.of(format);
      }
    }
    return Optional.empty();
  }

  /** The format that a file's extension declares: raw and img, qcow2 and qcow. */
  public static Optional<ImageFormat> ofExtension(String fileName) {
    int dot = fileName.lastIndexOf('.');
    String extension = dot < 0 ? "" : fileName.substring(dot + 1).toLowerCase(Locale.ROOT);
    return switch (extension) {
      case "raw", "img" -> Optional.of(RAW);
      case "qcow2", "qcow" -> Optional.of(QCOW2);
      default -> Optional.empty();
    };
  }
}
