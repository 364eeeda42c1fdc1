package io.drover.converter.qcow2;

import io.drover.converter.error.ImportException;
import io.drover.converter.error.Printable;
import io.drover.converter.image.ReadPolicy;
import io.drover.converter.storage.RandomAccessSource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a qcow2 header says, for display: read without judging, so that refused images can be
 * described, too. All text is escaped. Where a field makes no sense the value is {@link #UNKNOWN}.
 *
 * @param version 2 or 3 in sound images; QEMU calls them compat 0.10 and 1.1
 * @param virtualSize bytes
 * @param extensions one line for each header extension, as far as they can be read
 * @param counts what the L2 tables of this file hold, if they are sound
 */
public record Qcow2Facts(
    long version,
    long virtualSize,
    long clusterSize,
    String compressionType,
    long refcountBits,
    boolean extendedL2,
    boolean lazyRefcounts,
    boolean dirty,
    boolean corrupt,
    boolean encrypted,
    long snapshots,
    Optional<String> backingFile,
    Optional<String> backingFormat,
    Optional<String> dataFile,
    boolean rawDataFile,
    List<String> extensions,
    Optional<ClusterCounts> counts) {
  public static final long UNKNOWN = -1;

  public Qcow2Facts {
    extensions = List.copyOf(extensions);
  }

  /** The header's facts without counts; empty if the source does not begin with a whole header. */
  public static Optional<Qcow2Facts> read(RandomAccessSource source) throws IOException {
    ByteBuffer start = ByteBuffer.allocate((int) Math.min(1 << 21, source.size()));
    source.readFully(0, start);
    start.flip();
    if (start.limit() < Qcow2Spec.HEADER_LENGTH_V2 || start.getInt(0) != Qcow2Spec.MAGIC) {
      return Optional.empty();
    }
    Qcow2Header header = Qcow2Header.decode(start);
    boolean sized =
        header.clusterBits() >= Qcow2Spec.CLUSTER_BITS_MIN
            && header.clusterBits() <= Qcow2Spec.CLUSTER_BITS_MAX;
    long area = sized ? Math.min(header.clusterSize(), start.limit()) : start.limit();
    Optional<String> backing = backingFile(header, start, area);
    long end = backing.isPresent() ? header.backingFileOffset() : area;
    List<HeaderExtension> extensions = extensions(header, start, end);
    boolean zstd = header.compressionType() == Qcow2Spec.COMPRESSION_ZSTD;
    return Optional.of(
        new Qcow2Facts(
            header.version() & 0xFFFFFFFFL,
            Math.max(UNKNOWN, header.size()),
            sized ? header.clusterSize() : UNKNOWN,
            header.compressionType() == Qcow2Spec.COMPRESSION_DEFLATE
                ? "zlib"
                : zstd ? "zstd" : "unknown (" + header.compressionType() + ")",
            header.refcountOrder() <= Qcow2Spec.REFCOUNT_ORDER_MAX
                ? 1L << header.refcountOrder()
                : UNKNOWN,
            header.extendedL2(),
            (header.compatible() & Qcow2Spec.COMPATIBLE_LAZY_REFCOUNTS) != 0,
            header.has(Qcow2Spec.INCOMPATIBLE_DIRTY),
            header.has(Qcow2Spec.INCOMPATIBLE_CORRUPT),
            header.cryptMethod() != 0,
            header.snapshotCount(),
            backing,
            first(extensions, HeaderExtension.BackingFormat.class).map(it -> text(it.name())),
            first(extensions, HeaderExtension.DataFileName.class).map(it -> text(it.name())),
            (header.autoclear() & Qcow2Spec.AUTOCLEAR_RAW_DATA_FILE) != 0,
            lines(extensions),
            Optional.empty()));
  }

  /** What the L2 tables of the file hold, if its metadata is sound; opens no backing file. */
  public static Optional<ClusterCounts> count(RandomAccessSource source, ReadPolicy policy) {
    try {
      // any directory will do: reading metadata opens no backing file
      ReadPolicy lenient = policy.withBackingRoots(List.of(Path.of(""))).withAllowCorrupt(true);
      return Optional.of(Qcow2Metadata.read(source, lenient).counts());
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  public Qcow2Facts withCounts(Optional<ClusterCounts> found) {
    return new Qcow2Facts(
        version,
        virtualSize,
        clusterSize,
        compressionType,
        refcountBits,
        extendedL2,
        lazyRefcounts,
        dirty,
        corrupt,
        encrypted,
        snapshots,
        backingFile,
        backingFormat,
        dataFile,
        rawDataFile,
        extensions,
        found);
  }

  private static Optional<String> backingFile(Qcow2Header header, ByteBuffer start, long area) {
    long offset = header.backingFileOffset();
    if (offset == 0 || offset < header.headerLength() || offset >= area) {
      return Optional.empty();
    }
    long length = Math.min(Qcow2Spec.BACKING_NAME_MAX, header.backingFileSize());
    ByteBuffer name = start.slice((int) offset, (int) Math.min(length, area - offset));
    return Optional.of(text(StandardCharsets.UTF_8.decode(name).toString()));
  }

  private static List<HeaderExtension> extensions(Qcow2Header header, ByteBuffer start, long end) {
    if (header.headerLength() > end) {
      return List.of();
    }
    try {
      return HeaderExtension.parse(start, (int) header.headerLength(), (int) end);
    } catch (ImportException e) {
      return List.of();
    }
  }

  private static <T> Optional<T> first(List<HeaderExtension> extensions, Class<T> type) {
    return extensions.stream().filter(type::isInstance).map(type::cast).findFirst();
  }

  private static List<String> lines(List<HeaderExtension> extensions) {
    List<String> lines = new ArrayList<>();
    for (HeaderExtension extension : extensions) {
      if (extension instanceof HeaderExtension.BackingFormat format) {
        lines.add("backing format " + text(format.name()));
      } else if (extension instanceof HeaderExtension.DataFileName name) {
        lines.add("data file " + text(name.name()));
      } else if (extension instanceof HeaderExtension.FeatureNames names) {
        lines.add("feature names (" + names.names().size() + ")");
      } else if (extension instanceof HeaderExtension.Bitmaps bitmaps) {
        lines.add("bitmaps (" + bitmaps.count() + ")");
      } else if (extension instanceof HeaderExtension.Luks) {
        lines.add("LUKS header");
      } else if (extension instanceof HeaderExtension.Unknown unknown) {
        lines.add(String.format("unknown %08x (%d bytes)", unknown.type(), unknown.length()));
      } else {
        throw new AssertionError(extension);
      }
    }
    return lines;
  }

  private static String text(String hostile) {
    return Printable.text(hostile, Qcow2Spec.BACKING_NAME_MAX);
  }
}
