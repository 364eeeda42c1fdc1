package io.drover.converter.plan;

/**
 * One part of the data object's multipart upload: the unit of work, independent and re-runnable.
 *
 * <p>Nested records, so that the variants are closed and in one file.
 */
public sealed interface Part {
  /** 1-based, consecutive: S3 wants it so when parts carry checksums. */
  int number();

  /** Guest offset of the first byte, which is also its offset in the data object. */
  long offset();

  /** Bytes: 5 MiB to 5 GiB, but for the last part, which may be shorter. */
  long length();

  /** Offset just after the last byte. */
  default long end() {
    return offset() + length();
  }

  /** Bytes sent from the source. */
  record Upload(int number, long offset, long length) implements Part {
    public Upload {
      check(number, offset, length);
    }
  }

  /** Zeros, filled on the server by copying from an all-zero object. */
  record Zero(int number, long offset, long length) implements Part {
    public Zero {
      check(number, offset, length);
    }
  }

  /** Unchanged bytes, copied on the server from the same range of an earlier import. */
  record Reuse(int number, long offset, long length) implements Part {
    public Reuse {
      check(number, offset, length);
    }
  }

  private static void check(int number, long offset, long length) {
    if (number < 1 || number > PartLimits.MAX_PARTS || offset < 0 || length < 0) {
      throw new IllegalArgumentException(
          "no part: number " + number + ", offset " + offset + ", length " + length);
    }
    Math.addExact(offset, length);
  }
}
