package io.drover.converter.imports;

import io.drover.converter.image.DiskImage;
import io.drover.converter.image.Extent;
import io.drover.converter.image.ImageFormat;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/** A disk in memory with the extents it is told, which need not be aligned to anything. */
final class ListImage implements DiskImage {
  private final byte[] disk;
  private final List<Extent> extents;
  private final int readSize;
  final List<String> reads = new ArrayList<>();
  IOException failure;
  long failureAt = Long.MAX_VALUE;

  ListImage(byte[] disk, List<Extent> extents) {
    this(disk, extents, 1 << 20);
  }

  ListImage(byte[] disk, List<Extent> extents, int readSize) {
    this.disk = disk;
    this.extents = extents;
    this.readSize = readSize;
  }

  @Override
  public int readSize() {
    return readSize;
  }

  @Override
  public ImageFormat format() {
    return ImageFormat.RAW;
  }

  @Override
  public long virtualSize() {
    return disk.length;
  }

  @Override
  public Iterator<Extent> extents(long start, long end) {
    return extents.stream()
        .filter(extent -> extent.offset() < end && extent.end() > start)
        .map(
            extent -> {
              long from = Math.max(start, extent.offset());
              return new Extent(from, Math.min(end, extent.end()) - from, extent.zero());
            })
        .iterator();
  }

  @Override
  public synchronized void read(long guestOffset, ByteBuffer target) throws IOException {
    reads.add(guestOffset + "+" + target.remaining());
    if (failure != null && guestOffset + target.remaining() > failureAt) {
      throw failure;
    }
    target.put(disk, (int) guestOffset, target.remaining());
  }

  @Override
  public List<String> warnings() {
    return List.of();
  }

  @Override
  public void requireUnchanged() {}

  @Override
  public void close() {}
}
