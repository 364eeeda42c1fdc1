package io.drover.converter.metadata;

import io.drover.converter.qcow2.Qcow2Spec;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** The header cluster of the files we write (qcow2.rst, "Header" and "Header extensions"). */
final class HeaderEncoder {
  private static final int EXTENSION_ALIGNMENT = 8;
  private static final int FEATURE_NAME_BYTES = 46;
  private static final byte FEATURE_INCOMPATIBLE = 0;
  private static final byte FEATURE_AUTOCLEAR = 2;

  private final ByteBuffer bytes;
  private final MetadataLayout layout;

  private HeaderEncoder(MetadataLayout layout) {
    this.layout = layout;
    this.bytes = ByteBuffer.allocate(layout.clusterSize());
  }

  /** A header whose guest clusters lie in an external data file. */
  static byte[] withDataFile(MetadataLayout layout, DataFile dataFile) {
    HeaderEncoder encoder = new HeaderEncoder(layout);
    encoder.fields(
        0,
        0,
        Qcow2Spec.INCOMPATIBLE_DATA_FILE,
        dataFile.raw() ? Qcow2Spec.AUTOCLEAR_RAW_DATA_FILE : 0);
    encoder.extension(
        Qcow2Spec.EXTENSION_DATA_FILE, dataFile.name().getBytes(StandardCharsets.UTF_8));
    encoder.extension(Qcow2Spec.EXTENSION_FEATURE_NAMES, featureNames());
    encoder.extension(Qcow2Spec.EXTENSION_END, new byte[0]);
    return encoder.bytes.array();
  }

  /** A header of an overlay over a backing file. */
  static byte[] withBackingFile(MetadataLayout layout, byte[] backingName, String backingFormat) {
    HeaderEncoder encoder = new HeaderEncoder(layout);
    byte[] format = backingFormat.getBytes(StandardCharsets.US_ASCII);
    int nameOffset =
        Qcow2Spec.HEADER_LENGTH_V3 + extensionLength(format.length) + extensionLength(0);
    encoder.fields(nameOffset, backingName.length, 0, 0);
    encoder.extension(Qcow2Spec.EXTENSION_BACKING_FORMAT, format);
    encoder.extension(Qcow2Spec.EXTENSION_END, new byte[0]);
    encoder.bytes.put(backingName);
    return encoder.bytes.array();
  }

  private void fields(long nameOffset, int nameLength, long incompatible, long autoclear) {
    bytes.putInt(Qcow2Spec.MAGIC).putInt(Qcow2Spec.VERSION_3);
    bytes.putLong(nameOffset).putInt(nameLength);
    bytes.putInt(layout.clusterBits()).putLong(layout.virtualSize());
    bytes.putInt(0); // no encryption
    // an L1 table without entries lies nowhere, as QEMU writes it
    bytes.putInt(layout.l1Entries());
    bytes.putLong(layout.l1Entries() == 0 ? 0 : layout.offset(layout.l1Cluster()));
    bytes.putLong(layout.offset(layout.refcountTableCluster()));
    bytes.putInt(layout.refcountTableClusters());
    bytes.putInt(0).putLong(0); // no snapshots
    bytes.putLong(incompatible).putLong(0).putLong(autoclear);
    bytes.putInt(Qcow2Spec.REFCOUNT_ORDER_DEFAULT).putInt(Qcow2Spec.HEADER_LENGTH_V3);
    bytes.putLong(0); // compression type deflate, and padding
  }

  private void extension(int type, byte[] data) {
    int end = bytes.position() + extensionLength(data.length);
    bytes.putInt(type).putInt(data.length).put(data).position(end);
  }

  private static int extensionLength(int dataLength) {
    return 2 * Integer.BYTES
        + (dataLength + EXTENSION_ALIGNMENT - 1) / EXTENSION_ALIGNMENT * EXTENSION_ALIGNMENT;
  }

  /**
   * The names of the two bits we set, so that a reader that knows neither can say what it misses.
   * QEMU names all its bits and leaves the table out when clusters are small; two names fit in any.
   */
  private static byte[] featureNames() {
    ByteBuffer table = ByteBuffer.allocate(2 * (2 + FEATURE_NAME_BYTES));
    feature(table, FEATURE_INCOMPATIBLE, Qcow2Spec.INCOMPATIBLE_DATA_FILE, "external data file");
    feature(table, FEATURE_AUTOCLEAR, Qcow2Spec.AUTOCLEAR_RAW_DATA_FILE, "raw external data");
    return table.array();
  }

  private static void feature(ByteBuffer table, byte type, long bit, String name) {
    int end = table.position() + 2 + FEATURE_NAME_BYTES;
    table.put(type).put((byte) Long.numberOfTrailingZeros(bit));
    table.put(name.getBytes(StandardCharsets.US_ASCII)).position(end);
  }
}
