package io.drover.converter.metadata;

import io.drover.converter.error.ImportException;
import io.drover.converter.qcow2.Qcow2Spec;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.roaringbitmap.PeekableIntIterator;
import org.roaringbitmap.RoaringBitmap;

/**
 * A qcow2 file without guest data, front to back, its length known before the first byte.
 *
 * <p>Every cluster is computed from its number alone, so that any range can be produced again for a
 * retry, and nothing is kept but one cluster for each open stream.
 *
 * <p>Immutable and thread-safe; marks made after construction do not count.
 */
public final class MetadataWriter {
  private final MetadataLayout layout;
  private final byte[] header;
  private final RoaringBitmap data;

  /** The L2 tables with data, by L1 index; their order is their order in the file. */
  private final RoaringBitmap tables;

  /** The metadata of a disk whose guest clusters lie in {@code dataFile}. */
  public MetadataWriter(DataClusters clusters, DataFile dataFile) throws ImportException {
    data = clusters.snapshot();
    tables = tables(data, clusters.fullLayout().l2Entries());
    layout =
        MetadataLayout.of(
            clusters.virtualSize(), clusters.fullLayout().clusterBits(), tables.getCardinality());
    header = HeaderEncoder.withDataFile(layout, dataFile);
  }

  /** A file without any guest cluster. */
  MetadataWriter(MetadataLayout layout, byte[] header) {
    if (layout.l2Tables() != 0) {
      throw new IllegalArgumentException("an empty file has " + layout.l2Tables() + " L2 tables");
    }
    this.layout = layout;
    this.header = header;
    this.data = new RoaringBitmap();
    this.tables = new RoaringBitmap();
  }

  /** Bytes of the file, whole clusters. */
  public long length() {
    return layout.length();
  }

  /** Writes all of it, front to back. */
  public void writeTo(OutputStream target) throws IOException {
    byte[] cluster = new byte[layout.clusterSize()];
    for (long number = 0; number < layout.clusters(); number++) {
      fill(number, cluster);
      target.write(cluster);
    }
  }

  /**
   * A stream over a range of the file; any number of them, each for one thread.
   *
   * @param offset of the first byte
   * @param length bytes; the range lies within the file
   */
  public InputStream open(long offset, long length) {
    if (offset < 0 || length < 0 || length > length() - offset) {
      throw new IllegalArgumentException(
          "offset " + offset + ", length " + length + " is not in a file of " + length());
    }
    return new RangeStream(offset, offset + length);
  }

  MetadataLayout layout() {
    return layout;
  }

  private static RoaringBitmap tables(RoaringBitmap data, int l2Entries) {
    RoaringBitmap tables = new RoaringBitmap();
    long cluster = data.nextValue(0);
    while (cluster >= 0) {
      long table = cluster / l2Entries;
      tables.add((int) table);
      long next = (table + 1) * l2Entries;
      // nextValue takes an unsigned int, which the end of the largest disk is not
      cluster = next > 0xFFFF_FFFFL ? -1 : data.nextValue((int) next);
    }
    return tables;
  }

  private void fill(long cluster, byte[] target) {
    if (cluster < layout.refcountTableCluster()) {
      System.arraycopy(header, 0, target, 0, target.length);
      return;
    }
    Arrays.fill(target, (byte) 0);
    ByteBuffer entries = ByteBuffer.wrap(target);
    if (cluster < layout.refcountBlockCluster()) {
      refcountTable(cluster - layout.refcountTableCluster(), entries);
    } else if (cluster < layout.l1Cluster()) {
      refcountBlock(cluster - layout.refcountBlockCluster(), entries);
    } else if (cluster < layout.l2Cluster()) {
      l1Table(cluster - layout.l1Cluster(), entries);
    } else {
      l2Table(tables.select((int) (cluster - layout.l2Cluster())), entries);
    }
  }

  private void refcountTable(long index, ByteBuffer entries) {
    long block = index * (entries.capacity() / Long.BYTES);
    while (entries.hasRemaining() && block < layout.refcountBlocks()) {
      entries.putLong(layout.offset(layout.refcountBlockCluster() + block));
      block++;
    }
  }

  private void refcountBlock(long index, ByteBuffer entries) {
    long cluster = index * (entries.capacity() / Short.BYTES);
    while (entries.hasRemaining() && cluster < layout.clusters()) {
      entries.putShort((short) 1);
      cluster++;
    }
  }

  /** A range without data has the entry 0 and no table: "unallocated" reads as zeros. */
  private void l1Table(long index, ByteBuffer entries) {
    int perCluster = entries.capacity() / Long.BYTES;
    int first = Math.toIntExact(index * perCluster);
    long cluster = layout.l2Cluster() + tables.rangeCardinality(0, first);
    PeekableIntIterator table = tables.getIntIterator();
    table.advanceIfNeeded(first);
    while (table.hasNext() && table.peekNext() - first < perCluster) {
      entries.putLong(
          (table.next() - first) * Long.BYTES, Qcow2Spec.COPIED | layout.offset(cluster));
      cluster++;
    }
  }

  /**
   * Beside data, zeros are said to be zeros (entry 1) rather than left unallocated: they stay zeros
   * when somebody attaches a backing file at run time. Entries past the disk's end stay 0.
   */
  private void l2Table(int table, ByteBuffer entries) {
    long first = (long) table * layout.l2Entries();
    int count = (int) Math.min(layout.l2Entries(), layout.guestClusters() - first);
    for (int index = 0; index < count; index++) {
      entries.putLong(index * Long.BYTES, Qcow2Spec.ZERO);
    }
    PeekableIntIterator cluster = data.getIntIterator();
    cluster.advanceIfNeeded((int) first);
    while (cluster.hasNext()) {
      long number = Integer.toUnsignedLong(cluster.next());
      if (number >= first + count) {
        return;
      }
      // host offset = guest offset is QEMU's rule; without the flag cluster 0 would be unallocated
      entries.putLong(
          (int) (number - first) * Long.BYTES, Qcow2Spec.COPIED | number << layout.clusterBits());
    }
  }

  private final class RangeStream extends InputStream {
    private final byte[] cluster = new byte[layout.clusterSize()];
    private final long end;
    private long filled = -1;
    private long position;

    RangeStream(long start, long end) {
      this.position = start;
      this.end = end;
    }

    @Override
    public int read() {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] target, int offset, int length) {
      if (length == 0) {
        return 0;
      }
      if (position == end) {
        return -1;
      }
      long number = position >> layout.clusterBits();
      if (number != filled) {
        fill(number, cluster);
        filled = number;
      }
      int within = (int) (position - layout.offset(number));
      int count = (int) Math.min(Math.min(length, cluster.length - within), end - position);
      System.arraycopy(cluster, within, target, offset, count);
      position += count;
      return count;
    }

    @Override
    public int available() {
      return (int) Math.min(Integer.MAX_VALUE, end - position);
    }
  }
}
