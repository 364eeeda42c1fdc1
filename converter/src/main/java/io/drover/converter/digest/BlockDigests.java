package io.drover.converter.digest;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HexFormat;

/**
 * The SHA-256 of every 4 MiB block of a guest disk, of which the last may be short. Blocks may come
 * in any order and again, as parts do.
 *
 * <p>Thread-safe. Memory: 32 bytes for each block that is not zeros (8 MiB for each TiB of data)
 * and two bits for each block.
 */
public final class BlockDigests {
  /** Bytes of a block. */
  public static final int BLOCK_SIZE = 4 << 20;

  /** The largest disk whose blocks can be numbered: 8 PiB. */
  public static final long MAX_DISK_SIZE = (long) Integer.MAX_VALUE * BLOCK_SIZE;

  /** What a disk digest begins with. */
  public static final String SCHEME = "sha256-4m:";

  private static final int PAGE_BLOCKS = 1024;
  private static final byte[] ZERO_BLOCK = Sha256.ofZeros(BLOCK_SIZE);

  private volatile long diskSize;
  private int count;
  private byte[] lastZeroBlock;

  /** Digests of the blocks that hold data, in pages that exist where there are such. */
  private final byte[][] pages;

  private final BitSet known = new BitSet();
  private final BitSet zero = new BitSet();

  /**
   * No block known yet.
   *
   * @param diskSize virtual size in bytes, up to 8 PiB
   */
  public BlockDigests(long diskSize) {
    this.pages = new byte[(blocks(diskSize) + PAGE_BLOCKS - 1) / PAGE_BLOCKS][];
    setSize(diskSize);
  }

  /**
   * Says where a disk ends whose size was not known: earlier than was allowed for.
   *
   * @param size virtual size in bytes; all blocks that came lie before it
   */
  public synchronized void endAt(long size) {
    if (size > diskSize || known.length() > size / BLOCK_SIZE) {
      throw new IllegalStateException("the disk cannot end at " + size);
    }
    setSize(size);
  }

  private void setSize(long size) {
    diskSize = size;
    count = blocks(size);
    lastZeroBlock =
        count == 0 || length(count - 1) == BLOCK_SIZE
            ? ZERO_BLOCK
            : Sha256.ofZeros(length(count - 1));
  }

  /** Blocks of a disk. */
  public static int blocks(long diskSize) {
    if (diskSize < 0) {
      throw new IllegalArgumentException("disk size " + diskSize);
    }
    return Math.toIntExact(diskSize / BLOCK_SIZE + (diskSize % BLOCK_SIZE == 0 ? 0 : 1));
  }

  public long diskSize() {
    return diskSize;
  }

  /** Blocks of the disk. */
  public synchronized int count() {
    return count;
  }

  /**
   * Takes the digest of a block. The digest of zeros is taken as {@link #putZero}.
   *
   * @throws ImportException {@code SOURCE_CHANGED} if the block had another digest before: what was
   *     read twice was not the same
   */
  public synchronized void put(int block, byte[] sha256) throws ImportException {
    requireBlock(block);
    if (sha256.length != Sha256.LENGTH) {
      throw new IllegalArgumentException("a SHA-256 of " + sha256.length + " bytes");
    }
    if (known.get(block)) {
      if (!Arrays.equals(sha256, get(block))) {
        throw changed(block);
      }
      return;
    }
    if (Arrays.equals(sha256, zeroDigest(block))) {
      zero.set(block);
    } else {
      int page = block / PAGE_BLOCKS;
      if (pages[page] == null) {
        pages[page] = new byte[PAGE_BLOCKS * Sha256.LENGTH];
      }
      System.arraycopy(sha256, 0, pages[page], at(block), Sha256.LENGTH);
    }
    known.set(block);
  }

  /**
   * Takes a block as zeros.
   *
   * @throws ImportException {@code SOURCE_CHANGED} if the block held data before
   */
  public synchronized void putZero(int block) throws ImportException {
    requireBlock(block);
    if (known.get(block) && !zero.get(block)) {
      throw changed(block);
    }
    zero.set(block);
    known.set(block);
  }

  /** Whether a block is known to hold nothing but zeros. */
  public synchronized boolean isZero(int block) {
    requireBlock(block);
    return zero.get(block);
  }

  /** Whether the block's digest has come. */
  public synchronized boolean isKnown(int block) {
    requireBlock(block);
    return known.get(block);
  }

  /** The first block that has not come, or {@link #count()}. */
  public synchronized int firstMissing() {
    return known.nextClearBit(0);
  }

  /** A block's SHA-256, by its constant for zeros; the block must have come. */
  public synchronized byte[] get(int block) {
    requireBlock(block);
    if (!known.get(block)) {
      throw missing(block);
    }
    return zero.get(block)
        ? zeroDigest(block).clone()
        : Arrays.copyOfRange(pages[block / PAGE_BLOCKS], at(block), at(block) + Sha256.LENGTH);
  }

  /**
   * {@code sha256-4m:HEX}: the SHA-256 over the 32-byte digests of all blocks in order.
   *
   * @throws IllegalStateException if a block has not come
   */
  public synchronized String diskDigest() {
    MessageDigest disk = Sha256.start();
    for (int block = 0; block < count; block++) {
      if (!known.get(block)) {
        throw missing(block);
      }
      if (zero.get(block)) {
        disk.update(zeroDigest(block));
      } else {
        disk.update(pages[block / PAGE_BLOCKS], at(block), Sha256.LENGTH);
      }
    }
    return SCHEME + HexFormat.of().formatHex(disk.digest());
  }

  private long length(int block) {
    return Math.min(BLOCK_SIZE, diskSize - (long) block * BLOCK_SIZE);
  }

  private byte[] zeroDigest(int block) {
    return block == count - 1 ? lastZeroBlock : ZERO_BLOCK;
  }

  private static int at(int block) {
    return block % PAGE_BLOCKS * Sha256.LENGTH;
  }

  private void requireBlock(int block) {
    if (block < 0 || block >= count) {
      throw new IndexOutOfBoundsException("block " + block + " of " + count);
    }
  }

  private static IllegalStateException missing(int block) {
    return new IllegalStateException("block " + block + " has no digest yet");
  }

  private static ImportException changed(int block) {
    return ImportException.refused(
        ErrorCode.SOURCE_CHANGED,
        "digesting the disk: the 4 MiB block at guest offset "
            + (long) block * BLOCK_SIZE
            + " was read twice and differed; import again when nothing writes to the source");
  }
}
