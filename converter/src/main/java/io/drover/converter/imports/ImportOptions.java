package io.drover.converter.imports;

import io.drover.converter.plan.PartLimits;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What a caller may choose about one import; everything else follows from the image.
 *
 * @param clusterSize of disk.qcow2 in bytes, a power of two from 512 to 2 MiB; empty: 64 KiB up to
 *     64 GiB of virtual size, 1 MiB above
 * @param rawExternalData whether disk.raw alone is the whole disk (qcow2's {@code data_file_raw})
 * @param partSize preferred bytes of a part; grows where 10,000 parts would not do
 * @param sourceSha256 expected SHA-256 of the source file, 64 hex digits; nothing is committed
 *     unless it matches
 * @param existing what to do about a committed import at the destination
 * @param restart whether to begin anew where an earlier run could be gone on with, and to remove
 *     what another unfinished import left at the destination
 */
public record ImportOptions(
    OptionalInt clusterSize,
    boolean rawExternalData,
    long partSize,
    Optional<String> sourceSha256,
    Existing existing,
    boolean restart) {

  private static final int LARGEST_CLUSTER = 2 << 20;
  private static final long SMALL_DISK = 64L << 30;

  /** What to do about a committed import at the destination. */
  public enum Existing {
    /** {@code TARGET_EXISTS}, whoever made it. */
    REFUSE,
    /** Done if it is this very import (a queue or a folder may deliver twice), else refuse. */
    ACCEPT_SAME,
    /** Replace it; until the new commit there is none. */
    OVERWRITE
  }

  public static final ImportOptions DEFAULT =
      new ImportOptions(OptionalInt.empty(), true, 16L << 20, Optional.empty(), Existing.REFUSE);

  /** Options that go on with what an earlier run left. */
  public ImportOptions(
      OptionalInt clusterSize,
      boolean rawExternalData,
      long partSize,
      Optional<String> sourceSha256,
      Existing existing) {
    this(clusterSize, rawExternalData, partSize, sourceSha256, existing, false);
  }

  public ImportOptions {
    if (clusterSize.isPresent()) {
      int size = clusterSize.getAsInt();
      if (size < 512 || size > LARGEST_CLUSTER || Integer.bitCount(size) != 1) {
        throw new IllegalArgumentException(
            "cluster_size " + size + " is no power of two from 512 to " + LARGEST_CLUSTER);
      }
    }
    if (partSize < 5 << 20) {
      throw new IllegalArgumentException(
          "part size " + partSize + " is below S3's minimum of 5 MiB (5242880)");
    }
    if (partSize > PartLimits.MAX_PART) {
      throw new IllegalArgumentException(
          "part size " + partSize + " is above S3's maximum of 5 GiB (5368709120)");
    }
    if (sourceSha256.isPresent() && !sourceSha256.get().matches("[0-9a-f]{64}")) {
      throw new IllegalArgumentException(
          "checksum '" + sourceSha256.get() + "' is not sha256: and 64 hex digits");
    }
  }

  /** The same, beginning anew or not. */
  public ImportOptions withRestart(boolean value) {
    return new ImportOptions(clusterSize, rawExternalData, partSize, sourceSha256, existing, value);
  }

  /** The same, with another answer to a committed import at the destination. */
  public ImportOptions withExisting(Existing value) {
    return new ImportOptions(clusterSize, rawExternalData, partSize, sourceSha256, value, restart);
  }

  /** Bits of a cluster offset: from the option, or by the disk's size. */
  public int clusterBits(long virtualSize) {
    int size = clusterSize.orElse(virtualSize <= SMALL_DISK ? 64 << 10 : 1 << 20);
    return Integer.numberOfTrailingZeros(size);
  }
}
