package io.drover.converter.imports;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;

/**
 * An import that has begun and not ended, or an upload that no checkpoint tells of. Text in it is
 * escaped.
 *
 * @param importId null where no checkpoint can be read, as are source, host and begun
 * @param host of the worker that was on it last
 * @param begun ISO 8601, by that worker's clock
 * @param ageSeconds since anything was heard of it, by the server's clock
 * @param uploadId null where the upload is over and the rest is missing
 * @param alive whether somebody may be at work on it
 * @param resumable whether the same command would go on with it
 */
@JsonInclude(JsonInclude.Include.ALWAYS)
@JsonPropertyOrder({"destination", "importId", "source", "host", "begun", "ageSeconds"})
public record UnfinishedImport(
    String destination,
    String importId,
    String source,
    String host,
    String begun,
    long ageSeconds,
    Parts parts,
    Bytes bytes,
    String uploadId,
    boolean alive,
    boolean resumable) {
  /** Zero of zero where no checkpoint can be read. */
  public record Parts(int done, int total) {}

  /** Of the data object. */
  public record Bytes(long done, long total) {}
}
