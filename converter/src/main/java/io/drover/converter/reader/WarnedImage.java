package io.drover.converter.reader;

import io.drover.converter.image.DiskImage;
import io.drover.converter.image.Extent;
import io.drover.converter.image.ImageFormat;
import io.drover.converter.image.MapEntry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;

/** An image with one more warning. */
record WarnedImage(DiskImage image, String warning) implements DiskImage {
  @Override
  public List<String> warnings() {
    return Stream.concat(image.warnings().stream(), Stream.of(warning)).toList();
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
  public long decodeNanos() {
    return image.decodeNanos();
  }

  @Override
  public long decodedBytes() {
    return image.decodedBytes();
  }

  @Override
  public int readSize() {
    return image.readSize();
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
