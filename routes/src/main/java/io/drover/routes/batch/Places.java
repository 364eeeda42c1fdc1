package io.drover.routes.batch;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * Which line named a place first, for millions of lines: 64 bits of a SHA-256 stand for a place, 12
 * bytes for each with its line. Two places that share their 64 bits would make one of them be
 * refused; among a million that happens once in 37 million lists. Not thread-safe.
 *
 * <p>The store's own answer would need no memory, and would come too late: where two lines with one
 * destination run at the same time, it is chance which of them is refused.
 */
final class Places {
  private static final int FIRST_CAPACITY = 1 << 10;

  private final MessageDigest sha256;
  private long[] hashes = new long[FIRST_CAPACITY];
  private int[] lines = new int[FIRST_CAPACITY];
  private int count;

  Places() {
    try {
      sha256 = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }

  /**
   * Takes a place down.
   *
   * @return the line that named it before; 0 if none did
   */
  long put(String place, long line) {
    if (count >= hashes.length / 4 * 3) {
      grow();
    }
    long hash = hash(place);
    int slot = slot(hash);
    if (lines[slot] != 0) {
      return Integer.toUnsignedLong(lines[slot]);
    }
    hashes[slot] = hash;
    // beyond four billion lines the number told is wrong, not the answer
    lines[slot] = (int) line == 0 ? -1 : (int) line;
    count++;
    return 0;
  }

  boolean has(String place) {
    return lines[slot(hash(place))] != 0;
  }

  private int slot(long hash) {
    int slot = (int) hash & hashes.length - 1;
    while (lines[slot] != 0 && hashes[slot] != hash) {
      slot = slot + 1 & hashes.length - 1;
    }
    return slot;
  }

  private void grow() {
    long[] oldHashes = hashes;
    int[] oldLines = lines;
    hashes = new long[oldHashes.length * 2];
    lines = new int[oldLines.length * 2];
    for (int index = 0; index < oldHashes.length; index++) {
      if (oldLines[index] != 0) {
        int slot = slot(oldHashes[index]);
        hashes[slot] = oldHashes[index];
        lines[slot] = oldLines[index];
      }
    }
  }

  private long hash(String place) {
    byte[] digest = sha256.digest(place.getBytes(StandardCharsets.UTF_8));
    long hash = 0;
    for (int index = 0; index < Long.BYTES; index++) {
      hash = hash << Byte.SIZE | digest[index] & 0xFF;
    }
    return hash;
  }
}
