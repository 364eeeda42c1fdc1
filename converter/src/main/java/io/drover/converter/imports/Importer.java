package io.drover.converter.imports;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.error.Printable;
import io.drover.converter.image.DiskImage;
import io.drover.converter.image.Extent;
import io.drover.converter.image.ImageFormat;
import io.drover.converter.image.StreamImage;
import io.drover.converter.object.ObjectStore;
import io.drover.converter.plan.PartPlan;
import io.drover.converter.plan.PartPlanner;
import io.drover.converter.plan.PlanOptions;
import io.drover.converter.plan.PlanSummary;
import io.drover.converter.reader.ImageOpener;
import io.drover.converter.storage.ImageSource;
import io.drover.converter.storage.RandomAccessSource;
import io.drover.converter.storage.StreamSource;
import java.io.IOException;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Begins imports into one object store. Thread-safe. */
public final class Importer {
  private static final Logger LOG = LoggerFactory.getLogger(Importer.class);

  private final Shared shared;

  /**
   * @param budget shared by all imports of the process
   * @param zeroPrefix of the keys of all-zero objects that zeros are copied from, on the server;
   *     empty: zeros are sent
   * @param retryBudget how long a step is tried again while the store fails for a passing reason
   */
  public Importer(ObjectStore store, MemoryBudget budget, String zeroPrefix, Duration retryBudget) {
    this(store, budget, new ZeroObject(store, zeroPrefix), retryBudget);
  }

  Importer(ObjectStore store, MemoryBudget budget, ZeroObject zeroObjects, Duration retryBudget) {
    this(store, budget, zeroObjects, retryBudget, Optional.empty(), Timing.SYSTEM);
  }

  Importer(
      ObjectStore store,
      MemoryBudget budget,
      ZeroObject zeroObjects,
      Duration retryBudget,
      Optional<LeaseTerms> leaseTerms,
      Timing timing) {
    this(new Shared(store, budget, zeroObjects, retryBudget, leaseTerms, timing, new StageTimes()));
  }

  private Importer(Shared shared) {
    this.shared = shared;
  }

  /** The same, for imports that other workers may be on, too. */
  public Importer withLeases(LeaseTerms terms) {
    return new Importer(shared.withLeases(terms));
  }

  /** What all imports of this spend their time on. */
  public StageTimes stages() {
    return shared.stages();
  }

  /**
   * Opens the source, checks all that its metadata can show, and looks at the destination. Writes
   * nothing.
   */
  public ImportSession open(ImportRequest request) throws IOException {
    ImageSource source = request.opener().open();
    DiskImage opened = image(source, request);
    DiskImage image = PartRules.stream(opened) ? opened : new TimedImage(opened, shared.stages());
    try {
      return new ImportSession(
          shared, request, source, image, TargetState.look(shared.store(), request));
    } catch (IOException | RuntimeException e) {
      image.close();
      throw e;
    }
  }

  /**
   * The number of the run that an import would have now, for one that does not get as far as being
   * opened; 1 if the destination tells of no earlier one, or nothing at all.
   */
  public int attempt(ImportRequest request) {
    try {
      return TargetState.attempt(
          request, CheckpointFile.find(shared.store(), request.destination()));
    } catch (IOException e) {
      return 1;
    }
  }

  /**
   * Removes what earlier runs of an import have left, for one whose source cannot be opened any
   * more. What somebody is at work on stays, and so does what is committed.
   */
  public void forget(ImportRequest request) throws IOException {
    boolean left =
        CheckpointFile.find(shared.store(), request.destination())
            .flatMap(found -> found.of(request))
            .isPresent();
    if (!left) {
      return;
    }
    try {
      new UnfinishedImports(shared.store(), shared.timing()).abort(request.destination(), false);
    } catch (ImportException e) {
      if (e.code() != ErrorCode.TARGET_EXISTS) {
        throw e;
      }
      LOG.info("import {}: {}", request.importId(), e.getMessage());
    }
  }

  /**
   * What an import would do, from the source's metadata alone; no store is contacted, so that the
   * server is taken for one that fills zeros.
   */
  public static DryRun dryRun(ImportRequest request) throws IOException {
    ImageSource source = request.opener().open();
    try (DiskImage image = image(source, request)) {
      if (image instanceof StreamImage) {
        throw ImportException.refused(
            ErrorCode.SOURCE_SCHEME,
            "a stream can be planned only by reading it; import it without --dry-run");
      }
      PlanSummary plan = planOf(image, request.options(), ZeroObject.SIZE).summary();
      long data = 0;
      Iterator<Extent> extents = image.extents(0, image.virtualSize());
      while (extents.hasNext()) {
        Extent extent = extents.next();
        data += extent.zero() ? 0 : extent.length();
      }
      return new DryRun(
          request.importId(),
          Printable.text(request.source()),
          image.format().label(),
          request.destination().uri(),
          image.virtualSize(),
          new DryRun.Parts(plan.uploadParts(), plan.zeroParts(), plan.reuseParts()),
          new DryRun.Bytes(image.virtualSize(), data, plan.bytesSent(), plan.bytesCopied()),
          plan.requests() + METADATA_AND_MANIFEST,
          PartRules.zerosUnknown(image, plan),
          image.warnings());
    }
  }

  private static final int METADATA_AND_MANIFEST = 2;

  /**
   * The plan printed by {@code --dry-run}.
   *
   * @param requests that write to the store when nothing has to be tried again
   * @param upperBound whether zeros will be found while reading, so that fewer bytes are sent than
   *     it says, in other parts
   */
  @JsonPropertyOrder({
    "importId",
    "source",
    "format",
    "destination",
    "virtualSize",
    "parts",
    "bytes",
    "requests",
    "upperBound"
  })
  public record DryRun(
      String importId,
      String source,
      String format,
      String destination,
      long virtualSize,
      Parts parts,
      Bytes bytes,
      int requests,
      boolean upperBound,
      List<String> warnings) {
    public record Parts(int upload, int zero, int reuse) {}

    /**
     * @param data bytes that must be read, since metadata does not say that they are zero
     */
    public record Bytes(long logical, long data, long sent, long copied) {}
  }

  static PartPlan planOf(DiskImage image, ImportOptions options, long largestZero)
      throws IOException {
    long virtualSize = image.virtualSize();
    Supplier<Iterator<Extent>> extents = () -> image.extents(0, virtualSize);
    int clusterSize = 1 << options.clusterBits(virtualSize);
    long size =
        PartPlanner.objectSize(extents, virtualSize, clusterSize, options.rawExternalData());
    return PartPlanner.plan(
        size,
        extents,
        PlanOptions.DEFAULT.withPartSize(options.partSize()).withLargestZero(largestZero));
  }

  private static DiskImage image(ImageSource source, ImportRequest request) throws IOException {
    ImageFormat format;
    try {
      format = format(request);
    } catch (ImportException e) {
      source.close();
      throw e;
    }
    if (source instanceof RandomAccessSource atRest) {
      return ImageOpener.open(atRest, format, request.policy());
    }
    if (!(source instanceof StreamSource stream)) {
      throw new AssertionError(source);
    }
    if (format != ImageFormat.RAW) {
      stream.close();
      throw ImportException.refused(
          ErrorCode.FORMAT_UNSUPPORTED,
          Printable.text(stream.uri())
              + ": only raw disks can be imported from a stream: the tables of a "
              + format.label()
              + " image may lie behind the data that they map; save it to a file first");
    }
    if (request.options().sourceSha256().isPresent()) {
      stream.digest();
    }
    return StreamImage.open(stream, request.policy());
  }

  private static ImageFormat format(ImportRequest request) throws ImportException {
    return request
        .format()
        .orElseThrow(
            () ->
                ImportException.refused(
                    ErrorCode.FORMAT_UNSUPPORTED,
                    Printable.text(request.source())
                        + ": the extension declares the format, and must be .raw, .img, .qcow2 or"
                        + " .qcow; convert other formats first"));
  }
}
