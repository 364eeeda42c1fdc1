package io.drover.converter.plan;

/**
 * What carrying out a plan costs.
 *
 * @param uploadParts parts sent from the source
 * @param zeroParts parts filled with zeros on the server
 * @param reuseParts parts copied on the server from an earlier import
 * @param bytesSent payload bytes that cross the wire
 * @param bytesCopied bytes filled or copied on the server
 * @param requests of the data object's multipart upload when nothing has to be tried again: its
 *     beginning, one for each part, its completion
 */
public record PlanSummary(
    int uploadParts,
    int zeroParts,
    int reuseParts,
    long bytesSent,
    long bytesCopied,
    int requests) {
  private static final int BEGIN_AND_COMPLETE = 2;

  static PlanSummary of(PartPlan plan) {
    int uploads = 0;
    int zeros = 0;
    int reuses = 0;
    long sent = 0;
    long copied = 0;
    for (Part part : plan.parts()) {
      if (part instanceof Part.Upload) {
        uploads++;
        sent += part.length();
      } else if (part instanceof Part.Zero) {
        zeros++;
        copied += part.length();
      } else if (part instanceof Part.Reuse) {
        reuses++;
        copied += part.length();
      } else {
        throw new AssertionError(part);
      }
    }
    return new PlanSummary(
        uploads, zeros, reuses, sent, copied, plan.parts().size() + BEGIN_AND_COMPLETE);
  }
}
