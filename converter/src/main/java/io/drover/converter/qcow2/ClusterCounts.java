package io.drover.converter.qcow2;

/**
 * What the L2 tables hold.
 *
 * @param data clusters stored plainly, shared ones counted as often as they are used
 * @param zero clusters that read as zeros without being stored, or stored but not read
 * @param compressed clusters stored compressed
 * @param dataBytes guest bytes below the virtual size that must be read or decompressed
 */
public record ClusterCounts(long data, long zero, long compressed, long dataBytes) {}
