package io.drover.converter.export;

import io.drover.converter.qcow2.Qcow2Spec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/**
 * A self-contained qcow2 that is written once, from the first guest cluster to the last ("The QCOW2
 * image format", docs/interop/qcow2.rst). Clusters are appended as they come, an L2 table follows
 * the clusters it maps, L1 and refcount tables come last. A refcount block lies at the beginning of
 * the stretch of file that it counts, so that only one of them is held. What is all zeros is not
 * allocated. Memory: one L2 table, one refcount block and the L1 table, whatever the disk's size.
 * Thread-confined.
 */
final class Qcow2Output {
  private static final int SECTOR_BITS = 9;

  private final FileChannel file;
  private final long virtualSize;
  private final int clusterBits;
  private final int cluster;

  /** L2 entries, L1 entries or refcount blocks' places in a cluster. */
  private final int entries;

  /** Host clusters that one refcount block counts. */
  private final int counted;

  private final boolean zstd;
  private final long[] l1;
  private final ByteBuffer l2;
  private final ByteBuffer refcounts;
  private final long[] refcountBlocks;
  private boolean l2Used;
  private int l2Index;

  /** Number of the next host cluster that nothing lies in. */
  private long next;

  /** Where the next compressed cluster may begin; at a cluster's start: nowhere yet. */
  private long packed;

  private int stretch;

  /**
   * @param clusterBits of a cluster's size in bytes, 9 to 21
   * @param zstd whether compressed clusters are Zstandard, else DEFLATE
   */
  Qcow2Output(FileChannel file, long virtualSize, int clusterBits, boolean zstd) {
    this.file = file;
    this.virtualSize = virtualSize;
    this.clusterBits = clusterBits;
    this.cluster = 1 << clusterBits;
    this.entries = cluster / Long.BYTES;
    this.counted = cluster / Short.BYTES;
    this.l2 = ByteBuffer.allocate(cluster);
    this.refcounts = ByteBuffer.allocate(cluster);
    this.zstd = zstd;
    this.l1 = new long[Math.toIntExact(ceil(ceil(virtualSize, cluster), entries))];
    // enough for a file in which nothing became smaller, with its tables
    this.refcountBlocks =
        new long
            [Math.toIntExact(ceil(ceil(virtualSize, cluster) + l1.length * 3L + 16, counted) + 2)];
    beginStretch(0, 1);
  }

  private static long ceil(long value, long unit) {
    return value / unit + (value % unit == 0 ? 0 : 1);
  }

  /** Takes a guest cluster as it is; the clusters come in order and each once. */
  void plain(long guestCluster, ByteBuffer bytes) throws IOException {
    long offset = allocate(1);
    write(bytes, offset);
    map(guestCluster, offset | Qcow2Spec.COPIED);
  }

  /** Takes a guest cluster in fewer bytes. */
  void compressed(long guestCluster, ByteBuffer bytes) throws IOException {
    int length = bytes.remaining();
    long offset = pack(length);
    write(bytes, offset);
    long first = offset >> SECTOR_BITS;
    long last = offset + length - 1 >> SECTOR_BITS;
    map(guestCluster, Qcow2Spec.COMPRESSED | (last - first) << (62 - (clusterBits - 8)) | offset);
    for (long host = offset >> clusterBits; host <= offset + length - 1 >> clusterBits; host++) {
      count(host);
    }
  }

  /** Writes what is left: tables and, last of all, the header. */
  void finish() throws IOException {
    endL2();
    long l1Offset = 0;
    if (l1.length > 0) {
      ByteBuffer table = ByteBuffer.allocate(Math.toIntExact(ceil(l1.length, entries) * cluster));
      table.asLongBuffer().put(l1);
      l1Offset = allocate(table.capacity() / cluster);
      write(table, l1Offset);
    }
    int clusters = Math.toIntExact(ceil(refcountBlocks.length, entries));
    long tableOffset = allocate(clusters);
    endStretch();
    ByteBuffer table = ByteBuffer.allocate(clusters * cluster);
    table.asLongBuffer().put(refcountBlocks);
    write(table, tableOffset);
    write(header(l1Offset, tableOffset, clusters), 0);
  }

  private ByteBuffer header(long l1Offset, long tableOffset, int tableClusters) {
    ByteBuffer header = ByteBuffer.allocate(cluster);
    header.putInt(Qcow2Spec.MAGIC).putInt(Qcow2Spec.VERSION_3);
    header.putLong(0).putInt(0); // no backing file
    header.putInt(clusterBits).putLong(virtualSize);
    header.putInt(0); // no encryption
    header.putInt(l1.length).putLong(l1Offset);
    header.putLong(tableOffset).putInt(tableClusters);
    header.putInt(0).putLong(0); // no snapshots
    header.putLong(zstd ? Qcow2Spec.INCOMPATIBLE_COMPRESSION_TYPE : 0).putLong(0).putLong(0);
    header.putInt(Qcow2Spec.REFCOUNT_ORDER_DEFAULT).putInt(Qcow2Spec.HEADER_LENGTH_V3);
    header.put((byte) (zstd ? Qcow2Spec.COMPRESSION_ZSTD : Qcow2Spec.COMPRESSION_DEFLATE));
    // the end of the header extensions is zeros, too
    return header.rewind();
  }

  private void map(long guestCluster, long entry) throws IOException {
    int table = (int) (guestCluster / entries);
    if (table != l2Index) {
      endL2();
      l2Index = table;
    }
    l2.putLong((int) (guestCluster % entries) * Long.BYTES, entry);
    l2Used = true;
  }

  private void endL2() throws IOException {
    if (!l2Used) {
      return;
    }
    long offset = allocate(1);
    write(l2.clear(), offset);
    l1[l2Index] = offset | Qcow2Spec.COPIED;
    java.util.Arrays.fill(l2.array(), (byte) 0);
    l2Used = false;
  }

  /** Host clusters that follow each other, counted once each; the offset of the first. */
  private long allocate(int clusters) throws IOException {
    long last = next + clusters - 1;
    if (last / counted != stretch) {
      endStretch();
      beginStretch(Math.toIntExact(last / counted), last / counted * counted);
      // a packed cluster of the stretch before could be counted no more
      packed = 0;
    }
    long first = next;
    next += clusters;
    for (long host = first; host < next; host++) {
      count(host);
    }
    return first << clusterBits;
  }

  /** Room for a compressed cluster, which may share host clusters with its neighbours. */
  private long pack(int length) throws IOException {
    long room = packed % cluster == 0 ? 0 : cluster - packed % cluster;
    boolean goesOn = room > 0 && (packed >> clusterBits) + 1 == next && next / counted == stretch;
    if (length > room && !goesOn) {
      packed = reserve();
    } else if (length > room) {
      reserve();
    }
    long offset = packed;
    packed += length;
    return offset;
  }

  /** A host cluster that those count who put something into it. */
  private long reserve() throws IOException {
    long offset = allocate(1);
    uncount(offset >> clusterBits);
    return offset;
  }

  private void beginStretch(int number, long blockCluster) {
    stretch = number;
    java.util.Arrays.fill(refcounts.array(), (byte) 0);
    if (number == 0) {
      count(0);
    }
    refcountBlocks[number] = blockCluster << clusterBits;
    count(blockCluster);
    next = blockCluster + 1;
  }

  private void endStretch() throws IOException {
    write(refcounts.clear(), refcountBlocks[stretch]);
  }

  private void count(long host) {
    int at = (int) (host % counted) * Short.BYTES;
    refcounts.putShort(at, (short) (refcounts.getShort(at) + 1));
  }

  private void uncount(long host) {
    int at = (int) (host % counted) * Short.BYTES;
    refcounts.putShort(at, (short) (refcounts.getShort(at) - 1));
  }

  private void write(ByteBuffer bytes, long offset) throws IOException {
    long at = offset;
    while (bytes.hasRemaining()) {
      at += file.write(bytes, at);
    }
  }
}
