package io.drover.converter.qcow2;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.image.ReadPolicy;
import io.drover.converter.storage.RandomAccessSource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * All of an image that is not guest data, read and checked.
 *
 * @param backingFile the backing file's name, hostile
 * @param atEnd compressed clusters that must be tried, see {@link L2Scan#atEnd()}
 * @param warnings escaped
 */
record Qcow2Metadata(
    Qcow2Header header,
    List<HeaderExtension> extensions,
    Optional<String> backingFile,
    L1Table l1,
    ClusterCounts counts,
    List<CompressedDescriptor> atEnd,
    List<String> warnings) {
  /**
   * Ours: host clusters are numbered by 32 bits, and a table may reach 32 MiB beyond the end. No
   * image of the sizes that QEMU can make comes near it.
   */
  private static final long HOST_CLUSTERS_MAX =
      (1L << 32) - (Qcow2Spec.L1_TABLE_MAX >>> Qcow2Spec.CLUSTER_BITS_MIN);

  static Qcow2Metadata read(RandomAccessSource source, ReadPolicy policy) throws IOException {
    ByteBuffer fields = head(source, Qcow2Spec.HEADER_LENGTH_V3);
    if (fields.limit() < Qcow2Spec.HEADER_LENGTH_V2) {
      throw ImportException.refused(
          ErrorCode.QCOW2_HEADER_TRUNCATED,
          fields.limit(),
          "read the header: the file ends after "
              + fields.limit()
              + " bytes, before the header's "
              + Qcow2Spec.HEADER_LENGTH_V2);
    }
    if (fields.getInt(0) != Qcow2Spec.MAGIC) {
      throw ImportException.refused(
          ErrorCode.FORMAT_MISMATCH,
          0,
          String.format("read the header: magic %08x instead of 514649fb", fields.getInt(0)));
    }
    Qcow2Header header = Qcow2Header.decode(fields);
    HeaderCheck check = new HeaderCheck(header);
    check.frame(source.size());
    ByteBuffer cluster = head(source, (int) header.clusterSize());
    Optional<String> backing = backingFile(header, check, cluster, policy);
    int end = (int) (backing.isPresent() ? header.backingFileOffset() : header.clusterSize());
    List<HeaderExtension> extensions =
        HeaderExtension.parse(cluster, (int) header.headerLength(), end);
    check.features(extensions, policy);
    TableCheck.require(header, policy);
    if (source.size() >>> header.clusterBits() >= HOST_CLUSTERS_MAX) {
      throw ImportException.refused(
          ErrorCode.SOURCE_TOO_LARGE,
          "read the header: a file of "
              + source.size()
              + " bytes has too many clusters of "
              + header.clusterSize());
    }
    return mapped(source, header, extensions, backing, policy);
  }

  private static Optional<String> backingFile(
      Qcow2Header header, HeaderCheck check, ByteBuffer cluster, ReadPolicy policy)
      throws ImportException {
    if (header.backingFileOffset() != 0 && policy.backingRoots().isEmpty()) {
      throw ImportException.refused(
          ErrorCode.QCOW2_BACKING_FILE,
          8,
          "read the header at offset 8: the image needs a backing file, and none is allowed;"
              + " flatten it with qemu-img convert, or allow backing files below a directory");
    }
    if (!check.backingFile()) {
      return Optional.empty();
    }
    ByteBuffer name =
        cluster.slice((int) header.backingFileOffset(), (int) header.backingFileSize());
    return Optional.of(StandardCharsets.UTF_8.decode(name).toString());
  }

  private static Qcow2Metadata mapped(
      RandomAccessSource source,
      Qcow2Header header,
      List<HeaderExtension> extensions,
      Optional<String> backing,
      ReadPolicy policy)
      throws IOException {
    MetadataClusters metadata = new MetadataClusters(header.clusterBits());
    metadata.add(0, header.clusterSize(), 0, "the header");
    Refcounts refcounts = new Refcounts(source, header);
    refcounts.mark(metadata);
    if (header.snapshotCount() > 0 && header.snapshotsOffset() >= source.size()) {
      throw refcounts.beyondEnd(
          ErrorCode.QCOW2_SNAPSHOT_TABLE, 64, "the snapshot table", header.snapshotsOffset());
    }
    L1Table l1 = L1Table.read(source, header, refcounts, metadata);
    L2Scan scan = new L2Scan(source, header, refcounts, metadata);
    ClusterCounts counts = scan.run(l1);
    requireBounded(counts.dataBytes(), source.size(), policy);
    return new Qcow2Metadata(
        header, extensions, backing, l1, counts, scan.atEnd(), warnings(header));
  }

  private static void requireBounded(long dataBytes, long fileSize, ReadPolicy policy)
      throws ImportException {
    if (dataBytes > policy.maxDataBytes()) {
      throw ImportException.refused(
          ErrorCode.EXPANSION_LIMIT,
          "count the data: "
              + dataBytes
              + " bytes of guest data exceed the limit of "
              + policy.maxDataBytes()
              + "; raise the limit to import it");
    }
    if (dataBytes > ReadPolicy.EXPANSION_FLOOR && dataBytes / fileSize >= policy.maxExpansion()) {
      throw ImportException.refused(
          ErrorCode.EXPANSION_LIMIT,
          "count the data: "
              + dataBytes
              + " bytes of guest data in a file of "
              + fileSize
              + ", more than the allowed "
              + policy.maxExpansion()
              + " to one; raise the ratio if the disk is really so uniform");
    }
  }

  private static List<String> warnings(Qcow2Header header) {
    List<String> warnings = new ArrayList<>();
    if (header.has(Qcow2Spec.INCOMPATIBLE_DIRTY)) {
      warnings.add("the image was not closed by its last writer (dirty bit); its data is complete");
    }
    if (header.has(Qcow2Spec.INCOMPATIBLE_CORRUPT)) {
      warnings.add("the image is marked corrupt by its last writer; it was read as asked");
    }
    if (header.size() != header.virtualSize()) {
      warnings.add(
          "the virtual size of "
              + header.size()
              + " bytes is no multiple of 512: the disk has "
              + header.virtualSize()
              + ", as in QEMU");
    }
    if (header.snapshotCount() > 0) {
      warnings.add(
          "the image holds "
              + header.snapshotCount()
              + " internal snapshots; only the active state is read");
    }
    return List.copyOf(warnings);
  }

  private static ByteBuffer head(RandomAccessSource source, int length) throws IOException {
    ByteBuffer head = ByteBuffer.allocate((int) Math.min(length, source.size()));
    source.readFully(0, head);
    return head.flip();
  }

  /** The declared format of the backing file, hostile. */
  Optional<String> backingFormat() {
    return extensions.stream()
        .filter(HeaderExtension.BackingFormat.class::isInstance)
        .map(extension -> ((HeaderExtension.BackingFormat) extension).name())
        .findFirst();
  }
}
