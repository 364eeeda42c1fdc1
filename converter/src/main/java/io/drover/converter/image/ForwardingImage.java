package io.drover.converter.image;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Iterator;
import java.util.List;

/** An image in front of another, which it is but for what a kind of it says. Closes it. */
public abstract class ForwardingImage implements DiskImage {
  private final DiskImage image;

  protected ForwardingImage(DiskImage image) {
    this.image = image;
  }

  @Override
  public ImageFormat format() {
    return image.format();
  }

  @Override
  public long virtualSize() {
    return image.virtualSize();
  }

  @Override
  public Iterator<Extent> extents(long start, long end) {
    return image.extents(start, end);
  }

  @Override
  public Iterator<MapEntry> map(long start, long end) {
    return image.map(start, end);
  }

  @Override
  public void read(long guestOffset, ByteBuffer target) throws IOException {
    image.read(guestOffset, target);
  }

  @Override
  public int readSize() {
    return image.readSize();
  }

  @Override
  public long decodeNanos() {
    return image.decodeNanos();
  }

  @Override
  public long decodedBytes() {
    return image.decodedBytes();
  }

  @Override
  public List<String> warnings() {
    return image.warnings();
  }

  @Override
  public void requireUnchanged() throws IOException {
    image.requireUnchanged();
  }

  @Override
  public void close() throws IOException {
    image.close();
  }
}
