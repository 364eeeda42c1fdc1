package io.drover.converter.plan;

/** S3's limits on multipart uploads (Amazon S3 user guide, "multipart upload limits"). */
public final class PartLimits {
  public static final int MAX_PARTS = 10_000;
  public static final long MIN_PART = 5L << 20;
  public static final long MAX_PART = 5L << 30;

  /** 48.8 TiB: as many of the largest parts as there may be. */
  public static final long MAX_OBJECT = MAX_PARTS * MAX_PART;

  private PartLimits() {}
}
