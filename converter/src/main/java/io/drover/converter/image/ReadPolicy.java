package io.drover.converter.image;

import java.nio.file.Path;
import java.util.List;

/**
 * What an operator allows an image to be and to name. {@link #DEFAULT} is safe for images from
 * strangers; every loosening is explicit.
 *
 * @param backingRoots directories below which backing files may lie; empty: images with a backing
 *     file are refused, and nothing they name is looked at
 * @param maxVirtualSize largest guest disk in bytes: object storage has no holes, so a tiny file
 *     can cost what its virtual size says
 * @param maxDataBytes most guest bytes that must be read from the image, zeros not counted
 * @param maxExpansion how many guest bytes one byte of source may stand for, over the whole image;
 *     real disks stay below 20, a bomb reaches 27,000
 * @param allowForeign whether a raw disk may look like some other format, an archive or text
 * @param allowCorrupt whether a qcow2 image marked corrupt by its last writer is read
 * @param nativeInflate whether deflate clusters may be given to the system's libdeflate, if it has
 *     one; the JDK's inflater decides the same, at half the speed
 */
public record ReadPolicy(
    List<Path> backingRoots,
    long maxVirtualSize,
    long maxDataBytes,
    long maxExpansion,
    boolean allowForeign,
    boolean allowCorrupt,
    boolean nativeInflate) {
  /** Guest bytes that {@link #maxExpansion()} never refuses: small images compress well. */
  public static final long EXPANSION_FLOOR = 256L << 20;

  public static final ReadPolicy DEFAULT =
      new ReadPolicy(List.of(), 2L << 40, Long.MAX_VALUE, 256, false, false, true);

  public ReadPolicy {
    backingRoots = List.copyOf(backingRoots);
    if (maxVirtualSize < 0 || maxDataBytes < 0 || maxExpansion < 1) {
      throw new IllegalArgumentException(
          "no read policy: maxVirtualSize "
              + maxVirtualSize
              + ", maxDataBytes "
              + maxDataBytes
              + ", maxExpansion "
              + maxExpansion);
    }
  }

  public ReadPolicy withBackingRoots(List<Path> roots) {
    return new ReadPolicy(
        roots,
        maxVirtualSize,
        maxDataBytes,
        maxExpansion,
        allowForeign,
        allowCorrupt,
        nativeInflate);
  }

  public ReadPolicy withMaxVirtualSize(long bytes) {
    return new ReadPolicy(
        backingRoots, bytes, maxDataBytes, maxExpansion, allowForeign, allowCorrupt, nativeInflate);
  }

  public ReadPolicy withMaxDataBytes(long bytes) {
    return new ReadPolicy(
        backingRoots,
        maxVirtualSize,
        bytes,
        maxExpansion,
        allowForeign,
        allowCorrupt,
        nativeInflate);
  }

  public ReadPolicy withMaxExpansion(long ratio) {
    return new ReadPolicy(
        backingRoots,
        maxVirtualSize,
        maxDataBytes,
        ratio,
        allowForeign,
        allowCorrupt,
        nativeInflate);
  }

  public ReadPolicy withAllowForeign(boolean allow) {
    return new ReadPolicy(
        backingRoots,
        maxVirtualSize,
        maxDataBytes,
        maxExpansion,
        allow,
        allowCorrupt,
        nativeInflate);
  }

  public ReadPolicy withAllowCorrupt(boolean allow) {
    return new ReadPolicy(
        backingRoots,
        maxVirtualSize,
        maxDataBytes,
        maxExpansion,
        allowForeign,
        allow,
        nativeInflate);
  }

  public ReadPolicy withNativeInflate(boolean allow) {
    return new ReadPolicy(
        backingRoots,
        maxVirtualSize,
        maxDataBytes,
        maxExpansion,
        allowForeign,
        allowCorrupt,
        allow);
  }
}
