package io.drover.converter.imports;

import io.drover.converter.digest.BlockDigests;
import io.drover.converter.error.ImportException;
import io.drover.converter.error.Printable;
import io.drover.converter.image.DiskImage;
import io.drover.converter.metadata.DataClusters;
import io.drover.converter.object.UploadLostException;
import io.drover.converter.object.UploadedPart;
import io.drover.converter.plan.Part;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The lanes of one import: lets them begin while it goes on, gives each the buffer and the sink of
 * its part, and brings what they have finished to the server. Thread-safe.
 */
final class Lanes {
  private static final Logger LOG = LoggerFactory.getLogger(Lanes.class);

  private final ImportRequest request;
  private final DiskImage image;
  private final DataClusters clusters;
  private final BlockDigests digests;
  private final Counters counters;
  private final MemoryBudget budget;
  private final Planning planning;
  private final Patience patience;
  private final StageTimes stages;
  private final LaneGate gate;
  private final Activity activity;
  private volatile Transfer transfer;

  Lanes(
      ImportRequest request,
      DiskImage image,
      Reading reading,
      Counters counters,
      Shared shared,
      LaneGate gate,
      Planning planning,
      Patience patience) {
    this.request = request;
    this.image = image;
    this.clusters = reading.clusters();
    this.digests = reading.digests();
    this.counters = counters;
    this.budget = shared.budget();
    this.planning = planning;
    this.patience = patience;
    this.stages = shared.stages();
    this.gate = gate;
    this.activity = new Activity(counters::read);
  }

  /** Where parts go from here on. */
  void lead(Transfer destination) {
    transfer = destination;
  }

  /** Of a planned part; waits for room in the memory budget. */
  Lane lane(Part part) throws IOException, InterruptedException {
    boolean held = part instanceof Part.Zero || PartRules.held(part.length(), budget);
    byte[] buffer = part instanceof Part.Zero ? null : activity.room(budget, room(part, held));
    enter(buffer);
    PartSink sink =
        held
            ? sink(part, buffer)
            : new PartSink.Streamed(activity.watch(transfer.upload()), part, image, buffer);
    return new Lane(this, part, sink, counters);
  }

  private int room(Part part, boolean held) {
    return held ? (int) Math.max(1, part.length()) : planning.windowSize();
  }

  /** Of a part that was read already. */
  Lane lane(ScannedPart scanned) throws ImportException {
    enter(scanned.buffer());
    return new Lane(this, scanned, sink(scanned.part(), scanned.buffer()), counters);
  }

  private void enter(byte[] buffer) throws ImportException {
    try {
      gate.enter();
    } catch (ImportException e) {
      giveBack(buffer);
      throw e;
    }
  }

  private PartSink sink(Part part, byte[] buffer) {
    return part instanceof Part.Zero
        ? new PartSink.ZeroFilled(activity.watch(transfer.upload()), part, planning.zeroObject())
        : new PartSink.Buffered(activity.watch(transfer.upload()), part, buffer);
  }

  DiskImage image() {
    return image;
  }

  DataClusters clusters() {
    return clusters;
  }

  BlockDigests digests() {
    return digests;
  }

  /**
   * Brings a full part to the server, unless the server has it; a lost upload is for {@link
   * ImportSession#commit} to see.
   *
   * @param data bytes of it in clusters that hold data
   */
  void deliver(Part part, PartSink sink, long data) throws IOException {
    try {
      Optional<UploadedPart> there = transfer.alreadyThere(part, sink::crc32c, sink::md5);
      transfer.done(part, there.isPresent() ? there.get() : send(part, sink), data);
    } catch (UploadLostException e) {
      LOG.warn("import {}: part {}: {}", request.importId(), part.number(), e.getMessage());
      counters.addData(-data);
      counters.addZero(data - part.length());
      transfer.lost();
    }
  }

  private UploadedPart send(Part part, PartSink sink) throws IOException {
    long start = System.nanoTime();
    UploadedPart sent = patience.insist(sink::send);
    long spent = System.nanoTime() - start;
    boolean upload = part instanceof Part.Upload;
    stages.add(upload ? StageTimes.Stage.SEND : StageTimes.Stage.COPY, spent, part.length());
    stages.part(spent);
    return sent;
  }

  StageTimes stages() {
    return stages;
  }

  void leave(byte[] buffer) {
    giveBack(buffer);
    gate.leave();
  }

  private void giveBack(byte[] buffer) {
    if (buffer != null) {
      budget.release(buffer);
    }
  }

  /**
   * @throws ImportException the reason, once stopped
   */
  void requireGoing() throws ImportException {
    gate.requireGoing();
  }

  /** Who is waited for, if no byte of a part has moved for so long. To be asked now and then. */
  Optional<ImportException> stalled(Duration limit) {
    return activity.stalled(
        limit,
        Printable.text(request.source(), 1024),
        Printable.text(request.destination().uri(), 1100));
  }
}
