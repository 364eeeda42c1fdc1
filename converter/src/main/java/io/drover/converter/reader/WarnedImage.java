package io.drover.converter.reader;

import io.drover.converter.image.DiskImage;
import io.drover.converter.image.ForwardingImage;
import java.util.List;
import java.util.stream.Stream;

/** An image with one more warning. */
final class WarnedImage extends ForwardingImage {
  private final String warning;

  WarnedImage(DiskImage image, String warning) {
    super(image);
    this.warning = warning;
  }

  @Override
  public List<String> warnings() {
    return Stream.concat(super.warnings().stream(), Stream.of(warning)).toList();
  }
}
