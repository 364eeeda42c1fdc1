package io.drover.converter.digest;

import io.drover.converter.error.ImportException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;

/**
 * Digests the blocks of one part, which is fed in order, as bytes and as runs of zeros. A block
 * that only zeros were fed for is never hashed.
 *
 * <p>A block belongs to the part that holds its first byte. A part that does not begin at a block
 * border skips the rest of the block before it; a part that does not end at one must be fed on, to
 * {@link #feedEnd()}.
 *
 * <p>Thread-confined.
 */
public final class PartDigester {
  private final BlockDigests digests;
  private final long feedEnd;
  private final MessageDigest sha256 = Sha256.start();

  /** Guest offset of the next byte fed. */
  private long position;

  /** Start of the block being fed; bytes before it belong to another part. */
  private long blockStart;

  /** Zeros at the end of what was fed of the block, not hashed yet. */
  private long pendingZeros;

  private boolean hashing;

  /**
   * @param digests takes each block as it is done
   * @param start guest offset of the part's first byte
   * @param end guest offset just after its last byte
   */
  public PartDigester(BlockDigests digests, long start, long end) {
    if (start < 0 || end < start || end > digests.diskSize()) {
      throw new IllegalArgumentException(
          "part from " + start + " to " + end + " of a disk of " + digests.diskSize());
    }
    this.digests = digests;
    this.position = start;
    this.blockStart = blockBorder(start);
    // where no block begins in the part there is nothing of its own to finish
    this.feedEnd = blockStart < end ? Math.min(blockBorder(end), digests.diskSize()) : end;
  }

  /** Guest offset to which the part must be fed: its end, or the end of its last block. */
  public long feedEnd() {
    // the disk may turn out to end before
    return Math.min(feedEnd, digests.diskSize());
  }

  /** Guest offset of the byte that is due next. */
  public long position() {
    return position;
  }

  /** Feeds bytes; takes all that remain in {@code data}. */
  public void data(ByteBuffer data) throws ImportException {
    requireRoom(data.remaining());
    skip(data);
    while (data.hasRemaining()) {
      int count = (int) Math.min(data.remaining(), blockLeft());
      Sha256.addZeros(sha256, pendingZeros);
      pendingZeros = 0;
      ByteBuffer piece = data.duplicate().limit(data.position() + count);
      sha256.update(piece);
      data.position(data.position() + count);
      hashing = true;
      advance(count);
    }
  }

  /** Feeds zeros. */
  public void zeros(long length) throws ImportException {
    requireRoom(length);
    long left = length;
    long skipped = Math.min(left, Math.max(0, blockStart - position));
    position += skipped;
    left -= skipped;
    while (left > 0) {
      long count = Math.min(left, blockLeft());
      pendingZeros += count;
      left -= count;
      advance(count);
    }
  }

  /**
   * Says that the part was fed.
   *
   * @throws IllegalStateException if it was not fed to {@link #feedEnd()}
   */
  public void finish() {
    if (position != feedEnd()) {
      throw new IllegalStateException("fed to " + position + ", not to " + feedEnd());
    }
  }

  private void skip(ByteBuffer data) {
    int skipped = (int) Math.min(data.remaining(), Math.max(0, blockStart - position));
    data.position(data.position() + skipped);
    position += skipped;
  }

  private long blockEnd() {
    return Math.min(blockStart + BlockDigests.BLOCK_SIZE, digests.diskSize());
  }

  private long blockLeft() {
    return blockEnd() - position;
  }

  private void advance(long count) throws ImportException {
    position += count;
    if (position < blockEnd()) {
      return;
    }
    int block = (int) (blockStart / BlockDigests.BLOCK_SIZE);
    if (hashing) {
      Sha256.addZeros(sha256, pendingZeros);
      digests.put(block, sha256.digest());
    } else {
      digests.putZero(block);
    }
    hashing = false;
    pendingZeros = 0;
    blockStart += BlockDigests.BLOCK_SIZE;
  }

  private void requireRoom(long length) {
    if (length < 0 || length > feedEnd() - position) {
      throw new IllegalArgumentException(
          length + " bytes at " + position + ", but the part ends at " + feedEnd());
    }
  }

  private static long blockBorder(long offset) {
    long past = offset % BlockDigests.BLOCK_SIZE;
    return past == 0 ? offset : Math.addExact(offset, BlockDigests.BLOCK_SIZE - past);
  }
}
