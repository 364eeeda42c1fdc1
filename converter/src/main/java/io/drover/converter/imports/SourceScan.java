package io.drover.converter.imports;

import io.drover.converter.digest.BlockDigests;
import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.image.DiskImage;
import io.drover.converter.image.StreamImage;
import io.drover.converter.metadata.DataClusters;
import io.drover.converter.plan.CutSizes;
import io.drover.converter.plan.OnlineCutter;
import io.drover.converter.storage.FileSource;
import io.drover.converter.storage.ImageSource;
import io.drover.converter.storage.StreamSource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/** Sets a source's scan up, by what kind of source it is, and sees its bytes go by. */
final class SourceScan implements PartScan.Observer {
  private final ImportRequest request;
  private final ImageSource source;
  private final DiskImage image;
  private final MemoryBudget budget;
  private final BlockDigests digests;
  private final DataClusters clusters;
  private final Counters counters;
  private final Optional<SourceChecksum> checksum;

  /** Of what is seen; null where somebody else does it, or nobody needs it. */
  private MessageDigest sha256;

  private long seen;

  SourceScan(
      ImportRequest request,
      ImageSource source,
      DiskImage image,
      MemoryBudget budget,
      BlockDigests digests,
      DataClusters clusters,
      Counters counters) {
    this.request = request;
    this.source = source;
    this.image = image;
    this.budget = budget;
    this.digests = digests;
    this.clusters = clusters;
    this.counters = counters;
    this.checksum = request.options().sourceSha256().map(expected -> checksumOf());
  }

  private SourceChecksum checksumOf() {
    if (source instanceof StreamSource stream) {
      return SourceChecksum.of(stream::sha256);
    }
    if (source instanceof FileSource file) {
      return SourceChecksum.start(file);
    }
    // nothing is fetched twice
    sha256 = SourceChecksum.sha256();
    return SourceChecksum.of(() -> HexFormat.of().formatHex(sha256.digest()));
  }

  Optional<SourceChecksum> checksum() {
    return checksum;
  }

  PartScan begin(
      long zeroSize, BooleanSupplier fillsZeros, Patience patience, Patience.Watcher watcher)
      throws ImportException {
    CutSizes sizes =
        image instanceof StreamImage
            ? PartRules.streamSizes(request.options(), budget, zeroSize)
            : PartRules.sizes(image, request.options(), budget, zeroSize).orElseThrow();
    return new PartScan(
        windows(patience, watcher),
        new OnlineCutter(sizes, fillsZeros),
        budget,
        digests,
        clusters.clusterSize(),
        this);
  }

  private ReadAhead windows(Patience patience, Patience.Watcher watcher) {
    if (image instanceof StreamImage stream) {
      return ReadAhead.sequential((offset, window) -> stream.readNext(window), watcher);
    }
    return ReadAhead.random(
        (offset, window) -> {
          int length = (int) Math.min(window.length, image.virtualSize() - offset);
          return patience.insist(
              () -> {
                image.read(offset, ByteBuffer.wrap(window, 0, length));
                return length;
              });
        },
        image.virtualSize(),
        !(source instanceof FileSource),
        watcher);
  }

  @Override
  public void seen(ByteBuffer bytes) throws IOException {
    if (bytes.remaining() > clusters.virtualSize() - seen) {
      throw ImportException.refused(
          ErrorCode.TARGET_LIMIT,
          "clusters of "
              + clusters.clusterSize()
              + " bytes can describe no more than "
              + clusters.virtualSize()
              + ", and more came; choose a larger cluster_size");
    }
    counters.addRead(bytes.remaining());
    if (sha256 != null) {
      // the padding of the last sector is no part of the source
      long own = Math.max(0, Math.min(bytes.remaining(), source.size() - seen));
      sha256.update(bytes.duplicate().limit(bytes.position() + (int) own));
    }
    seen += bytes.remaining();
  }

  @Override
  public long endsAt(long virtualSize, long dataEnd) throws IOException {
    if (image instanceof StreamImage) {
      digests.endAt(virtualSize);
    }
    if (request.options().rawExternalData()) {
      return virtualSize;
    }
    long cluster = 1L << request.options().clusterBits(virtualSize);
    return Math.min((dataEnd + cluster - 1) / cluster * cluster, virtualSize);
  }
}
