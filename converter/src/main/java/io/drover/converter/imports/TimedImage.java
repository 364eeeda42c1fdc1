package io.drover.converter.imports;

import io.drover.converter.image.DiskImage;
import io.drover.converter.image.ForwardingImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicLong;

/** An image whose reads are timed. */
final class TimedImage extends ForwardingImage {
  private final StageTimes times;
  private final AtomicLong decodeNanos = new AtomicLong();
  private final AtomicLong decodedBytes = new AtomicLong();

  TimedImage(DiskImage image, StageTimes times) {
    super(image);
    this.times = times;
    // what looking through the tables took is no lane's
    decodeNanos.set(decodeNanos());
    decodedBytes.set(decodedBytes());
  }

  @Override
  public void read(long guestOffset, ByteBuffer target) throws IOException {
    int length = target.remaining();
    long start = System.nanoTime();
    super.read(guestOffset, target);
    long spent = System.nanoTime() - start;
    long decoding = news(decodeNanos, decodeNanos());
    long decoded = news(decodedBytes, decodedBytes());
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
}
