package io.drover.routes.report;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.error.Outcome;
import io.drover.converter.imports.Importer;
import io.drover.converter.manifest.Manifest;
import io.drover.converter.verify.VerifyReport;
import java.util.List;

/**
 * What became of one image of a list. All text is escaped and holds no secrets.
 *
 * @param line of the list, or the number in which it was found
 * @param result {@code imported}, {@code skipped}, {@code planned}, {@code verified}, {@code
 *     refused}, {@code failed}, {@code paused} or {@code interrupted}
 * @param importId null where nothing could be begun
 * @param digest of the guest disk; null where it is not known
 * @param bytes null where they are not known
 * @param plan of a dry run, else null
 * @param seconds that it took
 * @param error null if there was none
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonPropertyOrder({
  "line",
  "source",
  "destination",
  "importId",
  "result",
  "error",
  "digest",
  "bytes",
  "plan",
  "seconds"
})
public record BatchResult(
    long line,
    String source,
    String destination,
    String importId,
    String result,
    Failure error,
    String digest,
    Bytes bytes,
    Plan plan,
    double seconds) {
  public static final String IMPORTED = "imported";
  public static final String SKIPPED = "skipped";
  public static final String PLANNED = "planned";
  public static final String VERIFIED = "verified";
  public static final String REFUSED = "refused";
  public static final String FAILED = "failed";
  public static final String PAUSED = "paused";
  public static final String INTERRUPTED = "interrupted";

  /** In the order in which people look for them. */
  public static final List<String> RESULTS =
      List.of(IMPORTED, PLANNED, VERIFIED, SKIPPED, REFUSED, FAILED, PAUSED, INTERRUPTED);

  /**
   * @param code name of the error
   */
  public record Failure(String code, String message) {}

  /**
   * Bytes by what became of them in this run.
   *
   * @param logical of the virtual disk
   * @param sent payload put on the wire
   * @param copied filled or reused on the server
   */
  public record Bytes(long logical, long data, long zero, long sent, long copied) {}

  /**
   * @param upperBound whether zeros will be found while reading, so that less is sent
   */
  public record Plan(
      int upload, int zero, int reuse, int requests, boolean upperBound, List<String> warnings) {}

  public static BatchResult imported(
      long line, String source, String destination, Manifest manifest) {
    Manifest.Bytes bytes = manifest.bytes();
    return of(
        line,
        source,
        destination,
        manifest,
        IMPORTED,
        new Bytes(bytes.logical(), bytes.data(), bytes.zero(), bytes.sent(), bytes.copied()));
  }

  /** Done by an earlier run: nothing moved. */
  public static BatchResult skipped(
      long line, String source, String destination, Manifest manifest) {
    Manifest.Bytes bytes = manifest.bytes();
    return of(
        line,
        source,
        destination,
        manifest,
        SKIPPED,
        new Bytes(bytes.logical(), bytes.data(), bytes.zero(), 0, 0));
  }

  private static BatchResult of(
      long line, String source, String destination, Manifest manifest, String result, Bytes bytes) {
    return new BatchResult(
        line,
        source,
        destination,
        manifest.importId(),
        result,
        null,
        manifest.disk().digest(),
        bytes,
        null,
        0);
  }

  public static BatchResult planned(
      long line, String source, String destination, Importer.DryRun plan) {
    return new BatchResult(
        line,
        source,
        destination,
        plan.importId(),
        PLANNED,
        null,
        null,
        new Bytes(
            plan.bytes().logical(),
            plan.bytes().data(),
            plan.bytes().logical() - plan.bytes().data(),
            plan.bytes().sent(),
            plan.bytes().copied()),
        new Plan(
            plan.parts().upload(),
            plan.parts().zero(),
            plan.parts().reuse(),
            plan.requests(),
            plan.upperBound(),
            plan.warnings()),
        0);
  }

  public static BatchResult verified(long line, String source, VerifyReport report) {
    return new BatchResult(
        line,
        source,
        report.destination(),
        report.importId(),
        VERIFIED,
        null,
        report.digest(),
        new Bytes(
            report.virtualSize(),
            report.dataBytes(),
            report.virtualSize() - report.dataBytes(),
            0,
            0),
        null,
        0);
  }

  /**
   * @param importId null if there is none
   */
  public static BatchResult failed(
      long line, String source, String destination, String importId, ImportException error) {
    return new BatchResult(
        line,
        source,
        destination,
        importId,
        result(error),
        new Failure(error.code().name(), error.getMessage()),
        null,
        null,
        null,
        0);
  }

  private static String result(ImportException error) {
    if (error.code() == ErrorCode.CANCELLED) {
      return INTERRUPTED;
    }
    if (error.outcome() == Outcome.RESUMABLE) {
      return PAUSED;
    }
    return error.outcome() == Outcome.REFUSED ? REFUSED : FAILED;
  }

  public BatchResult withSeconds(double value) {
    return new BatchResult(
        line,
        source,
        destination,
        importId,
        result,
        error,
        digest,
        bytes,
        plan,
        Math.round(value * 1000) / 1000.0);
  }
}
