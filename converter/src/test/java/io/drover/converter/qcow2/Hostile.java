package io.drover.converter.qcow2;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;

/**
 * A sound image of qemu-img's and pokes into it. The positions are read from the image itself, as
 * long as it is still sound.
 */
public final class Hostile {
  public final long l1;
  public final long l2;
  public final long reftable;
  public final long refblock;
  public final long firstData;
  public final int clusterSize;
  private final Set<Long> pokes = new TreeSet<>();
  private byte[] bytes;

  public Hostile(byte[] sound) {
    bytes = sound.clone();
    ByteBuffer image = ByteBuffer.wrap(bytes);
    clusterSize = 1 << image.getInt(20);
    l1 = image.getLong(40);
    l2 = image.getLong((int) l1) & Qcow2Spec.OFFSET_MASK;
    reftable = image.getLong(48);
    refblock = image.getLong((int) reftable);
    firstData = image.getLong((int) l2) & Qcow2Spec.OFFSET_MASK;
  }

  public byte[] bytes() {
    return bytes;
  }

  public int length() {
    return bytes.length;
  }

  public Hostile u8(long at, int value) {
    pokes.add(at);
    bytes[(int) at] = (byte) value;
    return this;
  }

  public Hostile u32(long at, long value) {
    pokes.add(at);
    ByteBuffer.wrap(bytes).putInt((int) at, (int) value);
    return this;
  }

  public Hostile u64(long at, long value) {
    pokes.add(at);
    ByteBuffer.wrap(bytes).putLong((int) at, value);
    return this;
  }

  /** The one field or entry that was changed; empty if it was none or several. */
  public OptionalLong place() {
    return pokes.size() == 1 ? OptionalLong.of(pokes.iterator().next()) : OptionalLong.empty();
  }

  public long u64(long at) {
    return ByteBuffer.wrap(bytes).getLong((int) at);
  }

  /** ORs bits into the incompatible features. */
  public Hostile incompatible(long bits) {
    return u64(72, u64(72) | bits);
  }

  /** Pokes the L2 entry of a guest cluster. */
  public Hostile entry(int cluster, long value) {
    return u64(l2 + 8L * cluster, value);
  }

  public long entry(int cluster) {
    return u64(l2 + 8L * cluster);
  }

  /** Replaces all header extensions by one, with the length it claims. */
  public Hostile extension(int type, long claimed, byte... data) {
    Arrays.fill(bytes, 112, 4096, (byte) 0);
    u32(112, type).u32(116, claimed);
    System.arraycopy(data, 0, bytes, 120, data.length);
    return this;
  }

  public Hostile extension(int type, String text) {
    byte[] data = text.getBytes(StandardCharsets.UTF_8);
    return extension(type, data.length, data);
  }

  /** Puts a backing file name where no extension is. */
  public Hostile backing(String name) {
    byte[] data = name.getBytes(StandardCharsets.UTF_8);
    System.arraycopy(data, 0, bytes, 8192, data.length);
    return u64(8, 8192).u32(16, data.length);
  }

  public Hostile cut(long length) {
    bytes = Arrays.copyOf(bytes, (int) length);
    return this;
  }

  /** Appends whole clusters and returns their offset. */
  public long append(byte[] data) {
    int at = (bytes.length + clusterSize - 1) / clusterSize * clusterSize;
    bytes = Arrays.copyOf(bytes, at + (data.length + clusterSize - 1) / clusterSize * clusterSize);
    System.arraycopy(data, 0, bytes, at, data.length);
    return at;
  }

  /** An L2 entry for compressed data at any offset. */
  public long compressed(long offset, int length) {
    int bits = Integer.numberOfTrailingZeros(clusterSize);
    long sectors = (offset + length - 1) / 512 - offset / 512;
    return Qcow2Spec.COMPRESSED | sectors << 62 - (bits - 8) | offset;
  }

  public Hostile put(long at, byte[] data) {
    System.arraycopy(data, 0, bytes, (int) at, data.length);
    return this;
  }
}
