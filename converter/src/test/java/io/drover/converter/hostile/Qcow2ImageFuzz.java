package io.drover.converter.hostile;

import io.drover.converter.error.ImportException;
import io.drover.converter.image.DiskImage;
import io.drover.converter.image.Extent;
import io.drover.converter.image.ImageFormat;
import io.drover.converter.image.MapEntry;
import io.drover.converter.image.ReadPolicy;
import io.drover.converter.qcow2.FuzzRules;
import io.drover.converter.reader.ImageDescription;
import io.drover.converter.reader.ImageOpener;
import io.drover.converter.storage.MemorySource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Iterator;

/** Fuzz target: any bytes as a qcow2 image, described, opened, mapped and read to its end. */
public final class Qcow2ImageFuzz {
  private static final ReadPolicy SMALL = ReadPolicy.DEFAULT.withMaxVirtualSize(4 << 20);

  private Qcow2ImageFuzz() {}

  /** Anything thrown is a finding. */
  public static void fuzzerTestOneInput(byte[] file) throws IOException {
    ImageDescription description =
        ImageOpener.describe(new MemorySource(file), ImageFormat.QCOW2, SMALL);
    boolean opened = false;
    try (DiskImage image = ImageOpener.open(new MemorySource(file), ImageFormat.QCOW2, SMALL)) {
      opened = true;
      readAll(image);
    } catch (ImportException refusal) {
      FuzzRules.checkRefusal(refusal, file.length);
    }
    if (opened != description.refusal().isEmpty()) {
      throw new AssertionError("described otherwise than opened: " + description);
    }
  }

  /** The whole disk; fails unless extents and map cover it, and zero extents read as zeros. */
  static byte[] readAll(DiskImage image) throws IOException {
    long position = 0;
    for (Iterator<MapEntry> map = image.map(0, image.virtualSize()); map.hasNext(); ) {
      MapEntry entry = map.next();
      if (entry.start() != position) {
        throw new AssertionError("the map leaves out " + position);
      }
      position = entry.end();
    }
    if (position != image.virtualSize()) {
      throw new AssertionError("the map ends at " + position);
    }
    byte[] disk = new byte[Math.toIntExact(image.virtualSize())];
    ByteBuffer target = ByteBuffer.wrap(disk);
    image.read(0, target);
    position = 0;
    for (Iterator<Extent> extents = image.extents(0, disk.length); extents.hasNext(); ) {
      Extent extent = extents.next();
      if (extent.offset() != position) {
        throw new AssertionError("the extents leave out " + position);
      }
      for (; position < extent.end(); position++) {
        if (extent.zero() && disk[(int) position] != 0) {
          throw new AssertionError("zero extent with data at " + position);
        }
      }
    }
    if (position != disk.length || target.hasRemaining()) {
      throw new AssertionError("the disk is not covered");
    }
    return disk;
  }
}
