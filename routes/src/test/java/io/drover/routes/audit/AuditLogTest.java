package io.drover.routes.audit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.drover.routes.event.EventType;
import io.drover.routes.event.ImportEvent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AuditLogTest {
  @TempDir private Path directory;

  @Test
  void tellsWhatWasAcceptedAndHowItEndedAndNothingElse() throws Exception {
    Path file = directory.resolve("made/audit.jsonl");
    try (AuditLog audit = open(file)) {
      audit.accept(event("a", EventType.ACCEPTED));
      audit.accept(event("a", EventType.STARTED));
      audit.accept(event("a", EventType.PROGRESS));
      audit.accept(event("a", EventType.COMPLETED));
      audit.accept(event("b", EventType.FAILED));
    }
    List<JsonNode> lines = lines(file);
    assertEquals(
        List.of("accepted", "completed", "failed"),
        lines.stream().map(line -> line.path("verdict").asText()).toList());
    assertEquals("sha256-4m:00", lines.get(1).path("digest").asText());
    assertEquals("17", lines.get(1).path("identity").path("size").asText());
    assertEquals("QCOW2_L1", lines.get(2).path("error").asText());
    assertEquals(4096, lines.get(2).path("offset").asLong());
    assertEquals("9.9", lines.get(2).path("version").asText());
    assertFalse(lines.get(0).has("digest"));
    assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
  }

  @Test
  void isAddedToAndNoTextMakesALineOfItsOwn() throws Exception {
    Path file = directory.resolve("audit.jsonl");
    try (AuditLog audit = open(file)) {
      audit.accept(event("a\n{\"verdict\":\"forged\"}\u2028\u001b[2K", EventType.ACCEPTED));
    }
    try (AuditLog audit = open(file)) {
      audit.accept(event("b", EventType.COMPLETED));
    }
    assertEquals(2, lines(file).size());
    assertEquals("accepted", lines(file).get(0).path("verdict").asText());
  }

  @Test
  void aFileThatCannotBeWrittenStopsNothing() throws Exception {
    AuditLog audit = open(directory.resolve("audit.jsonl"));
    audit.close();
    audit.accept(event("a", EventType.COMPLETED));
    assertEquals(List.of(), lines(directory.resolve("audit.jsonl")));
  }

  @Test
  void manyImportsWriteWholeLines() throws Exception {
    Path file = directory.resolve("audit.jsonl");
    try (AuditLog audit = open(file)) {
      List<Thread> threads = new ArrayList<>();
      for (int number = 0; number < 8; number++) {
        String id = "i" + number;
        Thread thread =
            new Thread(
                () -> {
                  for (int each = 0; each < 25; each++) {
                    audit.accept(event(id, EventType.COMPLETED));
                  }
                });
        threads.add(thread);
        thread.start();
      }
      for (Thread thread : threads) {
        thread.join();
      }
    }
    assertEquals(200, lines(file).size());
    assertTrue(lines(file).stream().allMatch(line -> line.has("importId")));
  }

  private static AuditLog open(Path file) throws Exception {
    return AuditLog.open(file, "9.9", id -> Map.of("size", "17"));
  }

  private static List<JsonNode> lines(Path file) throws Exception {
    List<JsonNode> lines = new ArrayList<>();
    for (String line : Files.readString(file).split("\n")) {
      if (!line.isEmpty()) {
        lines.add(new ObjectMapper().readTree(line));
      }
    }
    return lines;
  }

  private static ImportEvent event(String id, EventType type) {
    return new ImportEvent(
            type,
            Instant.parse("2026-11-22T12:00:00Z"),
            id,
            1,
            1,
            "disk.raw",
            "raw",
            "s3://images/a/",
            0,
            "done",
            new ImportEvent.Bytes(0, 0, 0, 0, 0, 0),
            new ImportEvent.Parts(0, 0),
            0,
            null,
            null,
            type == EventType.FAILED ? new ImportEvent.Failure("QCOW2_L1", "why", 4096L) : null,
            type == EventType.COMPLETED
                ? new ImportEvent.Result("d", "m", "j", "sha256-4m:00")
                : null)
        .by("here:1");
  }
}
