package io.drover.converter.qcow2;

import io.drover.converter.error.ImportException;
import io.drover.converter.error.Outcome;

/** What every refusal of an image must hold to. */
public final class FuzzRules {
  private static final int MESSAGE_MAX = 1500;

  private FuzzRules() {}

  /** Fails unless the refusal blames the image, names a place inside it, and is safe to print. */
  public static void checkRefusal(ImportException refusal, long fileSize) {
    String message = refusal.getMessage();
    if (refusal.outcome() != Outcome.REFUSED) {
      throw new AssertionError(refusal.outcome() + " " + refusal.code(), refusal);
    }
    if (refusal.offset() < ImportException.NO_OFFSET || refusal.offset() > fileSize) {
      throw new AssertionError("offset " + refusal.offset() + " in " + fileSize, refusal);
    }
    if (message.length() > MESSAGE_MAX || message.chars().anyMatch(Character::isISOControl)) {
      throw new AssertionError("message of " + message.length() + " characters", refusal);
    }
  }
}
