package io.drover.converter.verify;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;

/**
 * An import that was read back and found right.
 *
 * @param digest of the disk, computed from what was read
 * @param dataBytes in clusters that hold data
 * @param metadataRebuilt whether disk.qcow2 was made anew from the data object and is the same,
 *     byte for byte; else (another version of Drover wrote it) only its checksum was compared
 * @param sourceCompared whether every block was compared with the source's, too
 */
@JsonPropertyOrder({
  "importId",
  "destination",
  "virtualSize",
  "digest",
  "blocks",
  "dataBytes",
  "metadataRebuilt",
  "sourceCompared"
})
public record VerifyReport(
    String importId,
    String destination,
    long virtualSize,
    String digest,
    int blocks,
    long dataBytes,
    boolean metadataRebuilt,
    boolean sourceCompared) {
  /** For people, in one line. */
  @JsonIgnore
  public String summary() {
    return "verified, "
        + blocks
        + " blocks of 4 MiB read back"
        + (sourceCompared ? " and compared with the source" : "")
        + ", "
        + digest;
  }
}
