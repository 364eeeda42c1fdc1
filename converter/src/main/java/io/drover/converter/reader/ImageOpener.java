package io.drover.converter.reader;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.error.Outcome;
import io.drover.converter.image.DiskImage;
import io.drover.converter.image.FormatSignatures;
import io.drover.converter.image.ImageFormat;
import io.drover.converter.image.RawImage;
import io.drover.converter.image.ReadPolicy;
import io.drover.converter.qcow2.BackingOpener;
import io.drover.converter.qcow2.Qcow2Facts;
import io.drover.converter.qcow2.Qcow2Image;
import io.drover.converter.storage.FileSource;
import io.drover.converter.storage.RandomAccessSource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
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
    DiskImage image;
    try {
      image = plain(source, declared, policy);
    } catch (IOException | RuntimeException e) {
      source.close();
      throw e;
    }
    try {
      return warned(image);
    } catch (IOException | RuntimeException e) {
      image.close();
      throw e;
    }
  }

  /**
   * Describes a source, sound or not, at the same risk as importing it: nothing it names is opened
   * but what the policy allows. Closes the source.
   *
   * @throws IOException if it cannot be read
   */
  public static ImageDescription describe(
      RandomAccessSource source, ImageFormat declared, ReadPolicy policy) throws IOException {
    try (source) {
      Optional<Qcow2Facts> facts =
          declared == ImageFormat.QCOW2 ? Qcow2Facts.read(source) : Optional.empty();
      try (DiskImage image = plain(source, declared, policy)) {
        Optional<Qcow2Facts> counted = facts;
        if (image instanceof Qcow2Image qcow2) {
          counted = facts.map(it -> it.withCounts(Optional.of(qcow2.counts())));
        }
        return described(image, source.size(), counted);
      } catch (ImportException refusal) {
        if (refusal.outcome() != Outcome.REFUSED) {
          throw refusal;
        }
        long size = declared == ImageFormat.RAW ? source.size() : ImageDescription.UNKNOWN;
        return new ImageDescription(
            declared,
            facts.map(Qcow2Facts::virtualSize).orElse(size),
            source.size(),
            facts.map(it -> it.withCounts(Qcow2Facts.count(source, policy))),
            List.of(),
            Optional.of(refusal));
      }
    }
  }

  private static ImageDescription described(
      DiskImage image, long fileSize, Optional<Qcow2Facts> facts) throws IOException {
    List<String> warnings = image.warnings();
    Optional<ImportException> refusal = Optional.empty();
    try {
      warnings = warned(image).warnings();
    } catch (ImportException damaged) {
      if (damaged.outcome() != Outcome.REFUSED) {
        throw damaged;
      }
      refusal = Optional.of(damaged);
    }
    return new ImageDescription(
        image.format(), image.virtualSize(), fileSize, facts, warnings, refusal);
  }

  private static DiskImage plain(RandomAccessSource source, ImageFormat declared, ReadPolicy policy)
      throws IOException {
    FormatSignatures.require(source, declared, policy);
    return declared == ImageFormat.RAW
        ? RawImage.open(source, policy)
        : Qcow2Image.open(source, policy, backingFiles(source, policy));
  }

  private static DiskImage warned(DiskImage image) throws IOException {
    Optional<String> looksLike = rawLooksLike(image);
    return looksLike.isPresent()
        ? new WarnedImage(image, DiskImage.looksLikeWarning(looksLike.get()))
        : image;
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
