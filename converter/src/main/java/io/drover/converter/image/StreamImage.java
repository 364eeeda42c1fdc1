package io.drover.converter.image;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.error.Printable;
import io.drover.converter.storage.StreamSource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;

/**
 * A raw disk that comes as a stream: it is read once, in order, by {@link #readNext}; its size, and
 * with it the last of its warnings, are known at its end. What a raw file would be refused for, it
 * is refused for, too, as soon as that is seen.
 */
public final class StreamImage implements DiskImage {
  /** 1 PiB: twenty times what an object can hold. */
  private static final long BYTES_MAX = 1L << 50;

  private final StreamSource source;
  private final ReadPolicy policy;
  private final byte[] head;
  private final byte[] trailer = new byte[FormatSignatures.TRAILER];
  private final List<String> warnings = new ArrayList<>();
  private int headGiven;
  private long given;
  private boolean ended;
  private volatile long virtualSize;

  private StreamImage(StreamSource source, ReadPolicy policy, byte[] head) {
    this.source = source;
    this.policy = policy;
    this.head = head;
  }

  /**
   * Waits for the first bytes, and looks at them. Takes the source over: closing the image closes
   * it, and so does a refusal.
   *
   * @throws ImportException {@code SOURCE_EMPTY}, and what {@link FormatSignatures} refuses
   */
  public static StreamImage open(StreamSource source, ReadPolicy policy) throws IOException {
    try {
      byte[] head = new byte[FormatSignatures.HEAD];
      int length = source.read(head, 0, head.length);
      if (length == 0) {
        throw ImportException.refused(
            ErrorCode.SOURCE_EMPTY,
            "read " + Printable.text(source.uri()) + ": it ended before the first byte");
      }
      StreamImage image = new StreamImage(source, policy, Arrays.copyOf(head, length));
      if (!policy.allowForeign()) {
        FormatSignatures.requireRaw(source.uri(), image.headBytes(), ByteBuffer.allocate(0));
      }
      FormatSignatures.looksLike(image.headBytes())
          .ifPresent(format -> image.warnings.add(DiskImage.looksLikeWarning(format)));
      return image;
    } catch (IOException | RuntimeException e) {
      source.close();
      throw e;
    }
  }

  /** The largest disk that a stream may turn out to be. */
  public static long mostBytes(ReadPolicy policy) {
    long limit = Math.min(policy.maxVirtualSize(), BYTES_MAX);
    return (limit + RawImage.SECTOR - 1) / RawImage.SECTOR * RawImage.SECTOR;
  }

  private ByteBuffer headBytes() {
    return ByteBuffer.wrap(head).asReadOnlyBuffer();
  }

  /**
   * The next bytes of the disk.
   *
   * @return how many; fewer than {@code target} holds only at the end, which is a whole sector
   * @throws ImportException what is wrong with the source, known by now
   */
  public int readNext(byte[] target) throws IOException {
    if (ended) {
      return 0;
    }
    int fromHead = Math.min(target.length, head.length - headGiven);
    System.arraycopy(head, headGiven, target, 0, fromHead);
    headGiven += fromHead;
    int count = fromHead + source.read(target, fromHead, target.length - fromHead);
    given += count;
    keepTrailer(target, count);
    requireWithinLimits();
    if (count == target.length) {
      return count;
    }
    return count + end(target, count);
  }

  /** Pads the last sector with zeros; the number of them. */
  private int end(byte[] target, int count) throws ImportException {
    ended = true;
    if (!policy.allowForeign() && given >= trailer.length) {
      FormatSignatures.requireRaw(source.uri(), headBytes(), ByteBuffer.wrap(trailer));
    }
    int padding = (int) ((RawImage.SECTOR - given % RawImage.SECTOR) % RawImage.SECTOR);
    if (padding > 0) {
      warnings.add(0, RawImage.paddingWarning(given, given + padding));
      Arrays.fill(target, count, Math.min(target.length, count + padding), (byte) 0);
    }
    virtualSize = given + padding;
    return padding;
  }

  private void keepTrailer(byte[] bytes, int count) {
    int fresh = Math.min(count, trailer.length);
    System.arraycopy(trailer, fresh, trailer, 0, trailer.length - fresh);
    System.arraycopy(bytes, count - fresh, trailer, trailer.length - fresh, fresh);
  }

  private void requireWithinLimits() throws ImportException {
    boolean size = given > mostBytes(policy);
    if (size || given > policy.maxDataBytes()) {
      throw ImportException.refused(
          size ? ErrorCode.VIRTUAL_SIZE_LIMIT : ErrorCode.EXPANSION_LIMIT,
          "read "
              + Printable.text(source.uri())
              + ": more than "
              + (size ? policy.maxVirtualSize() : policy.maxDataBytes())
              + " bytes came, which is the limit; raise it to import them");
    }
  }

  @Override
  public ImageFormat format() {
    return ImageFormat.RAW;
  }

  /** 0 until the end was reached. */
  @Override
  public long virtualSize() {
    return virtualSize;
  }

  @Override
  public Iterator<Extent> extents(long start, long end) {
    throw new UnsupportedOperationException("a stream's extents are known when it was read");
  }

  @Override
  public void read(long guestOffset, ByteBuffer target) {
    throw new UnsupportedOperationException("a stream is read in order");
  }

  @Override
  public List<String> warnings() {
    return List.copyOf(warnings);
  }

  @Override
  public void requireUnchanged() {
    // nothing is read twice
  }

  @Override
  public void close() throws IOException {
    source.close();
  }
}
