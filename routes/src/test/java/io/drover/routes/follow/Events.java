package io.drover.routes.follow;

import io.drover.routes.event.EventType;
import io.drover.routes.event.ImportEvent;
import java.time.Instant;

/** Events as an import of 100 bytes tells them, of which as many are done as its number says. */
final class Events {
  static final Instant START = Instant.parse("2026-11-22T12:00:00Z");

  private Events() {}

  static ImportEvent event(String importId, long sequence, EventType type) {
    return event(importId, sequence, type, "worker:1");
  }

  static ImportEvent event(String importId, long sequence, EventType type, String worker) {
    boolean bad = type == EventType.FAILED || type == EventType.RETRYING;
    long done = sequence % 100;
    return new ImportEvent(
            type,
            START.plusSeconds(sequence),
            importId,
            sequence,
            1,
            "disk.raw",
            "raw",
            "s3://images/disk/",
            100,
            "transfer",
            new ImportEvent.Bytes(done, done, 0, done, done, 0),
            new ImportEvent.Parts(10, (int) done / 10),
            done,
            7L,
            3L,
            bad ? new ImportEvent.Failure("SOURCE_READ_ERROR", "it cannot be read", 5L) : null,
            type == EventType.COMPLETED
                ? new ImportEvent.Result("s3://d", "s3://m", "s3://j", "sha256-4m:00")
                : null)
        .by(worker)
        .mapped("S12z700d56");
  }
}
