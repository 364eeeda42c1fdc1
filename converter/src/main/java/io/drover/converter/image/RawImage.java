package io.drover.converter.image;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.error.Printable;
import io.drover.converter.storage.RandomAccessSource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Iterator;
import java.util.List;

/**
 * A plain raw disk: guest offset and source offset are the same. A source that is no multiple of
 * 512 bytes is padded with zeros to one, as QEMU does. Its holes are extents of zeros.
 */
public final class RawImage implements DiskImage {
  /** Disks are made of sectors of 512 bytes. */
  public static final int SECTOR = 512;

  /** Holes count in whole clusters of the smallest size that disks are written with. */
  private static final long HOLE_GRAIN = 64 << 10;

  private final RandomAccessSource source;
  private final long virtualSize;
  private final List<String> warnings;

  private RawImage(RandomAccessSource source, long virtualSize, List<String> warnings) {
    this.source = source;
    this.virtualSize = virtualSize;
    this.warnings = warnings;
  }

  /**
   * Takes the source as it is; what its bytes look like is {@link FormatSignatures}' question.
   *
   * @throws ImportException {@code VIRTUAL_SIZE_LIMIT}, {@code EXPANSION_LIMIT}
   */
  public static RawImage open(RandomAccessSource source, ReadPolicy policy) throws IOException {
    long size = source.size();
    if (size > policy.maxVirtualSize()) {
      throw ImportException.refused(
          ErrorCode.VIRTUAL_SIZE_LIMIT,
          "open raw image "
              + Printable.text(source.uri())
              + ": its "
              + size
              + " bytes exceed the limit of "
              + policy.maxVirtualSize()
              + "; raise the limit to import it");
    }
    long virtualSize = Math.addExact(size, (SECTOR - size % SECTOR) % SECTOR);
    List<String> warnings =
        virtualSize == size
            ? List.of()
            : List.of(
                "the raw image's size of "
                    + size
                    + " bytes is no multiple of 512: the disk is padded with zeros to "
                    + virtualSize);
    RawImage image = new RawImage(source, virtualSize, warnings);
    if (virtualSize > policy.maxDataBytes()) {
      image.requireDataAtMost(policy.maxDataBytes());
    }
    return image;
  }

  private void requireDataAtMost(long limit) throws IOException {
    long data = 0;
    for (Iterator<Extent> extents = extents(0, virtualSize); extents.hasNext(); ) {
      Extent extent = extents.next();
      data += extent.zero() ? 0 : extent.length();
    }
    if (data > limit) {
      throw ImportException.refused(
          ErrorCode.EXPANSION_LIMIT,
          "open raw image "
              + Printable.text(source.uri())
              + ": "
              + data
              + " bytes of data exceed the limit of "
              + limit
              + "; raise the limit to import it");
    }
  }

  @Override
  public ImageFormat format() {
    return ImageFormat.RAW;
  }

  @Override
  public long virtualSize() {
    return virtualSize;
  }

  @Override
  public Iterator<Extent> extents(long start, long end) {
    requireInside(start, end);
    SourceHoles holes = new SourceHoles(source);
    return Runs.extents((offset, stop) -> extentAt(holes, offset, stop), start, end);
  }

  private Extent extentAt(SourceHoles holes, long offset, long end) throws IOException {
    long length = Math.min(end, source.size()) - offset;
    if (length <= 0) {
      return new Extent(offset, end - offset, true);
    }
    long zeros = holes.zeros(offset, length, HOLE_GRAIN);
    long stop = offset + (zeros > 0 ? zeros : holes.data(offset, length, HOLE_GRAIN));
    // the padding of the last sector belongs to the run before it
    return new Extent(offset, (stop == source.size() ? end : stop) - offset, zeros > 0);
  }

  @Override
  public Iterator<MapEntry> map(long start, long end) {
    requireInside(start, end);
    SourceHoles holes = new SourceHoles(source);
    return Runs.mapEntries((offset, stop) -> entryAt(holes, offset, stop), start, end);
  }

  private MapEntry entryAt(SourceHoles holes, long offset, long end) throws IOException {
    long length = Math.min(end, source.size()) - offset;
    if (length <= 0) {
      // qemu-img shows the padding of the last sector as what it is
      return new MapEntry(offset, end - offset, 0, true, true, false, false, offset);
    }
    long same = holes.sameKind(offset, length);
    return new MapEntry(offset, same, 0, true, holes.hole(), !holes.hole(), false, offset);
  }

  @Override
  public void read(long guestOffset, ByteBuffer target) throws IOException {
    requireInside(guestOffset, Math.addExact(guestOffset, target.remaining()));
    long stored = Math.max(0, Math.min(target.remaining(), source.size() - guestOffset));
    int limit = target.limit();
    target.limit(target.position() + (int) stored);
    source.readFully(guestOffset, target);
    target.limit(limit);
    Zeros.fill(target, target.remaining());
  }

  @Override
  public int readSize() {
    return source.readSize();
  }

  private void requireInside(long start, long end) {
    if (start < 0 || start > end || end > virtualSize) {
      throw new IllegalArgumentException(
          "range " + start + " to " + end + " outside the disk of " + virtualSize + " bytes");
    }
  }

  @Override
  public List<String> warnings() {
    return warnings;
  }

  @Override
  public void requireUnchanged() throws IOException {
    source.requireUnchanged();
  }

  @Override
  public void close() throws IOException {
    source.close();
  }
}
