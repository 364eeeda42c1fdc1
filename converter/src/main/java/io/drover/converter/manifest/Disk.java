package io.drover.converter.manifest;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.drover.converter.digest.BlockDigests;
import io.drover.converter.error.ImportException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/**
 * The guest disk, as the manifest describes it. Has either {@code blocks} or {@code blocksKey}.
 *
 * @param virtualSize bytes
 * @param clusterSize of the metadata, in bytes
 * @param rawExternalData whether the data object alone is the disk
 * @param digest {@code sha256-4m:} and 64 hexadecimal digits, over the blocks' digests in order
 * @param blockSize 4 MiB
 * @param blocks one for each block, or null where {@code blocksKey} names them; they give the
 *     digest
 * @param blocksKey key of the object that {@link BlockListJson} wrote, or null
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Disk(
    long virtualSize,
    long clusterSize,
    boolean rawExternalData,
    String digest,
    int blockSize,
    List<Block> blocks,
    String blocksKey) {
  /** The most blocks in the manifest itself: 16 GiB of disk, 280 KiB of JSON. */
  public static final int MAX_INLINE_BLOCKS = 4096;

  public Disk {
    Manifest.requireSize(virtualSize, "disk.virtualSize");
    if (virtualSize > BlockDigests.MAX_DISK_SIZE) {
      throw new IllegalArgumentException("manifest with disk.virtualSize " + virtualSize);
    }
    if (clusterSize < 1) {
      throw new IllegalArgumentException("manifest with disk.clusterSize " + clusterSize);
    }
    if (!Manifest.require(digest, "disk.digest").matches(BlockDigests.SCHEME + "[0-9a-f]{64}")) {
      throw new IllegalArgumentException("manifest with a disk.digest of another form");
    }
    if (blockSize != BlockDigests.BLOCK_SIZE) {
      throw new IllegalArgumentException("manifest with disk.blockSize " + blockSize);
    }
    if ((blocks == null) == (blocksKey == null)) {
      throw new IllegalArgumentException("manifest needs disk.blocks or disk.blocksKey");
    }
    if (blocks != null) {
      blocks = List.copyOf(blocks);
      if (!digests(virtualSize, blocks).diskDigest().equals(digest)) {
        throw new IllegalArgumentException("manifest whose disk.blocks do not give disk.digest");
      }
    }
  }

  /** Whether a disk's blocks belong into an object of their own. */
  public static boolean needsBlocksKey(long virtualSize) {
    return BlockDigests.blocks(virtualSize) > MAX_INLINE_BLOCKS;
  }

  /** A disk whose blocks stand in the manifest. */
  public static Disk inline(long clusterSize, boolean rawExternalData, BlockDigests digests) {
    List<Block> blocks = new ArrayList<>(digests.count());
    for (int block = 0; block < digests.count(); block++) {
      blocks.add(
          digests.isZero(block)
              ? Block.ZERO
              : new Block(HexFormat.of().formatHex(digests.get(block))));
    }
    return new Disk(
        digests.diskSize(),
        clusterSize,
        rawExternalData,
        digests.diskDigest(),
        BlockDigests.BLOCK_SIZE,
        blocks,
        null);
  }

  /** A disk whose blocks stand in an object of that key. */
  public static Disk withBlocksAt(
      String blocksKey, long clusterSize, boolean rawExternalData, BlockDigests digests) {
    return new Disk(
        digests.diskSize(),
        clusterSize,
        rawExternalData,
        digests.diskDigest(),
        BlockDigests.BLOCK_SIZE,
        null,
        blocksKey);
  }

  /** The blocks, where they stand in the manifest. */
  @JsonIgnore
  public Optional<BlockDigests> inlineDigests() {
    return blocks == null ? Optional.empty() : Optional.of(digests(virtualSize, blocks));
  }

  private static BlockDigests digests(long virtualSize, List<Block> blocks) {
    if (blocks.size() > MAX_INLINE_BLOCKS || blocks.size() != BlockDigests.blocks(virtualSize)) {
      throw new IllegalArgumentException(
          "manifest with " + blocks.size() + " blocks for " + virtualSize + " bytes");
    }
    BlockDigests digests = new BlockDigests(virtualSize);
    try {
      for (int index = 0; index < blocks.size(); index++) {
        Block block = blocks.get(index);
        if (block.isZero()) {
          digests.putZero(index);
        } else {
          digests.put(index, HexFormat.of().parseHex(block.sha256()));
        }
      }
    } catch (ImportException exception) {
      throw new AssertionError("each block was put once", exception);
    }
    return digests;
  }
}
