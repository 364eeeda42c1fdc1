package io.drover.converter.object;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.error.Outcome;

/**
 * The server does not know the upload any more: somebody aborted it (a lifecycle rule, an operator)
 * or completed it (another worker, or a request of ours whose answer was lost). Trying the same
 * request again is of no use; looking at the object may be.
 */
public final class UploadLostException extends ImportException {
  private static final long serialVersionUID = 1;

  /**
   * @param message as for every {@link ImportException}
   */
  public UploadLostException(String message, Throwable cause) {
    super(ErrorCode.TARGET_UNAVAILABLE, Outcome.RESUMABLE, NO_OFFSET, message, cause);
  }
}
