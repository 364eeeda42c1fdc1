package io.drover.converter.qcow2;

import io.drover.converter.error.ImportException;
import io.drover.converter.image.DiskImage;
import io.drover.converter.image.Extent;
import io.drover.converter.image.ImageFormat;
import io.drover.converter.image.MapEntry;
import io.drover.converter.image.ReadPolicy;
import io.drover.converter.image.Runs;
import io.drover.converter.image.SourceHoles;
import io.drover.converter.image.Zeros;
import io.drover.converter.storage.RandomAccessSource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;

/**
 * A qcow2 image of version 2 or 3, with deflate or zstd clusters, standard or extended L2 entries,
 * flattened with its backing file if one is allowed. Opening it reads and checks all metadata.
 *
 * <p>Memory: 8 MiB of L2 entries, 8 bytes for each L2 table, and per reading thread a cluster and
 * one read of the source if clusters are compressed; while opening also a bit for each cluster,
 * compressed.
 */
public final class Qcow2Image implements DiskImage {
  private final RandomAccessSource source;
  private final Qcow2Metadata metadata;
  private final ClusterMap map;
  private final CompressedClusters compressed;
  private final Optional<DiskImage> backing;
  private final List<String> warnings;

  private Qcow2Image(
      RandomAccessSource source,
      Qcow2Metadata metadata,
      CompressedClusters compressed,
      Optional<DiskImage> backing) {
    this.source = source;
    this.metadata = metadata;
    this.map =
        new ClusterMap(metadata.header(), metadata.l1(), new L2Slices(source, metadata.header()));
    this.compressed = compressed;
    this.backing = backing;
    this.warnings = new ArrayList<>(metadata.warnings());
    backing.ifPresent(image -> warnings.addAll(image.warnings()));
  }

  /**
   * Reads and checks the metadata. The image takes the source over; a refused one leaves it open.
   *
   * @param backingFiles asked only if the policy has backing roots and the image names a file
   * @throws ImportException with the name of what is wrong
   */
  public static Qcow2Image open(
      RandomAccessSource source, ReadPolicy policy, BackingOpener backingFiles) throws IOException {
    CompressedClusters compressed = null;
    try {
      Qcow2Metadata metadata = Qcow2Metadata.read(source, policy);
      compressed = new CompressedClusters(source, metadata.header(), policy.nativeInflate());
      for (CompressedDescriptor descriptor : metadata.atEnd()) {
        compressed.check(descriptor);
      }
      Optional<DiskImage> backing = Optional.empty();
      if (metadata.backingFile().isPresent()) {
        backing =
            Optional.of(backingFiles.open(metadata.backingFile().get(), metadata.backingFormat()));
      }
      return new Qcow2Image(source, metadata, compressed, backing);
    } catch (IOException | RuntimeException e) {
      if (compressed != null) {
        compressed.close();
      }
      throw e;
    }
  }

  @Override
  public ImageFormat format() {
    return ImageFormat.QCOW2;
  }

  @Override
  public long virtualSize() {
    return metadata.header().virtualSize();
  }

  /** What this layer's L2 tables hold. */
  public ClusterCounts counts() {
    return metadata.counts();
  }

  @Override
  public List<String> warnings() {
    return List.copyOf(warnings);
  }

  @Override
  public long decodeNanos() {
    return compressed.decodeNanos() + backing.map(DiskImage::decodeNanos).orElse(0L);
  }

  @Override
  public long decodedBytes() {
    return compressed.decodedBytes() + backing.map(DiskImage::decodedBytes).orElse(0L);
  }

  @Override
  public void read(long guestOffset, ByteBuffer target) throws IOException {
    long end = requireInside(guestOffset, Math.addExact(guestOffset, target.remaining()));
    long offset = guestOffset;
    while (offset < end) {
      ClusterRun run = map.at(offset, end);
      int length = (int) run.length();
      switch (run.kind()) {
        case UNALLOCATED -> readBacking(offset, length, target);
        case ZERO -> Zeros.fill(target, length);
        case DATA -> {
          int limit = target.limit();
          target.limit(target.position() + length);
          source.readFully(run.host(), target);
          target.limit(limit);
        }
        case COMPRESSED -> length = compressed.read(map, offset, end, target);
      }
      offset += length;
    }
  }

  private void readBacking(long offset, int length, ByteBuffer target) throws IOException {
    int below = (int) Math.min(length, Math.max(0, backingSize() - offset));
    if (below > 0) {
      int limit = target.limit();
      target.limit(target.position() + below);
      backing.get().read(offset, target);
      target.limit(limit);
    }
    Zeros.fill(target, length - below);
  }

  private long backingSize() {
    return backing.map(DiskImage::virtualSize).orElse(0L);
  }

  @Override
  public Iterator<Extent> extents(long start, long end) {
    requireInside(start, end);
    return Runs.extents(extentSource(), start, end);
  }

  /**
   * A walk of its own; walks of the layers below are nested, so that their cost does not multiply.
   */
  private Runs.Source<Extent> extentSource() {
    SourceHoles holes = new SourceHoles(source);
    Runs.Source<Extent> below =
        backing
            .map(
                image ->
                    image instanceof Qcow2Image layer
                        ? layer.extentSource()
                        : (Runs.Source<Extent>) (offset, end) -> image.extents(offset, end).next())
            .orElse(null);
    return (offset, end) -> {
      ClusterRun run = map.at(offset, end);
      return switch (run.kind()) {
        case COMPRESSED -> new Extent(offset, run.length(), false);
        case ZERO -> new Extent(offset, run.length(), true);
        // a preallocated image's clusters are holes of the file: they need not be read
        case DATA -> {
          long size = metadata.header().clusterSize();
          long zeros = holes.zeros(run.host(), run.length(), size);
          yield zeros > 0
              ? new Extent(offset, zeros, true)
              : new Extent(offset, holes.data(run.host(), run.length(), size), false);
        }
        case UNALLOCATED ->
            offset < backingSize()
                ? below.at(offset, Math.min(offset + run.length(), backingSize()))
                : new Extent(offset, run.length(), true);
      };
    };
  }

  @Override
  public Iterator<MapEntry> map(long start, long end) {
    requireInside(start, end);
    try {
      return Runs.mapEntries(mapSource(), start, end);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Runs.Source<MapEntry> mapSource() throws IOException {
    boolean preallocated = new Refcounts(source, metadata.header()).preallocated();
    Runs.Source<MapEntry> below = null;
    if (backing.isPresent()) {
      DiskImage image = backing.get();
      below =
          image instanceof Qcow2Image layer
              ? layer.mapSource()
              : (offset, end) -> image.map(offset, end).next();
    }
    return mapSource(preallocated, below);
  }

  private Runs.Source<MapEntry> mapSource(boolean preallocated, Runs.Source<MapEntry> below) {
    SourceHoles holes = new SourceHoles(source);
    return (offset, end) -> {
      ClusterRun run = map.at(offset, end);
      long length = run.length();
      return switch (run.kind()) {
        case COMPRESSED ->
            new MapEntry(offset, length, 0, true, false, true, true, MapEntry.NO_OFFSET);
        case ZERO -> new MapEntry(offset, length, 0, true, true, false, false, run.host());
        case DATA -> {
          long same = preallocated ? holes.sameKind(run.host(), length) : length;
          boolean zero = preallocated && holes.hole();
          yield new MapEntry(offset, same, 0, true, zero, true, false, run.host());
        }
        case UNALLOCATED ->
            offset < backingSize()
                ? below.at(offset, Math.min(offset + length, backingSize())).below(1)
                : new MapEntry(offset, length, 0, false, true, false, false, run.host());
      };
    };
  }

  @Override
  public int readSize() {
    return source.readSize();
  }

  private long requireInside(long start, long end) {
    if (start < 0 || start > end || end > virtualSize()) {
      throw new IllegalArgumentException(
          "range " + start + " to " + end + " outside the disk of " + virtualSize() + " bytes");
    }
    return end;
  }

  @Override
  public void requireUnchanged() throws IOException {
    source.requireUnchanged();
    if (backing.isPresent()) {
      backing.get().requireUnchanged();
    }
  }

  @Override
  public void close() throws IOException {
    compressed.close();
    try (source) {
      if (backing.isPresent()) {
        backing.get().close();
      }
    }
  }
}
