package io.drover.routes.share;

/** What becomes of a record; an exchange without one that failed is released. */
public enum Verdict {
  /** It is done. */
  ACCEPT,
  /** Somebody else may try. */
  RELEASE,
  /** Nobody is to try again. */
  REJECT
}
