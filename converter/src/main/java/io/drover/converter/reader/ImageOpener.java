package io.drover.converter.reader;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.image.DiskImage;
import io.drover.converter.image.FormatSignatures;
import io.drover.converter.image.ImageFormat;
import io.drover.converter.image.RawImage;
import io.drover.converter.image.ReadPolicy;
import io.drover.converter.qcow2.BackingOpener;
import io.drover.converter.qcow2.Qcow2Image;
import io.drover.converter.storage.FileSource;
import io.drover.converter.storage.RandomAccessSource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;

/** The one place that knows every image format. */
public final class ImageOpener {
  private ImageOpener() {}

  /**
   * Opens a source as an image of the declared format, checking all that its metadata shows. Takes
   * the source over: closing the image closes it, and so does a refusal.
   *
   * @throws ImportException with the name of what is wrong or not allowed
   */
  public static DiskImage open(RandomAccessSource source, ImageFormat declared, ReadPolicy policy)
      throws IOException {
    return open(source, declared, policy, backingFiles(source, policy));
  }

  static DiskImage open(
      RandomAccessSource source, ImageFormat declared, ReadPolicy policy, BackingOpener backing)
      throws IOException {
    DiskImage image;
    try {
      FormatSignatures.require(source, declared, policy);
      image =
          declared == ImageFormat.RAW
              ? RawImage.open(source, policy)
              : Qcow2Image.open(source, policy, backing);
    } catch (IOException | RuntimeException e) {
      source.close();
      throw e;
    }
    try {
      Optional<String> looksLike = rawLooksLike(image);
      return looksLike.isPresent()
          ? new WarnedImage(
              image,
              "the guest's first sectors look like a "
                  + looksLike.get()
                  + " header: whoever opens the disk must say format=raw")
          : image;
    } catch (IOException | RuntimeException e) {
      image.close();
      throw e;
    }
  }

  /** The image format that the guest disk's own first bytes look like, if any. */
  public static Optional<String> rawLooksLike(DiskImage image) throws IOException {
    ByteBuffer head =
        ByteBuffer.allocate((int) Math.min(FormatSignatures.HEAD, image.virtualSize()));
    image.read(0, head);
    return FormatSignatures.looksLike(head.flip());
  }

  private static BackingOpener backingFiles(RandomAccessSource source, ReadPolicy policy) {
    if (source instanceof FileSource file) {
      return BackingFiles.of(file, policy);
    }
    return (name, format) -> {
      throw ImportException.refused(
          ErrorCode.QCOW2_BACKING_FILE,
          "open the backing file: only images in local files may have one");
    };
  }
}
