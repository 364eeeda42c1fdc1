package io.drover.converter.imports;

import io.drover.converter.image.DiskImage;
import io.drover.converter.image.Extent;
import io.drover.converter.image.ImageFormat;
import io.drover.converter.image.MapEntry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/** An image whose reads are timed. */
final class TimedImage implements DiskImage {
  private final DiskImage image;
  private final StageTimes times;
  private final AtomicLong decodeNanos = new AtomicLong();
  private final AtomicLong decodedBytes = new AtomicLong();

  TimedImage(DiskImage image, StageTimes times) {
    this.image = image;
    this.times = times;
    // what looking through the tables took is no lane's
    decodeNanos.set(image.decodeNanos());
    decodedBytes.set(image.decodedBytes());
  }

  @Override
  public void read(long guestOffset, ByteBuffer target) throws IOException {
    int length = target.remaining();
    long start = System.nanoTime();
    image.read(guestOffset, target);
    long spent = System.nanoTime() - start;
    long decoding = news(decodeNanos, image.decodeNanos());
    long decoded = news(decodedBytes, image.decodedBytes());
    if (decoding > 0) {
      times.add(StageTimes.Stage.DECODE, decoding, decoded);
    }
    // of lanes side by side one may count another's decoding; in sum it comes out right
    times.add(StageTimes.Stage.READ, spent - decoding, length);
  }

  private static long news(AtomicLong told, long now) {
    long before = told.getAndAccumulate(now, Math::max);
    return Math.max(0, now - before);
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
