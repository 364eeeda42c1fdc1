package io.drover.routes.report;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import io.drover.converter.error.Outcome;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The sum over all images so far.
 *
 * @param results images by what became of them; those that occurred
 * @param errors images by the name of their error
 * @param skippedBytes of the disks that were done before
 */
@JsonPropertyOrder({"images", "results", "errors", "bytes", "skippedBytes", "plan", "interrupted"})
public record BatchTotals(
    long images,
    Map<String, Long> results,
    Map<String, Long> errors,
    BatchResult.Bytes bytes,
    long skippedBytes,
    Planned plan,
    boolean interrupted) {
  public static final BatchTotals NONE =
      new BatchTotals(
          0,
          Map.of(),
          Map.of(),
          new BatchResult.Bytes(0, 0, 0, 0, 0),
          0,
          new Planned(0, 0, 0),
          false);

  /** Of a dry run. */
  public record Planned(long parts, long requests, long upperBounds) {}

  public BatchTotals {
    results = Collections.unmodifiableMap(new LinkedHashMap<>(results));
    errors = Collections.unmodifiableMap(new LinkedHashMap<>(errors));
  }

  /** With one more. */
  BatchTotals plus(BatchResult result) {
    Map<String, Long> counts = new LinkedHashMap<>();
    for (String each : BatchResult.RESULTS) {
      long count = results.getOrDefault(each, 0L) + (each.equals(result.result()) ? 1 : 0);
      if (count > 0) {
        counts.put(each, count);
      }
    }
    Map<String, Long> names = new LinkedHashMap<>(errors);
    if (result.error() != null) {
      names.merge(result.error().code(), 1L, Long::sum);
    }
    BatchResult.Bytes more =
        result.bytes() == null ? new BatchResult.Bytes(0, 0, 0, 0, 0) : result.bytes();
    boolean done = result.result().equals(BatchResult.SKIPPED);
    return new BatchTotals(
        images + 1,
        counts,
        names,
        done
            ? bytes
            : new BatchResult.Bytes(
                bytes.logical() + more.logical(),
                bytes.data() + more.data(),
                bytes.zero() + more.zero(),
                bytes.sent() + more.sent(),
                bytes.copied() + more.copied()),
        skippedBytes + (done ? more.logical() : 0),
        result.plan() == null
            ? plan
            : new Planned(
                plan.parts()
                    + result.plan().upload()
                    + result.plan().zero()
                    + result.plan().reuse(),
                plan.requests() + result.plan().requests(),
                plan.upperBounds() + (result.plan().upperBound() ? 1 : 0)),
        interrupted);
  }

  /** The same, told to end before the list did. */
  public BatchTotals cutShort() {
    return new BatchTotals(images, results, errors, bytes, skippedBytes, plan, true);
  }

  public long count(String result) {
    return results.getOrDefault(result, 0L);
  }

  /** Whether the same command again may do more. */
  public boolean resumable() {
    return interrupted || count(BatchResult.PAUSED) > 0 || count(BatchResult.INTERRUPTED) > 0;
  }

  /** 4 if running it again may help, else 3 if anything was refused, else 1 if anything failed. */
  public int exitCode() {
    if (resumable()) {
      return Outcome.RESUMABLE.exitCode();
    }
    if (count(BatchResult.REFUSED) > 0) {
      return Outcome.REFUSED.exitCode();
    }
    return count(BatchResult.FAILED) > 0 ? Outcome.FAILED.exitCode() : 0;
  }

  /** For people: {@code 17 imported, 3 refused}. */
  public String counts() {
    if (images == 0) {
      return "no images";
    }
    StringBuilder text = new StringBuilder();
    results.forEach(
        (result, count) ->
            text.append(text.isEmpty() ? "" : ", ").append(count).append(' ').append(result));
    return text.toString();
  }
}
