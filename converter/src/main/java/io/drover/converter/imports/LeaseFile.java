package io.drover.converter.imports;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.error.Printable;
import io.drover.converter.object.ObjectLocation;
import io.drover.converter.object.ObjectStore;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;

/**
 * What a lease object says.
 *
 * @param epoch rises with every take-over while the object is there
 * @param token of one taking, unlike any other
 * @param renewals since it was taken: no two states of the object have the same bytes, so that
 *     ETags that are digests tell them apart
 * @param machine boot and process namespace of the holder, in which its process number counts
 */
record LeaseFile(
    String importId,
    long epoch,
    String token,
    long renewals,
    Duration duration,
    WorkerId holder,
    String machine) {
  static final String NAME = "lease.json";

  private static final int MAX_BYTES = 4096;
  private static final int VERSION = 1;
  private static final ObjectMapper JSON = new ObjectMapper();

  LeaseFile renewed() {
    return new LeaseFile(importId, epoch, token, renewals + 1, duration, holder, machine);
  }

  byte[] write() {
    ObjectNode json = JSON.createObjectNode();
    json.put("schemaVersion", VERSION);
    json.put("importId", importId);
    json.put("epoch", epoch);
    json.put("token", token);
    json.put("renewals", renewals);
    json.put("durationMillis", duration.toMillis());
    json.put("host", holder.host());
    json.put("pid", holder.pid());
    json.put("started", holder.started());
    json.put("machine", machine);
    return json.toString().getBytes(StandardCharsets.UTF_8);
  }

  /** What lies there; one that cannot be read stands for a stranger's. */
  static Optional<LeaseFile> find(ObjectStore store, ObjectLocation location) throws IOException {
    try {
      return store.get(location, MAX_BYTES).map(LeaseFile::read);
    } catch (ImportException e) {
      if (e.code() == ErrorCode.TARGET_CORRUPTED) {
        return Optional.of(stranger());
      }
      throw e;
    }
  }

  private static LeaseFile read(byte[] bytes) {
    try {
      JsonNode json = JSON.readTree(bytes);
      long millis = json.path("durationMillis").asLong();
      return new LeaseFile(
          Printable.text(json.path("importId").asText()),
          json.path("epoch").asLong(),
          json.path("token").asText(),
          json.path("renewals").asLong(),
          Duration.ofMillis(
              Math.max(LeaseTerms.LEAST.toMillis(), Math.min(LeaseTerms.MOST.toMillis(), millis))),
          new WorkerId(
              Printable.text(json.path("host").asText("unknown"), 64),
              json.path("pid").asLong(),
              json.path("started").asLong()),
          json.path("machine").asText());
    } catch (IOException e) {
      return stranger();
    }
  }

  private static LeaseFile stranger() {
    return new LeaseFile("", 0, "", 0, Duration.ofMinutes(1), new WorkerId("unknown", 0, 0), "");
  }

  /** Whether its holder ran here, and does not run any more; of other machines nothing is known. */
  boolean gone() {
    return !machine.isEmpty() && machine.equals(WorkerId.machine()) && holder.gone();
  }
}
