package io.drover.converter.qcow2;

/**
 * A compressed cluster's descriptor; section "Compressed Clusters Descriptor".
 *
 * @param offset host offset of the first byte, of any alignment
 * @param length at most as many bytes belong to the cluster: the format counts whole sectors
 */
record CompressedDescriptor(long offset, int length) {
  /** The specification's limit on host offsets; larger ones fit in the bits of small clusters. */
  static final int OFFSET_BITS = 56;

  static CompressedDescriptor decode(long entry, int clusterBits) {
    int offsetBits = 62 - (clusterBits - 8);
    long offset = entry & (1L << offsetBits) - 1;
    long extraSectors = entry >>> offsetBits & (1L << clusterBits - 8) - 1;
    long length = (extraSectors + 1) * Qcow2Spec.SECTOR - offset % Qcow2Spec.SECTOR;
    return new CompressedDescriptor(offset, (int) length);
  }
}
