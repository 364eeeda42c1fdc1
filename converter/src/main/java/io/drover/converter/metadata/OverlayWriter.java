package io.drover.converter.metadata;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.error.Printable;
import io.drover.converter.image.ImageFormat;
import io.drover.converter.qcow2.Qcow2Spec;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * New, empty qcow2 overlays: they take a virtual machine's writes while the disk below stays as it
 * is. Backing file names are parsed by every QEMU, unlike data file names, so that {@code json:…}
 * can say where both objects of the disk are.
 */
public final class OverlayWriter {
  /** QEMU's default, 64 KiB. */
  private static final int CLUSTER_BITS = 16;

  private OverlayWriter() {}

  /**
   * Creates an overlay file; an existing file is never touched.
   *
   * @param virtualSize of the disk below in bytes, a multiple of 512
   * @param backingName how QEMU finds the qcow2 below, at most 1,023 bytes of UTF-8
   * @throws ImportException {@code TARGET_EXISTS} if there is a file of that name, {@code
   *     TARGET_LIMIT} if the backing name is too long for qcow2
   */
  public static void create(Path file, long virtualSize, String backingName) throws IOException {
    byte[] name = backingName.getBytes(StandardCharsets.UTF_8);
    if (name.length == 0) {
      throw new IllegalArgumentException("an overlay needs a backing name");
    }
    if (name.length > Qcow2Spec.BACKING_NAME_MAX) {
      throw ImportException.refused(
          ErrorCode.TARGET_LIMIT,
          "creating the overlay "
              + Printable.text(file.toString())
              + ": the backing name has "
              + name.length
              + " bytes, qcow2 allows "
              + Qcow2Spec.BACKING_NAME_MAX
              + "; use shorter URLs, or give the disk below by -blockdev");
    }
    MetadataLayout layout = MetadataLayout.of(virtualSize, CLUSTER_BITS, 0);
    byte[] header = HeaderEncoder.withBackingFile(layout, name, ImageFormat.QCOW2.label());
    try (OutputStream target = newFile(file)) {
      writeOrDelete(file, target, new MetadataWriter(layout, header));
    }
  }

  private static OutputStream newFile(Path file) throws IOException {
    try {
      return new BufferedOutputStream(
          Files.newOutputStream(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE));
    } catch (FileAlreadyExistsException exception) {
      throw ImportException.refused(
          ErrorCode.TARGET_EXISTS,
          "creating the overlay "
              + Printable.text(file.toString())
              + ": there is a file of that name; choose another name",
          exception);
    }
  }

  private static void writeOrDelete(Path file, OutputStream target, MetadataWriter writer)
      throws IOException {
    try {
      writer.writeTo(target);
      target.flush();
    } catch (IOException exception) {
      try {
        Files.deleteIfExists(file);
      } catch (IOException suppressed) {
        exception.addSuppressed(suppressed);
      }
      throw exception;
    }
  }
}
