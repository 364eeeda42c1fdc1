package io.drover.converter.error;

import java.io.IOException;

/**
 * A failure with a stable name. The message says the operation, the place, the value found, the
 * limit and what to do; text that came from an image, a file name or a message is already escaped
 * in it (see {@link Printable}).
 */
public class ImportException extends IOException {
  /** {@link #offset()} when the failure has no place in the source. */
  public static final long NO_OFFSET = -1;

  private final ErrorCode code;
  private final Outcome outcome;
  private final long offset;

  /** For the rare failure that a caller must tell from others of its code. */
  protected ImportException(
      ErrorCode code, Outcome outcome, long offset, String message, Throwable cause) {
    super(message, cause);
    this.code = code;
    this.outcome = outcome;
    this.offset = offset;
  }

  /** Bad or forbidden input with no particular place. */
  public static ImportException refused(ErrorCode code, String message) {
    return new ImportException(code, Outcome.REFUSED, NO_OFFSET, message, null);
  }

  /**
   * Bad input at a byte offset of the source.
   *
   * @param offset where in the source file the offending value lies
   */
  public static ImportException refused(ErrorCode code, long offset, String message) {
    return new ImportException(code, Outcome.REFUSED, offset, message, null);
  }

  public static ImportException refused(ErrorCode code, String message, Throwable cause) {
    return new ImportException(code, Outcome.REFUSED, NO_OFFSET, message, cause);
  }

  public static ImportException refused(
      ErrorCode code, long offset, String message, Throwable cause) {
    return new ImportException(code, Outcome.REFUSED, offset, message, cause);
  }

  public static ImportException failed(ErrorCode code, String message, Throwable cause) {
    return new ImportException(code, Outcome.FAILED, NO_OFFSET, message, cause);
  }

  public static ImportException failed(
      ErrorCode code, long offset, String message, Throwable cause) {
    return new ImportException(code, Outcome.FAILED, offset, message, cause);
  }

  public static ImportException resumable(ErrorCode code, String message, Throwable cause) {
    return new ImportException(code, Outcome.RESUMABLE, NO_OFFSET, message, cause);
  }

  public ErrorCode code() {
    return code;
  }

  public Outcome outcome() {
    return outcome;
  }

  /** Byte offset in the source, or {@link #NO_OFFSET}. */
  public long offset() {
    return offset;
  }
}
