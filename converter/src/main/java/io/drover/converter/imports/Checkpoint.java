package io.drover.converter.imports;

import io.drover.converter.object.ObjectLocation;
import io.drover.converter.object.ObjectStore.OpenUpload;
import io.drover.converter.plan.Part;
import io.drover.converter.plan.PartLimits;
import io.drover.converter.plan.PartPlan;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;

/**
 * How far an import is, for whoever goes on with it: an object beside the destination's others,
 * there from the beginning of the upload to the commit. It saves reading, never correctness: what
 * the server lists counts, and a part that only the server knows is read again, not sent again.
 *
 * @param schemaVersion 1
 * @param attempt 1 for the first run of the import
 * @param source how it is named to people, escaped
 * @param identity what tells this state of the source from a later one
 * @param uploadId of the data object's upload
 * @param begun ISO 8601, when the upload was begun, by the worker's clock
 * @param running whether a worker was on it when this was written
 * @param progress all that is done, whether it fits here or not
 * @param cut of a scan that has come to its end, every part's length, negative where the server
 *     fills it with zeros; else empty
 * @param parts finished ones, ascending; as many as fit {@link CheckpointJson#MAX_BYTES}
 */
record Checkpoint(
    int schemaVersion,
    String importId,
    int attempt,
    String source,
    String format,
    Map<String, String> identity,
    PlanInputs plan,
    String uploadId,
    String begun,
    WorkerId worker,
    boolean running,
    Done progress,
    List<Long> cut,
    List<FinishedPart> parts) {
  static final int SCHEMA_VERSION = 1;

  /** Name of the object, beside the manifest. */
  static final String NAME = "checkpoint.json";

  private static final int MAX_TEXT = 4096;

  Checkpoint {
    if (schemaVersion != SCHEMA_VERSION) {
      throw new IllegalArgumentException("schema version " + schemaVersion + ", not 1");
    }
    requireText(importId, "importId");
    requireText(source, "source");
    requireText(format, "format");
    requireText(uploadId, "uploadId");
    Instant.parse(requireText(begun, "begun"));
    Objects.requireNonNull(plan, "plan");
    Objects.requireNonNull(worker, "worker");
    Objects.requireNonNull(progress, "progress");
    identity =
        Collections.unmodifiableMap(new TreeMap<>(Objects.requireNonNull(identity, "identity")));
    if (attempt < 1) {
      throw new IllegalArgumentException("attempt " + attempt);
    }
    cut = cut == null ? List.of() : List.copyOf(cut);
    planOf(cut);
    parts = List.copyOf(Objects.requireNonNull(parts, "parts"));
    int last = 0;
    for (FinishedPart part : parts) {
      if (part.number() <= last || part.number() > plan.parts()) {
        throw new IllegalArgumentException(
            "part " + part.number() + " after " + last + " of " + plan.parts());
      }
      last = part.number();
    }
  }

  /**
   * All that decides how the object is cut into parts.
   *
   * @param zeroSize bytes of the all-zero object that parts are copied from; 0 for none
   * @param parts in the plan
   * @param hash over every part's kind, place and length
   */
  record PlanInputs(
      long virtualSize,
      long objectSize,
      long partSize,
      long zeroSize,
      int clusterSize,
      boolean raw,
      int parts,
      String hash) {
    /** Instead of the hash, where parts are cut while the source is read. */
    static final String SCAN = "scan";

    PlanInputs {
      requireText(hash, "plan.hash");
      if (parts < 1 || parts > PartLimits.MAX_PARTS || objectSize < 0 || virtualSize < 0) {
        throw new IllegalArgumentException(
            "a plan of " + parts + " parts, " + objectSize + " of " + virtualSize + " bytes");
      }
    }
  }

  /** Parts and bytes of the data object that are on the server. */
  record Done(int parts, long bytes) {}

  /**
   * @param data bytes in clusters that hold data
   * @param blocks digests of the blocks that begin in the part, see {@link PartContent}
   * @param clusters those that hold data, see {@link PartContent}
   */
  record FinishedPart(
      int number, String etag, int crc32c, long data, byte[] blocks, byte[] clusters) {
    FinishedPart {
      requireText(etag, "part.etag");
      Objects.requireNonNull(blocks, "part.blocks");
      Objects.requireNonNull(clusters, "part.clusters");
    }
  }

  /** What a scan has made of the source, if it came to its end. */
  Optional<PartPlan> scanned() {
    return planOf(cut);
  }

  static List<Long> cut(PartPlan plan) {
    return plan.parts().stream()
        .map(part -> part instanceof Part.Zero ? -part.length() : part.length())
        .toList();
  }

  private static Optional<PartPlan> planOf(List<Long> cut) {
    if (cut.isEmpty()) {
      return Optional.empty();
    }
    List<Part> parts = new ArrayList<>();
    long offset = 0;
    for (long length : cut) {
      int number = parts.size() + 1;
      parts.add(
          length < 0
              ? new Part.Zero(number, offset, Math.negateExact(length))
              : new Part.Upload(number, offset, length));
      offset = parts.get(number - 1).end();
    }
    return Optional.of(new PartPlan(offset, parts));
  }

  boolean isOf(ImportRequest request) {
    return importId.equals(request.importId());
  }

  boolean hasIdentity(Map<String, String> fields) {
    return identity.equals(fields);
  }

  OpenUpload upload(ObjectLocation data) {
    return new OpenUpload(data, uploadId);
  }

  private static String requireText(String value, String field) {
    if (value == null || value.length() > MAX_TEXT) {
      throw new IllegalArgumentException(field + (value == null ? " is missing" : " is too long"));
    }
    return value;
  }
}
